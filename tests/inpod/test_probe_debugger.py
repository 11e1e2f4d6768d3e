"""A program that is debugged is healthy as long as it lives: what counts as a debugger, by real connections."""

import os
import random
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.inpod.applications import app, hangs, request, reserved_port
from tests.inpod.container import Run, Start

FAMILIES = {"127.0.0.1": socket.AF_INET, "::ffff:127.0.0.1": socket.AF_INET6}
"""The same address; the kernel lists the second among those of IPv6."""


@pytest.fixture(scope="session")
def probe(launch: Path) -> Path:
    return launch.with_name("probe")


@pytest.fixture
def healthy(probe: Path, run: Run) -> Callable[[int], bool]:
    """Whether a program that answers nothing is healthy, by the debugger's port."""

    def healthy(port: int) -> bool:
        with reserved_port() as silent:
            ran = run(probe, "--port", str(silent), "--debugger", str(port))
        refused = f"Connection refused; and no debugger is attached to port {port}\n"
        assert ran.stderr.decode().endswith(refused) if ran.returncode else ran.stderr == b""
        return ran.returncode == 0

    return healthy


@pytest.fixture(params=FAMILIES)
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with socket.socket(FAMILIES[request.param]) as listener:
        listener.bind((request.param, 0))
        listener.listen()
        yield listener


def attach(listener: socket.socket) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(listener)))


def port_of(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


def test_a_connection_that_is_held_on_both_sides_is_a_debugger(healthy: Callable[[int], bool], listener: socket.socket) -> None:
    """And a connection that nobody accepted is none: the program hangs."""
    port = port_of(listener)
    assert not healthy(port)
    with attach(listener):
        assert not healthy(port)
        with listener.accept()[0]:
            assert healthy(port)
            listener.close()
            assert healthy(port), "as a JVM does"


@pytest.mark.parametrize("side", ["debugger", "program"])
def test_a_connection_that_one_side_ended_is_none(healthy: Callable[[int], bool], listener: socket.socket, side: str) -> None:
    with attach(listener) as debugger, listener.accept()[0] as program:
        assert healthy(port_of(listener))
        (debugger if side == "debugger" else program).close()
        assert not healthy(port_of(listener))


def test_a_connection_at_another_address_is_none(healthy: Callable[[int], bool]) -> None:
    """Ports that the kernel picks for connections to elsewhere are of the same range."""
    with (
        socket.create_server(("127.0.0.2", 0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0],
    ):
        assert not healthy(port_of(listener))


PROGRAM = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
connection, _ = listener.accept()
print("attached", flush=True)
connection.recv(1)
"""


def test_a_program_that_was_killed_has_none(healthy: Callable[[int], bool], start: Start) -> None:
    """Also while nobody has reaped it: its debugger still holds the other side."""
    with start(sys.executable, "-I", "-S", "-c", PROGRAM) as program:
        assert program.stdout
        port = int(program.stdout.readline())
        with closing(socket.create_connection(("127.0.0.1", port))):
            assert program.stdout.readline() == b"attached\n"
            assert healthy(port)
            program.kill()
            os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
            assert not healthy(port)


def test_nobody_asks_a_program_that_is_debugged(probe: Path, run: Run, listener: socket.socket) -> None:
    """It may be held, and connections would pile up before it."""
    with app(hangs) as program, attach(listener), listener.accept()[0]:
        assert run(probe, "--port", str(program.port), "--debugger", str(port_of(listener))).returncode == 0
        assert program.connections == []


def test_a_debugger_that_comes_meanwhile_counts(probe: Path, run: Run, listener: socket.socket) -> None:
    attached: list[socket.socket] = []

    def is_held(connection: socket.socket, count: int) -> None:
        request(connection)
        attached.extend((attach(listener), listener.accept()[0]))

    with app(is_held) as program:
        assert run(probe, "--port", str(program.port), "--debugger", str(port_of(listener))).returncode == 0
        assert len(attached) == 2
    for side in attached:
        side.close()


# --- the kernel's list -----------------------------------------------------------------------------------------------------

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = "   3: 0100007F:C355 0100007F:D2A4 01 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 20 4 30 10 -1\n"
SIX = LINE.replace("0100007F:C355", "0000000000000000FFFF00000100007F:C355")
GVISOR = "   3: 0100007F:C355 0100007F:D2A4 01 00000000:00000000 00:00000000 00000000     0        0       12 2 0x0 0 0 0 0 -1\n"


@pytest.fixture
def listed(probe: Path, run: Run, namespaces: tuple[str, ...], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Asks about port 50005 where the kernel's lists are these; returns code and what was said."""
    inside = 'mount --bind "$0" /proc/$$/net && exec "$@"'

    def listed(**lists: str) -> tuple[int, str]:
        folder = tmp_path / "net"
        folder.mkdir(exist_ok=True)
        for name, text in lists.items():
            (folder / name).write_bytes(text.encode("latin-1"))
        with reserved_port() as port:
            ran = run(*namespaces, "sh", "-c", inside, folder, probe, "--port", str(port), "--debugger", "50005")
        return ran.returncode, ran.stderr.decode().partition("; and ")[2]

    return listed


@pytest.mark.parametrize("lists", [{"tcp": LINE}, {"tcp": GVISOR}, {"tcp": "", "tcp6": SIX}, {"tcp6": SIX}], ids=str)
def test_a_debugger_in_either_list_counts(listed: Callable[..., tuple[int, str]], lists: dict[str, str]) -> None:
    assert listed(**{name: HEADER + text for name, text in lists.items()})[0] == 0


def test_a_list_that_cannot_be_read_is_explained(listed: Callable[..., tuple[int, str]]) -> None:
    assert listed(tcp6=HEADER) == (1, "/proc/net/tcp does not tell of debuggers: No such file or directory\n")


OTHERS = {
    1: ["0100007F:C356", "0200007F:C355", "0100007F", "00000000:C355", "0100007F:c355", "\x01\xff"],
    3: ["0A", "06", "08", "1", "001", "\x01\xff"],
    9: ["0"],
}


def broken(chance: random.Random) -> str:
    """The line of a debugger with something of what makes it one missing, or noise."""
    field = chance.choice(list(OTHERS))
    words = LINE.split()
    words[field] = chance.choice(OTHERS[field])
    noise = "".join(chr(chance.choice([0, 9, 13, 32, 37, 48, 65, 127, 200, 255])) for _ in range(chance.randrange(1, 30)))
    cut = " ".join(LINE.split()[:field])
    return chance.choice([" ".join(words), cut, noise, "", f"x {noise} {LINE.strip()}", noise + cut, "9" * 5000]) + "\n"


def test_random_lines_neither_crash_nor_mislead(listed: Callable[..., tuple[int, str]]) -> None:
    chance = random.Random(50005)
    for _ in range(5):
        lines = "".join(broken(chance) for _ in range(2000))
        assert listed(tcp=HEADER + lines, tcp6=lines) == (1, "no debugger is attached to port 50005\n")
        assert listed(tcp=HEADER + lines + LINE, tcp6=lines)[0] == 0
