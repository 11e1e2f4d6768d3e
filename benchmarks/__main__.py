"""`python -m benchmarks [--inpod] [NAME...]`: measures the rows, prints a line for each, writes build/bench.json."""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson

from benchmarks.measure import Figure
from benchmarks.processes import CORES
from benchmarks.rows import INPOD, ROWS, Row
from benchmarks.serving import Missing

BUILD = Path("build")


def main() -> int:
    """Exit code: 0 every row was measured, whatever it says; 1 some could not be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--inpod", action="store_true", help="what runs inside pods; writes build/bench-inpod.json")
    parser.add_argument("names", metavar="NAME", nargs="*", help="rows (default: all)")
    given = parser.parse_args()
    names, rows = given.names, INPOD if given.inpod else ROWS
    if unknown := set(names) - {row.name for row in rows}:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(row.name for row in rows)}")
    if len(CORES) == 1:
        print("one core: server and load generator share it, rows over TLS say little")
    when, machine, records = datetime.now(UTC), _machine(), []
    measured = True
    for row in rows:
        if names and row.name not in names:
            continue
        try:
            figure = row.measure()
        except Missing as tool:
            print(f"{row.name:30} not measured: {tool}", flush=True)
            measured = False
            continue
        print(_line(row, figure), flush=True)
        records.append(_record(row, figure))
    machine["load after"] = os.getloadavg()[0]
    report = {"when": when.isoformat(timespec="seconds"), "machine": machine, "rows": records}
    BUILD.mkdir(exist_ok=True)
    (BUILD / ("bench-inpod.json" if given.inpod else "bench.json")).write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    return 0 if measured else 1


def _line(row: Row, figure: Figure) -> str:
    spread = f"[{figure.low:.2f} … {figure.high:.2f}]"
    return f"{row.name:30} {figure.value:6.2f} {row.unit:3} {spread:18} {row.wanted:22} {row.judge(figure)} ({figure.detail})"


def _record(row: Row, figure: Figure) -> dict[str, object]:
    wanted = {"goal": row.goal, "never beyond": row.bound, "verdict": row.judge(figure)}
    return {"name": row.name, "what": row.what, "unit": row.unit, **wanted, **figure._asdict()}


def _machine() -> dict[str, object]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(CORES),
        "python": platform.python_version(),
        "load before": os.getloadavg()[0],
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    sys.exit(main())
