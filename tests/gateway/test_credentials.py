"""Headers out of mounted Secrets."""

from pathlib import Path

import pytest

from webhook.gateway.credentials import credentials
from webhook.policy.gateway import Gateway

CALL = {"url": "https://acl.example/${address}"}
GATEWAY = Gateway.model_validate(
    {"upstreams": {"acl": {"grant": CALL, "revoke": CALL, "credentials": "acl"}, "open": {"grant": CALL, "revoke": CALL}}}
)


def test_each_file_is_a_header_read_anew_for_each_call(tmp_path: Path) -> None:
    """A volume of a Secret has links of the kubelet's besides, and changes while it is mounted."""
    (tmp_path / "acl/..2026").mkdir(parents=True)
    (tmp_path / "acl/..data").symlink_to("..2026")
    (tmp_path / "acl/..2026/Authorization").write_text("Bearer one\n")
    (tmp_path / "acl/Authorization").symlink_to("..data/Authorization")
    headers = credentials(tmp_path, GATEWAY)
    assert headers("acl") == {"Authorization": "Bearer one"}
    (tmp_path / "acl/..2026/Authorization").write_text("Bearer two\n")
    assert headers("acl") == {"Authorization": "Bearer two"}


def test_an_upstream_without_credentials_needs_no_folder(tmp_path: Path) -> None:
    assert credentials(tmp_path, GATEWAY)("open") == {}


def test_a_secret_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="acl"):
        credentials(tmp_path, GATEWAY)("acl")
