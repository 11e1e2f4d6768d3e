"""Whom a pod takes for the gateway, wherever the gateway's name leads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.authority import new_authority, new_leaf
from tests.gateway.upstreams.test_upstream import answers, serving
from tests.running import Files
from webhook.inpod import contract, gateway
from webhook.inpod.gateway import NotAuthorized


def test_a_server_of_another_name_hears_no_token_although_its_authority_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, day = datetime.now(UTC), timedelta(days=1)
    authority, files = new_authority("test", now, day), Files(tmp_path)
    leaf = new_leaf(authority, ("web.shop.svc",), now, day)
    files.certificate.write_bytes(leaf.certificate)
    files.key.write_bytes(leaf.key)
    (tmp_path / "token").write_text("a.b.c")
    monkeypatch.setenv(contract.AUTHORITY_VARIABLE, authority.certificate.decode())
    refused = pytest.raises(NotAuthorized, match=r"^the gateway is not trusted: Hostname mismatch")
    with serving(answers(200), files) as server, refused:
        gateway.authorize(f"{server.url}/authorize", str(tmp_path / "token"), 20)
    assert server.heard == []
