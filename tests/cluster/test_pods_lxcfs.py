"""The application sees its own limits instead of the node's."""

import re

import pytest

from .rich import Place, policy, verdicts

pytestmark = pytest.mark.cluster

POLICY = policy({"lxcfs": True})
LIMITS = {"limits": {"cpu": "1", "memory": "64Mi"}}
LOOK = "cat /proc/meminfo; free -m; top -bn1; cat /sys/devices/system/cpu/online; grep -c ^processor /proc/cpuinfo; uptime -p"


def test_proc_and_procps_show_the_limits(rich: Place, plain: Place, debian: str, init: str) -> None:
    plain.create(debian, "bash", "-ec", LOOK, resources=LIMITS)
    created = rich.create(debian, "bash", "-ec", LOOK, ask={"init": init}, resources=LIMITS)
    assert verdicts(created.stored) == {"lxcfs": "applied", "init": "applied"}
    assert memory(rich.output()) == {"meminfo": 64 * 1024, "free": 64, "top": 64}
    assert rich.output().splitlines()[-3:] == ["0", "1", "up 0 minutes"]
    assert min(memory(plain.output()).values()) > 64


def memory(output: str) -> dict[str, float]:
    """The total, as each of them shows it."""
    patterns = {"meminfo": r"^MemTotal: +(\d+) kB", "free": r"^Mem: +(\d+)", "top": r"^MiB Mem : +([\d.]+) total"}
    return {name: float(re.findall(pattern, output, re.MULTILINE)[0]) for name, pattern in patterns.items()}
