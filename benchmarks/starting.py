"""What a process costs before it has done anything: memory of the server, and how long commands take to start."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import yaml

from benchmarks import processes, reviews
from benchmarks.measure import Cell, Figure, compare
from benchmarks.processes import RICHPOD

MIB = 1024


def idle_memory() -> Figure:
    """Resident memory, MiB, of `richpod serve` that has just become ready, with the default policy."""
    sizes = sorted(_resident() for _ in range(3))
    return Figure(median(sizes), sizes[0], sizes[-1], 0, "VmRSS when ready, median of 3 starts")


def _resident() -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with processes.richpod(folder, processes.serving_pair(folder), "{}") as server:
            status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / MIB


def showing_help() -> Figure:
    return compare(_run([RICHPOD, "--help"]), _interpreter(), 21, partial(_say, what="richpod --help"))


def dry_run() -> Figure:
    """`dry-run` of one pod, a YAML file."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "pod.yaml"
        file.write_text(yaml.safe_dump(reviews.TYPICAL_POD))
        argv = [RICHPOD, "dry-run", "--profile", "default", "-f", str(file)]
        return compare(_run(argv), _interpreter(), 15, partial(_say, what="richpod dry-run"))


def _interpreter() -> Cell:
    return _run([sys.executable, "-c", "pass"])


def _run(argv: Sequence[str]) -> Cell:
    def cell() -> float:
        started = perf_counter()
        subprocess.run(argv, check=True, capture_output=True)
        return perf_counter() - started

    return cell


def _say(command: float, interpreter: float, what: str) -> str:
    return f"{what} {command * 1e3:.0f} ms, python -c pass {interpreter * 1e3:.0f} ms"
