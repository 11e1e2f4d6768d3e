"""Debian's registry, unpacked and not installed: the one that most private registries are made of, and that mirrors are.

tests/cluster/packages.sh fetches it. Where it is missing, tests are skipped; in CI (environment variable CI) they fail.
"""

import json
import os
import re
import subprocess
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import pytest

from certs.authority import Pair, new_authority, new_leaf

Json = dict[str, Any]

PROGRAM = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "richpod-registry/usr/bin/docker-registry"
SECONDS = 20
DAY = timedelta(days=1)
PASSWORD = "correct horse"
"""Of every user of every registry here."""
_BCRYPT = "$2b$04$rieO0H42B7y7pDhBS2fHQuz.gnQBKgsteRGW3kCujwXVu0VCkLvmW"
"""That password, as htpasswd would write it with the least cost."""


class Registry(NamedTuple):
    """A running one: `host` as images name it, with its port; `authority`: PEM, to trust it by, "" where it speaks plain HTTP."""

    host: str
    authority: str
    access_log: Path

    def asked(self, what: str = "", by: str = "") -> list[str]:
        """The requests so far that hold this text, such as `GET /v2/app/manifests/latest 200`, of clients that say so."""
        lines = re.findall(r'"([A-Z]+ \S+) HTTP/[\d.]+" (\d+) \d+ "[^"]*" "([^"]*)"', self.access_log.read_text())
        found = [f"{request} {status}" for request, status, agent in lines if by in agent]
        return [line for line in found if what in line]


class Tokens(NamedTuple):
    """Who says what a caller may do: an URL, the name of the service, and the PEM certificate of who signs."""

    realm: str
    service: str
    authority: str

    @property
    def settings(self) -> Json:
        return {"realm": self.realm, "service": self.service, "issuer": self.service}


def authority() -> Pair:
    return new_authority("registry", datetime.now(UTC), DAY)


@contextmanager
def registry(
    folder: Path,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    signer: Pair | None = None,
    plain_http: bool = False,
    users: Collection[str] = (),
    tokens: Tokens | None = None,
    mirror_of: Registry | None = None,
) -> Iterator[Registry]:
    """What is in `folder` stays: a registry that is started there again has the same images.

    `signer`: the authority of its certificate, a new one where none is given; `users`: who may read and write, all with
    PASSWORD; `mirror_of`: it takes no images, and fetches those of the other.
    """
    folder.mkdir(parents=True, exist_ok=True)
    http: Json = {"addr": f"{address}:{port}", "secret": "test"}
    settings: Json = {"version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder)}}, "http": http}
    environment, trusted = {}, ""
    if not plain_http:
        signer = signer or authority()
        trusted = signer.certificate.decode()
        leaf = new_leaf(signer, ("localhost", address), datetime.now(UTC), DAY)
        http["tls"] = {"certificate": _file(folder / "tls.crt", leaf.certificate), "key": _file(folder / "tls.key", leaf.key)}
    if users:
        lines = "".join(f"{user}:{_BCRYPT}\n" for user in users)
        settings["auth"] = {"htpasswd": {"realm": "test", "path": _file(folder / "htpasswd", lines.encode())}}
    if tokens:
        bundle = _file(folder / "tokens.crt", tokens.authority.encode())
        settings["auth"] = {"token": {**tokens.settings, "rootcertbundle": bundle}}
    if mirror_of:
        settings["proxy"] = {"remoteurl": f"{'https' if mirror_of.authority else 'http'}://{mirror_of.host}"}
        environment["SSL_CERT_FILE"] = _file(folder / "remote.crt", mirror_of.authority.encode())
    configuration = _file(folder / "config.yml", json.dumps(settings).encode())
    access_log = folder / "access.log"
    with access_log.open("ab") as log, _running(configuration, environment, log.fileno()) as bound:
        yield Registry(f"{address}:{bound}", trusted, access_log)


@contextmanager
def _running(configuration: str, environment: dict[str, str], stdout: int) -> Iterator[int]:
    """The port, once it listens."""
    command = [str(program()), "serve", configuration]
    with subprocess.Popen(command, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        listening: Future[int] = Future()
        reader = threading.Thread(target=_follow, args=(child.stderr, listening))
        reader.start()
        try:
            yield listening.result(SECONDS)
        finally:
            child.terminate()
            child.wait(SECONDS)
            reader.join(SECONDS)


def _follow(lines: TextIO, listening: "Future[int]") -> None:
    """Reads to the end: a registry whose log is full stands still."""
    said = ""
    for line in lines:
        said += line
        if (found := re.search(r'msg="listening on \S+:(\d+)', line)) and not listening.done():
            listening.set_result(int(found[1]))
    if not listening.done():
        listening.set_exception(RuntimeError(said))


def _file(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def program() -> Path:
    if not PROGRAM.exists():
        reason = f"{PROGRAM} is missing: run tests/cluster/packages.sh"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return PROGRAM
