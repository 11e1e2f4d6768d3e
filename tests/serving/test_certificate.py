"""The certificate of a webhook that runs: waited for, replaced, and what log and metrics say of it."""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cluster.processes import until
from tests.running import DEFAULT, Files, InThread, exchange, head, received, review_body, thread
from webhook.serving import certificate

BODY = review_body()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look in a hundredth of the time."""
    assert certificate.LOOK_SECONDS < 15
    monkeypatch.setattr(certificate, "LOOK_SECONDS", 0.05)


@pytest.fixture
def own(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def running(own: Files) -> Iterator[InThread]:
    with thread(own) as started:
        yield started


def said(running: InThread) -> list[bytes]:
    return [line for line in running.log.lines if b'"event":"certificate"' in line]


def trusting(running: InThread, files: Files) -> InThread:
    """From now on its clients trust the new authority only."""
    running.trust = ssl.create_default_context(cadata=files.authority)
    return running


def test_r61_a_new_pair_serves_new_connections_while_open_ones_and_running_calls_stay(running: InThread, tmp_path: Path) -> None:
    with closing(running.connection()) as kept, running.socket() as busy:
        assert exchange(kept, "POST", DEFAULT, BODY).status == 200
        opened = kept.sock
        busy.sendall(head(f"{DEFAULT}?timeout=20s", len(BODY), "Connection: close") + BODY[:10])
        running.await_metric("richpod_admission_in_flight", 1)
        renewed = Files(tmp_path)
        running.await_metric("richpod_certificate_reloads_total", 2, result="loaded")
        assert trusting(running, renewed).post(BODY).status == 200
        assert exchange(kept, "POST", DEFAULT, BODY).status == 200
        assert kept.sock is opened
        busy.sendall(BODY[10:])
        assert received(busy).startswith(b"HTTP/1.1 200 ")


def test_r62_a_broken_pair_is_a_metric_and_one_line_and_changes_nothing(running: InThread, own: Files) -> None:
    good = own.key.read_bytes()
    own.key.write_bytes(good[:100])
    running.await_metric("richpod_certificate_usable", 0)
    time.sleep(0.3)  # several looks that must not say it again
    assert running.alive
    line = running.log.event("certificate", usable=False)
    assert "the key cannot be read" in line["problem"]
    assert len(said(running)) == 2
    assert running.metric("richpod_certificate_reloads_total", result="refused") == 1
    own.key.write_bytes(good)
    running.await_metric("richpod_certificate_usable", 1)
    assert len(said(running)) == 3


def test_r62_nothing_of_the_key_is_logged(running: InThread, own: Files) -> None:
    secret = own.key.read_text()
    own.certificate.write_text(secret)
    running.await_metric("richpod_certificate_usable", 0)
    logged = b"".join(running.log.lines).decode()
    assert not [line for line in secret.splitlines()[1:-1] if line[:20] in logged]


def test_r58_the_end_of_the_certificate_is_a_metric(running: InThread, own: Files) -> None:
    ends = running.metric("richpod_certificate_expiry_timestamp_seconds")
    assert 23 * 3600 < ends - time.time() < 25 * 3600


@pytest.mark.parametrize("problem", ["missing", "another's key"])
def test_r70_without_a_pair_it_lives_unready_and_serves_once_there_is_one(own: Files, tmp_path: Path, problem: str) -> None:
    good = own.key.read_bytes()
    own.key.unlink()
    if problem != "missing":
        (tmp_path / "other").mkdir()
        own.key.write_bytes(Files(tmp_path / "other").key.read_bytes())
    with thread(own, awaited="certificate") as running:
        until("the plain port", lambda: running.health("/healthz").status == 200)
        assert (running.health("/readyz").status, running.metric("richpod_certificate_usable")) == (503, 0)
        with pytest.raises(ConnectionRefusedError):
            running.post(BODY)
        assert len(said(running)) == 1
        own.key.write_bytes(good)
        running.log.event("serving")
        assert running.alive


def test_r70_told_to_end_before_there_was_a_pair_it_ends(own: Files) -> None:
    own.key.unlink()
    with thread(own, awaited="certificate") as running:
        running.terminate()
        assert running.ended()
