"""The real sidecar as a process, and a stand-in for the launcher's side of the files."""

import http.client
import queue
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType

from tests.inpod.applications import reserved_port
from webhook.inpod import contract

COMMAND = tuple(sys.executable if word.endswith("/python3") else word for word in contract.SIDECAR_ARGV)
SECONDS = 20.0
NOTHING: Mapping[str, str] = MappingProxyType({})
END = ""
"""After the last line."""


def until(condition: Callable[[], bool]) -> None:
    """Waits for what nothing announces."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.005)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), SECONDS)


def get(port: int, path: str = "/") -> tuple[int, str]:
    """Code and line of the answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode().rstrip("\n")


class Launcher:
    """Keeps to the launcher's side of the contract, and checks that the sidecar keeps to its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.generation = 0
        self.asked: list[int] = []
        """The generation of each request that was taken."""

    def start(self, chosen: str = "") -> None:
        """A new start of the container; its generation is written last."""
        if not self.folder.exists():
            self.folder.mkdir()
            self.folder.chmod(0o777)
        for name in ("online", "request", "result", "ended", "switch"):
            (self.folder / name).unlink(missing_ok=True)
        self.generation += 1
        if chosen:
            self.choose(chosen)
        self.write("generation", str(self.generation))

    def write(self, name: str, *words: object) -> None:
        new = self.folder / f".{name}.new"
        new.unlink(missing_ok=True)
        new.write_text(" ".join(map(str, words)) + "\n")
        new.rename(self.folder / name)

    def requested(self) -> bool:
        """Those of other generations say nothing."""
        request = self.folder / "request"
        try:
            return request.read_text().split()[:1] == [str(self.generation)]
        except FileNotFoundError:
            return False

    def take(self) -> None:
        """Waits for the request and begins."""
        until(self.requested)
        request = self.folder / "request"
        status = request.lstat()
        assert stat.S_ISREG(status.st_mode)
        assert stat.S_IMODE(status.st_mode) == 0o644
        assert request.read_text() == f"{self.generation} preonline\n"
        assert not (self.folder / ".request.new").exists()
        assert not (self.folder / "online").exists()
        (self.folder / "result").unlink(missing_ok=True)
        request.unlink()
        self.asked.append(self.generation)

    def finish(self, exit: int = 0, milliseconds: int = 12) -> None:
        self.write("result", self.generation, "preonline", exit, milliseconds)
        if exit == 0:
            self.write("online", self.generation)

    def offline(self) -> None:
        (self.folder / "online").unlink()

    def end(self, exit: int = 0, number: int = 0) -> None:
        (self.folder / "online").unlink(missing_ok=True)
        self.write("ended", self.generation, exit, number)

    def choose(self, choice: str) -> None:
        self.write("switch", self.generation, choice)


class Sidecar:
    """A running sidecar, its readiness and what it says."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.said: list[str] = []
        self._passed: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(END)

    def says(self, words: str) -> None:
        """Waits for a line with these words, or finds one that was passed over: its threads speak in any order.

        Raises RuntimeError with all it said where it ends before.
        """
        line = next((line for line in self._passed if words in line), None)
        if line is not None:
            self._passed.remove(line)
            return
        while words not in (line := self._next()):
            self._passed.append(line)

    def _next(self) -> str:
        line = self._lines.get(timeout=SECONDS)
        if line == END:
            self._lines.put(END)
            raise RuntimeError("\n".join(self.said))
        self.said.append(line)
        return line

    def get(self, path: str = "/") -> tuple[int, str]:
        return get(self.port, path)

    def ready(self) -> bool:
        return self.get()[0] == 200

    def rss(self) -> int:
        """KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("\nVmRSS:")[1].split()[0])

    def terminate(self) -> None:
        """TERM, after which it is gone at once."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=10) == 0

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        while (line := self._lines.get(timeout=SECONDS)) != END:
            self.said.append(line)


@contextmanager
def sidecar(
    folder: Path, *options: str, port: int | None = None, command: tuple[str, ...] = COMMAND, env: Mapping[str, str] = NOTHING
) -> Iterator[Sidecar]:
    """As the pod starts it, on a port of its own; it must not break."""
    with reserved_port() as own:
        chosen = own if port is None else port
        words = [*command, "--state", str(folder), "--port", str(chosen), *options]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, cwd="/") as process:
            running = Sidecar(process, chosen)
            try:
                running.says(f"readiness on port {chosen}" if chosen else "readiness on no port")
                yield running
            finally:
                running.close()
                assert not [line for line in running.said if line.startswith("Traceback")], running.said
