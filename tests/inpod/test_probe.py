"""The liveness probe of a program that may be debugged: its GET, as the kubelet would ask it."""

import re
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inpod.applications import Talk, answers, app, closes, drips, hangs, request, reserved_port, slow, writes
from tests.inpod.container import Run

USAGE = b'richpod: usage: probe --port PORT [--path PATH] [--header "NAME: VALUE"]... [--timeout-ms MILLISECONDS] --debugger PORT'
SOON = ("--timeout-ms", "150")
LATE = ("--timeout-ms", "20000")
EXAMPLES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Each starts a program."""


@pytest.fixture(scope="session")
def probe(launch: Path) -> Path:
    return launch.with_name("probe")


@pytest.fixture
def ask(probe: Path, run: Run) -> Callable[..., tuple[int, str]]:
    """Asks a port; returns the code and what was said. No debugger is there."""

    def ask(port: int, *options: str) -> tuple[int, str]:
        ran = run(probe, "--port", str(port), "--debugger", "1", *options)
        assert ran.stdout == b""
        return ran.returncode, ran.stderr.decode()

    return ask


def sentence(port: int, wrong: str) -> str:
    return f"richpod: port {port} does not answer as it should: {wrong}; and no debugger is attached to port 1\n"


def resets(connection: socket.socket, count: int) -> None:
    request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


# --- answers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("talk", [slow, answers(200), answers(302), answers(399), partial(writes, b"HTTP/1.0 200 \xff\n")])
def test_what_counts_as_an_answer(ask: Callable[..., tuple[int, str]], talk: Talk) -> None:
    """A redirection does, and is not followed."""
    with app(talk) as program:
        assert ask(program.port, *LATE) == (0, "")
        assert len(program.connections) == 1


@pytest.mark.parametrize(
    ("talk", "wrong"),
    [
        (hangs, "no answer in time"),
        (drips, "no answer in time"),
        (closes, "it ended the connection without an answer"),
        (resets, "Connection reset by peer"),
        (answers(500), "it answered 500"),
        (answers(404), "it answered 404"),
        (answers(199), "it answered 199"),
        (partial(writes, b"220 mail.example ESMTP\r\n"), "its answer is not HTTP"),
        (partial(writes, b"HTTP/1.1 2000\r\n"), "its answer is not HTTP"),
        (partial(writes, b"HTTP/1.1 200"), "its answer is not HTTP"),
        (partial(writes, b"\0" * 100_000), "its answer is not HTTP"),
    ],
)
def test_what_does_not_and_why(ask: Callable[..., tuple[int, str]], talk: Talk, wrong: str) -> None:
    with app(talk) as program:
        patience = SOON if wrong == "no answer in time" else LATE
        assert ask(program.port, *patience) == (1, sentence(program.port, wrong))


def test_nothing_listens(ask: Callable[..., tuple[int, str]]) -> None:
    with reserved_port() as port:
        assert ask(port) == (1, sentence(port, "Connection refused"))


STATUS = re.compile(rb"HTTP/1\.[01] ([23]\d\d)[ \r\n]")


@EXAMPLES
@given(
    text=st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda start, code, end: start + code + end,
            st.sampled_from([b"HTTP/1.1 ", b"HTTP/1.0 ", b"HTTP/1.2 ", b"http/1.1 ", b"HTTP/1.1", b""]),
            st.one_of(st.integers(0, 1200).map(lambda n: b"%d" % n), st.binary(max_size=4)),
            st.one_of(st.sampled_from([b"\r\n", b" OK\r\n", b"\n", b" ", b""]), st.binary(max_size=20)),
        ),
    )
)
def test_any_bytes_are_judged_by_their_first_line(ask: Callable[..., tuple[int, str]], text: bytes) -> None:
    with app(partial(writes, text)) as program:
        code, said = ask(program.port, *LATE)
    healthy = STATUS.match(text) is not None and b"\n" in text.split(b"\0")[0]
    assert (code, said.count("\n")) == ((0, 0) if healthy else (1, 1)), said


# --- requests --------------------------------------------------------------------------------------------------------------


def heard(ask: Callable[..., tuple[int, str]], *options: str) -> tuple[int, list[bytes]]:
    """The port that was asked, and the lines of the request."""
    requests = []

    def listen(connection: socket.socket, count: int) -> None:
        requests.append(request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with app(listen) as program:
        assert ask(program.port, *LATE, *options) == (0, "")
    return program.port, requests[0].split(b"\r\n")


def test_it_asks_as_the_kubelet(ask: Callable[..., tuple[int, str]]) -> None:
    port, lines = heard(ask, "--path", "/a/b?c=d&e=%20", "--header", "X-Key: a: b", "--header", "X-Key:")
    assert lines == [
        b"GET /a/b?c=d&e=%20 HTTP/1.1",
        b"Host: 127.0.0.1:%d" % port,
        b"User-Agent: kube-probe/richpod",
        b"Accept: */*",
        b"X-Key: a: b",
        b"X-Key:",
        b"Connection: close",
        b"",
        b"",
    ]


def test_headers_of_the_owner_replace_its_own(ask: Callable[..., tuple[int, str]]) -> None:
    own = ["host: shop.example", "USER-AGENT: mine", "Accept: text/plain"]
    _, lines = heard(ask, *(word for header in own for word in ("--header", header)))
    assert lines == [b"GET / HTTP/1.1", *(header.encode() for header in own), b"Connection: close", b"", b""]


def test_a_request_of_any_size_arrives(ask: Callable[..., tuple[int, str]]) -> None:
    path, value = "/" + "p" * 100_000, "v" * 100_000
    _, lines = heard(ask, "--path", path, *["--header", f"X: {value}"] * 8)
    assert lines[0] == f"GET {path} HTTP/1.1".encode()
    assert lines.count(f"X: {value}".encode()) == 8


def test_it_reads_an_answer_to_its_end(ask: Callable[..., tuple[int, str]]) -> None:
    """A server whose client leaves amid its answer says so in its log."""
    ends: list[bytes | str] = []

    def talk(connection: socket.socket, count: int) -> None:
        try:
            writes(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + b"x" * 50_000, connection, count)
            connection.shutdown(socket.SHUT_WR)
            ends.append(connection.recv(1))
        except OSError as error:
            ends.append(str(error))

    with app(talk) as program:
        assert ask(program.port, *LATE) == (0, "")
    assert ends == [b""]


def test_it_does_not_wait_for_a_server_that_keeps_the_connection(ask: Callable[..., tuple[int, str]]) -> None:
    left = threading.Event()

    def talk(connection: socket.socket, count: int) -> None:
        writes(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", connection, count)
        connection.recv(1)
        left.set()

    with app(talk) as program:
        assert ask(program.port, "--timeout-ms", "86400000") == (0, "")
        assert left.wait(5)


ADDRESSES = """
import os, socket, subprocess, sys, threading
subprocess.run("ip link set lo up && ip link add pod type veth peer name node && ip addr add 192.0.2.7/24 dev pod"
               " && ip link set pod up && ip link set node up", shell=True, check=True)
