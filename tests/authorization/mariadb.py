"""Debian's MariaDB: a server of a test's own, which nobody else knows and nothing of which stays.

tests/cluster/packages.sh installs its programs, and no service. Where they are missing, tests are skipped; in CI (environment
variable CI) they fail.
"""

import getpass
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

import pymysql
import pytest
from pymysql.connections import Connection

from tests.free_ports import free_ports

SECONDS = 60
PROGRAMS = ("mariadb", "mariadb-install-db", "mariadbd")
READY = "ready for connections"


class MariaDb(NamedTuple):
    """`folder`: its own, with a `.my.cnf` of its administrator."""

    address: str
    port: int
    folder: Path

    def administer(self, statements: str) -> str:
        """What the client prints of them, without titles."""
        options = (f"--defaults-file={self.folder}/.my.cnf", "--batch", "--skip-column-names")
        ran = subprocess.run(["mariadb", *options], input=statements, capture_output=True, text=True, timeout=SECONDS)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def hosts(self, account: str) -> list[str]:
        """From where an account may log in."""
        return self.administer(f"SELECT host FROM mysql.user WHERE user = '{account}' ORDER BY host").split()

    def login(self, account: str, password: str, address: str) -> Connection:
        """As a client at this address. Raises OperationalError."""
        return pymysql.connect(
            host=self.address,
            port=self.port,
            user=account,
            password=password,
            bind_address=address,
            connect_timeout=SECONDS,
            autocommit=True,
        )


@contextmanager
def mariadb(folder: Path, address: str = "127.0.0.1") -> Iterator[MariaDb]:
    """`folder`: a short path, in which there must be nothing yet, and into which nobody else may look."""
    _installed()
    user, data, listening = getpass.getuser(), folder / "data", folder / "socket"
    # A server that starts removes temporary tables of all others from a folder that they share.
    temporary = f"--tmpdir={folder}"
    options = ("--no-defaults", f"--user={user}", f"--datadir={data}", temporary, "--skip-name-resolve")
    made = ["mariadb-install-db", *options, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, timeout=SECONDS)
    (folder / ".my.cnf").write_text(f"[client]\nuser=root\nsocket={listening}\n")
    port = free_ports(1)[0]
    served = [f"--socket={listening}", f"--bind-address={address}", f"--port={port}", "--innodb-buffer-pool-size=16M"]
    with subprocess.Popen([_server(), *options, *served], stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        ready: Future[None] = Future()
        reader = threading.Thread(target=_follow, args=(child.stderr, ready))
        reader.start()
        try:
            ready.result(SECONDS)
            yield MariaDb(address, port, folder)
        finally:
            child.terminate()
            child.wait(SECONDS)
            reader.join(SECONDS)


def _follow(lines: TextIO, ready: "Future[None]") -> None:
    """Reads to the end: a server whose log is full stands still."""
    said = ""
    for line in lines:
        said += line
        if READY in line and not ready.done():
            ready.set_result(None)
    if not ready.done():
        ready.set_exception(RuntimeError(said))


def _server() -> str:
    """Where administrators' programs are need not be in everybody's PATH."""
    return shutil.which("mariadbd") or "/usr/sbin/mariadbd"


def _installed() -> None:
    if missing := [name for name in PROGRAMS if not shutil.which(name) and not Path("/usr/sbin", name).exists()]:
        reason = f"not installed: {', '.join(missing)} (run tests/cluster/packages.sh)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
