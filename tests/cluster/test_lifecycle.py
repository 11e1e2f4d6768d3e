"""However a cluster ends, nothing of it is left on the machine or in the way of the next one.

It is tested on a second cluster, so that the one that other tests (or a developer) use stays as it is.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from . import cgroups, lifecycle
from .access import Cluster, ready
from .conftest import unavailable
from .images import static
from .layout import Layout
from .pods import pod

pytestmark = pytest.mark.cluster
SECOND = Layout(9)
MACHINE_WIDE = [lifecycle.KERNEL / name for name in lifecycle.KERNEL_SETTINGS]


@pytest.fixture
def no_second() -> Iterator[None]:
    if reason := lifecycle.missing():
        unavailable(reason)
    yield
    lifecycle.down(SECOND)


def use(cluster: Cluster, folder: Path) -> None:
    """Leaves a pod that would not end by itself: with it come mounts, links and cgroups."""
    image = static(folder)
    cluster.load(image.archive)
    cluster.apply(pod("default", image.name, "/probe", "until", "0", terminationGracePeriodSeconds=1000))
    cluster.wait_for_pod("default", "subject", ready)


def traces() -> list[str]:
    """What the machine has of the cluster: processes, mounts, links, cgroups, files."""
    return [
        *(f"process {process}" for process in {*cgroups.processes(SECOND.name), *naming(str(SECOND.run))}),
        *(mount for mount in Path("/proc/self/mounts").read_text().splitlines() if SECOND.name in mount),
        *(str(link) for link in Path("/sys/class/net").glob(SECOND.name)),
        *(str(group) for group in Path("/sys/fs/cgroup").glob(f"**/{SECOND.name}")),
        *(str(folder) for folder in Path("/tmp").glob(SECOND.name)),
    ]


def naming(word: str) -> Iterator[int]:
    """Processes that have this word in their command."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if word in command.read_text(errors="replace"):
                yield int(command.parent.name)


@pytest.mark.usefixtures("no_second")
def test_a_start_works_after_everything_was_killed_and_an_end_leaves_nothing(tmp_path: Path) -> None:
    settings = [setting.read_text() for setting in MACHINE_WIDE]
    use(lifecycle.up(SECOND), tmp_path)
    for process in cgroups.processes(SECOND.name):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    assert traces(), "a kill leaves files and cgroups"

    use(lifecycle.up(SECOND), tmp_path)
    lifecycle.down(SECOND)
    assert traces() == []
    assert [setting.read_text() for setting in MACHINE_WIDE] == settings