for address, code in zip(sys.argv[2].split(), (200, 500)):
    def serve(server, code):
        while True:
            connection, _ = server.accept()
            print(connection.recv(4096).split(b"\\r\\n")[1].decode(), flush=True)
            connection.sendall(b"HTTP/1.1 %d X\\r\\n\\r\\n" % code)
            connection.close()
    threading.Thread(target=serve, args=(socket.create_server((address, 8080)), code), daemon=True).start()
sys.exit(subprocess.run([sys.argv[1], "--port", "8080", "--debugger", "1", "--timeout-ms", "20000"]).returncode)
"""


@pytest.mark.parametrize(
    ("listening", "code", "host"),
    [
        ("192.0.2.7 127.0.0.1", 0, "192.0.2.7"),
        ("127.0.0.1", 0, "127.0.0.1"),
        ("0.0.0.0", 0, "192.0.2.7"),
    ],
)
def test_it_asks_at_the_address_of_the_pod_first(
    probe: Path, run: Run, namespaces: tuple[str, ...], listening: str, code: int, host: str
) -> None:
    """There the kubelet asks, and a program may listen nowhere else."""
    ran = run(*namespaces, "unshare", "--net", "python3", "-I", "-S", "-c", ADDRESSES, probe, listening)
    assert (ran.returncode, ran.stdout.decode()) == (code, f"Host: {host}:8080\n"), ran.stderr


# --- command line ----------------------------------------------------------------------------------------------------------

MISTAKES = {
    ("--port", "0"): "not a whole number in the range that is allowed",
    ("--port", "65536"): "not a whole number in the range that is allowed",
    ("--port", "http"): "not a whole number in the range that is allowed",
    ("--debugger", "-1"): "not a whole number in the range that is allowed",
    ("--timeout-ms", "1s"): "not a whole number in the range that is allowed",
    ("--timeout-ms", "0"): "not a whole number in the range that is allowed",
    ("--path", "health"): "write a path that begins with /",
    ("--path", "/a b"): "write what is no printable ASCII, and blanks, as %XX",
    ("--path", "/ü"): "write what is no printable ASCII, and blanks, as %XX",
    ("--path", "/\r\nX: y"): "write what is no printable ASCII, and blanks, as %XX",
    ("--header", "X"): "write NAME: VALUE",
    ("--header", ": y"): "write NAME: VALUE",
    ("--header", "a b: y"): "write NAME: VALUE",
    ("--header", "X: y\r\nZ: z"): "no control character may stand in it",
}


@pytest.mark.parametrize("words", MISTAKES, ids=repr)
def test_a_mistake_is_64_and_one_sentence(probe: Path, run: Run, words: tuple[str, str]) -> None:
    ran = run(probe, *words, *("--port", "1"), *("--debugger", "2"))
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
    assert ran.stderr.decode().startswith(f"richpod: {words[0]} "), ran.stderr
    assert ran.stderr.decode().endswith(f": {MISTAKES[words]}\n"), ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--port 1",
        "--debugger 1",
        "--port 1 --debugger",
        "--port 1 --debugger 2 --port 1",
        "--port 1 --debugger 2 --path /a --path /a",
        "--port 1 --debugger 2 --host here",
        "version 1",
    ],
)
def test_what_is_no_usage_is_64_and_shows_it(probe: Path, run: Run, arguments: str) -> None:
    ran = run(probe, *arguments.split())
    assert (ran.returncode, ran.stdout, ran.stderr) == (64, b"", USAGE + b" | probe version\n")


def test_no_more_headers_than_there_is_room_for(probe: Path, run: Run) -> None:
    ran = run(probe, *["--header", "X: y"] * 65)
    assert (ran.returncode, ran.stderr) == (64, b'richpod: --header "X: y": too many headers\n')


def test_it_says_which_version_it_is(probe: Path, launch: Path, run: Run) -> None:
    assert run(probe, "version").stdout == run(launch, "version").stdout


def test_the_termination_message_is_left_to_the_program(probe: Path, with_message: Callable[..., tuple[int, str]]) -> None:
    with reserved_port() as port:
        code, message = with_message(probe, "--port", str(port), "--debugger", "1")
    assert code == 1
    assert "richpod:" not in message
