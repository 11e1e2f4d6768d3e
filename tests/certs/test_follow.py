"""A certificate in two files, written as people, editors and the kubelet write them; what real handshakes get of it."""

import os
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from certs.authority import Pair, new_authority, new_leaf
from certs.certificate import expiry
from certs.follow import Follower

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
AUTHORITY = new_authority("test", NOW, 30 * DAY)
NAME = "richpod.richpod-system.svc"
leaf = partial(new_leaf, AUTHORITY, (NAME,), NOW)
FIRST, SECOND, SHORT = leaf(10 * DAY), leaf(10 * DAY), leaf(DAY)
server = partial(ssl.SSLContext, ssl.PROTOCOL_TLS_SERVER)


def write(folder: Path, pair: Pair) -> None:
    (folder / "tls.crt").write_bytes(pair.certificate)
    (folder / "tls.key").write_bytes(pair.key)


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    """It serves FIRST."""
    write(tmp_path, FIRST)
    found = following(tmp_path)
    assert found.look(NOW) == ""
    return found


def following(folder: Path) -> Follower:
    return Follower(folder / "tls.crt", folder / "tls.key", server)


def connected(follower: Follower, name: str | None = NAME) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Client and server of a connection in memory."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(downward, upward, server_hostname=name)
    serving = follower.context.wrap_bio(upward, downward, server_side=True)
    for side in (client, serving, client, serving):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client, serving


def served(follower: Follower, name: str | None = NAME) -> bytes:
    """The certificate that a new connection gets."""
    der = connected(follower, name)[0].getpeercert(binary_form=True)
    assert der is not None
    return ssl.DER_cert_to_PEM_cert(der).encode()


@pytest.mark.parametrize("name", [NAME, None], ids=["with SNI", "without"])
def test_r61_new_files_serve_the_next_connection_and_open_ones_stay(follower: Follower, tmp_path: Path, name: str | None) -> None:
    client, serving = connected(follower, name)
    assert served(follower, name) == FIRST.certificate
    write(tmp_path, SHORT)
    assert follower.look(NOW) == ""
    assert served(follower, name) == SHORT.certificate
    assert follower.expiry == expiry(SHORT.certificate)
    client.write(b"still here")
    assert serving.read() == b"still here"


def test_r61_the_kubelets_way_of_writing_a_secret_is_seen(tmp_path: Path) -> None:
    """Files are links through `..data`, a link that is swapped; their own name, size and often time stay the same."""
    for version, pair in (("..1", FIRST), ("..2", SECOND)):
        (tmp_path / version).mkdir()
        write(tmp_path / version, pair)
    (tmp_path / "..data").symlink_to("..1")
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    found = following(tmp_path)
    assert found.look(NOW) == ""
    assert served(found) == FIRST.certificate
    (tmp_path / "..data_tmp").symlink_to("..2")
    os.rename(tmp_path / "..data_tmp", tmp_path / "..data")
    assert found.look(NOW) == ""
    assert served(found) == SECOND.certificate


def test_r61_another_kind_of_key_replaces_the_first(follower: Follower, tmp_path: Path) -> None:
    """OpenSSL keeps one certificate for each kind of key in a context, and would go on with the first."""
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {tmp_path}/tls.key -out {tmp_path}/tls.crt -subj /"
    subprocess.run([*command.split(), "-addext", f"subjectAltName=DNS:{NAME}"], check=True, capture_output=True)
    assert follower.look(NOW) == ""
    assert served(follower) == (tmp_path / "tls.crt").read_bytes()


def removed(folder: Path) -> None:
    (folder / "tls.key").unlink()


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "another's key": (lambda folder: (folder / "tls.key").write_bytes(SECOND.key), "the key is not this certificate's"),
    "half a certificate": (lambda folder: (folder / "tls.crt").write_bytes(SECOND.certificate[:300]), "cannot be read"),
    "half a key": (lambda folder: (folder / "tls.key").write_bytes(FIRST.key[:100]), "cannot be read"),
    "nothing": (lambda folder: (folder / "tls.crt").write_bytes(b""), "cannot be read"),
    "noise": (lambda folder: (folder / "tls.crt").write_bytes(bytes(range(256))), "cannot be read"),
    "no file": (removed, "tls.key: No such file or directory"),
    "an ended one": (lambda folder: write(folder, leaf(DAY / 24)), "the certificate ended at"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_r62_the_last_good_pair_serves_on_until_the_files_are_good_again(follower: Follower, tmp_path: Path, broken: str) -> None:
    breaking, sentence = BROKEN[broken]
    breaking(tmp_path)
    for _ in range(3):
        assert sentence in follower.look(NOW + DAY / 12)
        assert served(follower) == FIRST.certificate
    assert follower.expiry == expiry(FIRST.certificate)
    write(tmp_path, SECOND)
    assert follower.look(NOW) == ""
    assert served(follower) == SECOND.certificate


def test_r62_a_pair_that_ends_while_it_serves_is_said_and_serves_on(follower: Follower) -> None:
    assert "ended at" in follower.look(NOW + 11 * DAY)
    assert served(follower) == FIRST.certificate


def test_r59_a_certificate_with_nothing_but_a_common_name_is_refused(tmp_path: Path) -> None:
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {tmp_path}/tls.key -out {tmp_path}/tls.crt -subj /CN={NAME}"
    subprocess.run(command.split(), check=True, capture_output=True)
    assert "no subjectAltName" in following(tmp_path).look(NOW)


def test_r62_what_openssl_alone_refuses_is_said(tmp_path: Path) -> None:
    def strict() -> ssl.SSLContext:
        context = server()
        context.set_ciphers("DEFAULT:@SECLEVEL=5")
        return context

    write(tmp_path, FIRST)
    found = Follower(tmp_path / "tls.crt", tmp_path / "tls.key", strict)
    assert found.look(NOW) == "OpenSSL refuses the pair: EE_KEY_TOO_SMALL"


def test_r62_a_pair_that_is_being_written_is_left_for_the_next_look(
    follower: Follower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def swapping(path: Path) -> bytes:
        content = read(path)
        write(tmp_path, SECOND)
        return content

    monkeypatch.setattr(Path, "read_bytes", swapping)
    assert follower.look(NOW) == ""
    assert served(follower) == FIRST.certificate
    assert follower.look(NOW) == ""
    assert served(follower) == SECOND.certificate


def test_the_key_is_nowhere_but_in_its_file_and_in_memory(follower: Follower, tmp_path: Path) -> None:
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tls.crt", "tls.key"]
    assert not [link for link in Path("/proc/self/fd").iterdir() if "memfd:pair" in os.path.realpath(link)]
