"""What the launcher costs a container: the time until its program begins, and memory while it runs."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import sub
from pathlib import Path
from statistics import median

from benchmarks.measure import Cell, Figure, compare
from benchmarks.serving import Missing

LAUNCH = "build/toolkit/bin/launch"
SOURCE = Path(__file__).with_name("stamp.c")
ROUNDS = 31
STARTS = 5
KIB = 1024


def hooks(program: str) -> list[str]:
    """One of each kind that runs later than the program's start."""
    return [word for kind in ("preonline", "postoffline", "poststop") for word in ("--hook", f"{kind}:10:1", program)]


def start(*options: str) -> Figure:
    """Milliseconds by which the program's first instruction comes later under the launcher; `{}` in an option is its folder."""
    return _start(options, hook=False)


def prestart() -> Figure:
    """The same with a hook before it, against the hook and the program one after the other."""
    return _start(("--state", "{}/state"), hook=True)


def _start(options: Sequence[str], hook: bool) -> Figure:
    with stamp() as program:
        folder = str(Path(program).parent)
        given = [option.format(folder) for option in options]
        if "--state" in given:
            given += hooks(program)
        if hook:
            given += ["--hook", "prestart:10:1", program]
        launched = _began([LAUNCH, *given, "--", program])
        bare = _after(program) if hook else _began([program])
        return compare(launched, bare, ROUNDS, _say, sub)


def _began(argv: Sequence[str]) -> Cell:
    """Milliseconds to the last stamp that the command prints: the quickest of a few starts, for what else runs only adds."""

    def began() -> float:
        begun = time.monotonic_ns()
        said = subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout
        return (int(said.split()[-1]) - begun) / 1e6

    return lambda: min(began() for _ in range(STARTS))


def _after(program: str) -> Cell:
    run = _began([program])
    return lambda: run() + run()


def _say(launched: float, bare: float) -> str:
    return f"{launched:.2f} ms under the launcher, {bare:.2f} without"


def memory() -> Figure:
    """Resident memory, MiB, of the launcher beside a running program, with hooks and an online file."""
    with stamp() as program:
        folder = Path(program).parent
        options = ["--state", f"{folder}/state", *hooks(program), "--online-file", f"{folder}/online"]
        argv = [LAUNCH, *options, "--", program, "stay"]
        sizes = sorted(_resident(argv) for _ in range(STARTS))
    return Figure(median(sizes), sizes[0], sizes[-1], 0, f"VmRSS while its program runs, median of {STARTS} starts")


def _resident(argv: Sequence[str]) -> float:
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        size = resident(process.pid)
        process.terminate()
    return size


def resident(process: int) -> float:
    """MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / KIB


@contextmanager
def stamp() -> Iterator[str]:
    """stamp.c as a static program, alone in a folder."""
    if (compiler := shutil.which("gcc")) is None:
        raise Missing("gcc compiles what is started: apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/stamp"
        subprocess.run([compiler, "-O2", "-static", "-o", program, SOURCE], check=True)
        yield program
