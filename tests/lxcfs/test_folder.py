"""The folder of bound files, in a namespace of mounts and users: no root is needed.

What is bound here are files of a tmpfs. lxcfs itself, and what pods see of it: tests/cluster/test_lxcfs_agent.py.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from webhook.lxcfs.folder import FILES

UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
BEGINNING = """
import os, stat, subprocess, sys
from pathlib import Path
from webhook.lxcfs import folder as f
from webhook.lxcfs.mounts import uncover

folder, served = Path(sys.argv[1]) / "folder", Path(sys.argv[1]) / "served"
folder.mkdir()
meminfo = folder / "proc/meminfo"

def serve(content):
    "A new file system with this in each file, in place of the last one."
    served.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", served], check=True)
    for name in f.FILES:
        (served / name).parent.mkdir(parents=True, exist_ok=True)
        (served / name).write_text(content)

def lay(content):
    serve(content)
    f.lay_over(served, folder)
    uncover(served)
"""


def run(tmp_path: Path, script: str) -> None:
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no namespaces of users")
    subprocess.run([*UNSHARE, sys.executable, "-c", BEGINNING + script, tmp_path], check=True)


def test_pods_see_the_last_layer(tmp_path: Path) -> None:
    script = """
for number in (1, 2):
    serve(str(number))
    f.lay_over(served, folder)
    assert meminfo.read_text() == str(number)
    assert f.layers(folder) == number
"""
    run(tmp_path, script)


def test_below_the_layers_is_nothing_that_passes_for_a_file(tmp_path: Path) -> None:
    """Else a pod that starts before lxcfs, after a reboot for example, would mount something empty."""
    script = """
meminfo.parent.mkdir()
meminfo.write_text("left behind by somebody else")
serve("1")
f.lay_over(served, folder)
assert stat.S_ISREG(meminfo.stat().st_mode)
uncover(meminfo)
assert stat.S_ISFIFO(meminfo.stat().st_mode)
"""
    run(tmp_path, script)


def test_left_by_all_every_layer_goes(tmp_path: Path) -> None:
    script = """
for number in (1, 2):
    lay(str(number))
assert f.leave(folder)
assert f.layers(folder) == 0
assert stat.S_ISFIFO(meminfo.stat().st_mode)
"""
    run(tmp_path, script)


def test_nothing_is_taken_away_while_somebody_stands_on_it(tmp_path: Path) -> None:
    script = """
lay("1")
pod = Path(sys.argv[1]) / "pod"
pod.touch()
subprocess.run(["mount", "--bind", meminfo, pod], check=True)
assert not f.leave(folder)
assert f.layers(folder) == 1
assert meminfo.read_text() == "1"
"""
    run(tmp_path, script)


def test_who_sees_the_node_below_a_root_of_his_own_does_not_stand_on_it(tmp_path: Path) -> None:
    """Monitoring agents mount the node's root."""
    script = """
host = Path(sys.argv[1]) / "host"
host.mkdir()
lay("1")
(host / sys.argv[1].lstrip("/")).mkdir(parents=True)
subprocess.run(["mount", "--rbind", sys.argv[1], host / sys.argv[1].lstrip("/")], check=True)
assert f.leave(folder)
"""
    run(tmp_path, script)


def test_whatever_a_pod_calls_its_mounts_it_is_told_from_one_that_stands_on_a_file(tmp_path: Path) -> None:
    script = """
lay("1")
pod = Path(sys.argv[1]) / "a\\rb\\rc\\x0bd\\x0cd\\x1ce\\x85f\\u2028g h"
pod.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", pod], check=True)
assert f.leave(folder)
"""
    run(tmp_path, script)


def test_the_files_are_those_that_pods_mount() -> None:
    assert "proc/meminfo" in FILES
    assert not any(name.startswith("/") for name in FILES)
