"""Headers out of mounted Secrets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from webhook.errors import BadInput
from webhook.gateway.upstreams.credentials import credentials, must_be_usable
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
    with pytest.raises(BadInput, match=r"^the credentials of acl cannot be read: No such file or directory$"):
        must_be_usable(credentials(tmp_path, GATEWAY), GATEWAY)


@pytest.mark.parametrize(
    "value", [b"", b"\n", b"Bearer s3cret\nX: y", b"s3cret\r\n\r\n{}", b"s3cret\0", b"s3cr\xc3\xa9t", b"s3cret\x7f"]
)
def test_what_no_header_can_carry_is_said_at_the_start_and_not_shown(tmp_path: Path, value: bytes) -> None:
    (tmp_path / "acl").mkdir()
    (tmp_path / "acl/Authorization").write_bytes(value)
    headers = credentials(tmp_path, GATEWAY)
    said = "Authorization holds no header's value, which is one line of printable ASCII characters"
    with pytest.raises(BadInput, match=f"^{said}$"):
        headers("acl")
    with pytest.raises(BadInput, match=f"^the credentials of acl cannot be read: {said}$"):
        must_be_usable(headers, GATEWAY)


def test_the_gateway_does_not_start_with_it(tmp_path: Path) -> None:
    (tmp_path / "acl").mkdir()
    (tmp_path / "acl/Authorization").write_text("s3cret\ns3cret")
    (tmp_path / "policy.yaml").write_text(json.dumps({"gateway": GATEWAY.model_dump(mode="json", by_alias=True)}))
    command = [sys.executable, "-m", "webhook", "gateway", "--policy=policy.yaml", "--tls-cert=none", "--tls-key=none"]
    ran = subprocess.run(
        [*command, "--name=here", "--address=127.0.0.1", "--port=0", "--health-port=0", "--credentials=."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("the credentials of acl cannot be read: Authorization holds no header's value")
    assert "s3cret" not in ran.stderr


def test_what_can_be_sent_starts_it(tmp_path: Path) -> None:
    (tmp_path / "acl").mkdir()
    (tmp_path / "acl/Authorization").write_text("Bearer one\r\n")
    must_be_usable(credentials(tmp_path, GATEWAY), GATEWAY)
