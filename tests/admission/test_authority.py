"""The authorities that pods are given: certificates alone, followed while the webhook serves."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from certs.authority import Pair, new_authority
from tests.cluster.processes import until
from tests.reviews import operations
from tests.running import Files, Running, process, review_body
from webhook.admission import authority
from webhook.admission.authority import follow, read

NOW = datetime.now(UTC)
SECONDS = 20
Json = dict[str, Any]


def made(days: int = 9) -> Pair:
    return new_authority("richpod", NOW - timedelta(days=1), timedelta(days=days))


ONE, OTHER = made(), made()


def test_it_is_the_certificates_and_nothing_else_that_the_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(b"# a comment\n" + ONE.certificate + ONE.key + OTHER.certificate)
    assert read(file, NOW) == ((ONE.certificate + OTHER.certificate).decode(), "")


def test_what_has_ended_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(ONE.certificate + made(2).certificate)
    assert read(file, NOW + timedelta(days=5)) == (ONE.certificate.decode(), "")


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file or directory"), (b"", "holds no certificate"), (ONE.key, "holds no certificate")]
)
def test_or_why_there_is_none(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_bytes(content)
    pem, problem = read(file, NOW)
    assert pem == ""
    assert why in problem


def test_it_is_followed_and_the_last_good_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(authority, "SOON", 0.01)
    file = tmp_path / "ca.crt"

    async def run() -> list[str]:
        trusted, said = asyncio.Queue[str](), asyncio.Queue[dict[str, Any]]()
        log = lambda event, **facts: said.put_nowait(facts)  # noqa: E731
        following = asyncio.create_task(follow(file, trusted.put_nowait, log))
        async with asyncio.timeout(SECONDS):
            assert not (await said.get())["usable"]
            found = []
            for content in (ONE.certificate, ONE.certificate + OTHER.certificate):
                file.with_suffix(".new").write_bytes(content)
                file.with_suffix(".new").rename(file)
                found.append(await trusted.get())
                assert (await said.get())["usable"]
            file.unlink()
            assert not (await said.get())["usable"]
        following.cancel()
        assert trusted.empty()
        return found

    assert asyncio.run(run()) == [ONE.certificate.decode(), (ONE.certificate + OTHER.certificate).decode()]


POLICY = "{grants: {dns: {ports: [53]}}, profiles: {default: {features: {authorize: [dns]}}}}"


def response(running: Running) -> Json:
    found: Json = orjson.loads(running.post(review_body()).body)["response"]
    return found


def test_pods_are_given_what_is_known_when_they_are_made(tmp_path: Path) -> None:
    """From before the first pod on, where the file is there; else from when it comes, without a restart."""
    files, file = Files(tmp_path), tmp_path / "ca.crt"
    with process(files, POLICY, f"--authority={file}") as (running, _):
        assert response(running)["auditAnnotations"] == {"authorize": "skipped: no-authority"}
        file.write_bytes(ONE.certificate)
        until("pods are sent to ask", lambda: "patch" in response(running))
    with process(files, POLICY, f"--authority={file}") as (running, _):
        (container,) = next(o["value"] for o in operations(response(running)) if o["path"] == "/spec/initContainers")
        assert container["env"] == [{"name": "RICHPOD_AUTHORITY", "value": ONE.certificate.decode()}]
