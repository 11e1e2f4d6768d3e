"""The services of examples/authorization as processes, and the example's policy with their real addresses in it."""

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from certs.authority import new_authority, new_leaf
from tests.authorization.mariadb import MariaDb
from webhook.policy import Policy
from webhook.policy.file import parse

Json = dict[str, Any]

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples/authorization"
SECONDS = 60
DAY = timedelta(days=1)
TOKEN, PASSWORD = "a token", 'it\'s a password \\ "with" all % of `it`'
"""Of who asks the white list, and of the account `shop`."""


class Told(NamedTuple):
    status: int
    body: Any


class Service(NamedTuple):
    """A running one. `authority`: PEM, to trust it by, "" where it speaks plain HTTP."""

    address: str
    port: int
    authority: str

    @property
    def url(self) -> str:
        return f"{'https' if self.authority else 'http'}://{self.address}:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Told:
        with closing(self._connection()) as connection:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            with connection.getresponse() as response:
                return Told(response.status, json.loads(response.read()))

    def _connection(self) -> HTTPConnection:
        if not self.authority:
            return HTTPConnection(self.address, self.port, timeout=SECONDS)
        trust = ssl.create_default_context(cadata=self.authority)
        return HTTPSConnection(self.address, self.port, timeout=SECONDS, context=trust)


@contextmanager
def acl(folder: Path, *options: str, address: str = "127.0.0.1") -> Iterator[Service]:
    """`options`: of `python -m examples.authorization.acl`; `address`: of this machine, where it listens."""
    with _secured("acl", folder, address, *options) as service:
        yield service


@contextmanager
def open_acl(*options: str, address: str = "127.0.0.1") -> Iterator[Service]:
    """One that speaks plain HTTP."""
    with running("acl", "--host", address, "--port", "0", *options) as port:
        yield Service(address, port, "")


@contextmanager
def whitelist(folder: Path, database: MariaDb, *options: str, address: str = "127.0.0.1") -> Iterator[Service]:
    """It knows the account `shop`, and TOKEN. Whether MariaDB knows `whitelist` is for `prepare` to see to."""
    (folder / "accounts").mkdir()
    for name, content in (("token", TOKEN), ("accounts/shop", PASSWORD), ("password", PASSWORD)):
        (folder / name).write_text(f"{content}\n")
    files = (f"--token={folder}/token", f"--passwords={folder}/accounts", f"--database-password={folder}/password")
    where = (f"--database-host={database.address}", f"--database-port={database.port}")
    with _secured("whitelist", folder, address, *files, *where, *options) as service:
        yield service


def prepare(database: MariaDb) -> None:
    """What the administrator does there, once."""
    quoted = PASSWORD.replace("\\", "\\\\").replace("'", "''")
    database.administer(f"CREATE USER whitelist IDENTIFIED BY '{quoted}'; {(EXAMPLE / 'database.sql').read_text()}")


@contextmanager
def running(name: str, *options: str) -> Iterator[int]:
    """The port, once it listens."""
    command = [sys.executable, "-m", f"examples.authorization.{name}", *options]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            said = child.stdout.readline()
            listening = re.fullmatch(r"listening on port (\d+)\n", said)
            assert listening, f"it has not begun to listen: {said}"
            yield int(listening[1])
        finally:
            child.terminate()
            assert child.wait(SECONDS) == 0


@contextmanager
def _secured(name: str, folder: Path, address: str, *options: str) -> Iterator[Service]:
    now = datetime.now(UTC)
    authority = new_authority(name, now, DAY)
    leaf = new_leaf(authority, (address,), now, DAY)
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(leaf.certificate)
    key.write_bytes(leaf.key)
    secured = ("--host", address, "--port", "0", "--tls-cert", str(certificate), "--tls-key", str(key))
    with running(name, *secured, *options) as port:
        yield Service(address, port, authority.certificate.decode())


def policy(timeout: int = SECONDS, **upstreams: Service) -> Policy:
    """The example's, whose upstreams of these names are these services, and have this many seconds to answer."""
    text = (EXAMPLE / "policy.yaml").read_text()
    for name, service in upstreams.items():
        assert f"https://{name}.authorization.svc/" in text
        text = text.replace(f"https://{name}.authorization.svc/", f"{service.url}/")
    written: Json = yaml.safe_load(text)
    for name, service in upstreams.items():
        written["gateway"]["upstreams"][name] |= {"ca": service.authority, "timeout": timeout}
    return parse(json.dumps(written))
