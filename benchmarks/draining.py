"""`python -m benchmarks.draining [RESTARTS]`: calls that fail while replicas are replaced, with our drain and with uvicorn's own.

Two replicas, replaced one after the other under callers that keep connections as the API server does. SIGINT is uvicorn's own
end: listener and idle connections are closed at once. A replica that was told to go is dialled for a second more, because no
order holds between the signal and the list of endpoints.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import orjson

from benchmarks import processes, reviews
from benchmarks.processes import Server, Tls

CALLERS, PAUSE = 20, "50ms"
"""How many call at once, and how long each waits on average before its next call."""
LAG_SECONDS = 1.0
SETTLE_SECONDS = 1.0
PATH = "/mutate/default/privileged?timeout=5s"


def main() -> int:
    restarts = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for name, number in (("uvicorn's own end", signal.SIGINT), ("drain", signal.SIGTERM)):
        outcomes, longest = replaced(restarts, number)
        calls, answered = sum(outcomes.values()), outcomes.pop("200", 0)
        print(
            f"{name}: {calls - answered} of {calls:,} calls failed in {restarts} restarts; the longest end took {longest:.1f} s"
        )
        for said, count in sorted(outcomes.items()):
            print(f"  {count:5} {said}")
    return 0


def replaced(restarts: int, number: signal.Signals) -> tuple[dict[str, int], float]:
    """Calls by what became of them, and the longest time from signal to exit, seconds."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        tls = processes.serving_pair(folder)
        replicas = [stack.enter_context(_replica(folder, tls, index)) for index in range(2)]
        callers = _Callers(folder, tls)
        callers.dial(replicas)
        longest = 0.0
        for index in range(2, 2 + restarts):
            time.sleep(SETTLE_SECONDS)
            replicas.append(stack.enter_context(_replica(folder, tls, index)))
            callers.dial(replicas)
            time.sleep(SETTLE_SECONDS)
            told = time.monotonic()
            os.kill(replicas[0].pid, number)
            time.sleep(LAG_SECONDS)
            callers.dial(replicas[1:])
            # Left to be reaped by whoever started it.
            os.waitid(os.P_PID, replicas.pop(0).pid, os.WEXITED | os.WNOWAIT)
            longest = max(longest, time.monotonic() - told)
        return callers.outcomes(), longest


def _replica(folder: Path, tls: Tls, index: int) -> AbstractContextManager[Server]:
    own = folder / str(index)
    own.mkdir()
    return processes.richpod(own, tls, "{}")


class _Callers:
    """keepalive.go, running."""

    def __init__(self, folder: Path, tls: Tls) -> None:
        if (go := shutil.which("go")) is None:
            raise SystemExit("go builds the callers and is not installed")
        program, body = folder / "keepalive", folder / "body.json"
        subprocess.run([go, "build", "-o", program, Path(__file__).with_name("keepalive.go")], check=True)
        body.write_bytes(reviews.TYPICAL)
        argv: list[str | Path] = [program, tls.certificate, body, PATH, str(CALLERS), PAUSE]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def dial(self, replicas: list[Server]) -> None:
        """The list of endpoints from now on."""
        assert self._process.stdin
        self._process.stdin.write(" ".join(str(server.port) for server in replicas) + "\n")
        self._process.stdin.flush()

    def outcomes(self) -> dict[str, int]:
        """Ends the calls."""
        return dict(orjson.loads(self._process.communicate()[0]))


if __name__ == "__main__":
    sys.exit(main())
