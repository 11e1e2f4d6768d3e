"""The sidecar as the image has it, installed and compiled in a virtual environment: what it loads, and the memory it takes."""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.inpod.applications import Talk, answers, app, over_tls
from tests.inpod.sidecars import Launcher, sidecar
from webhook.inpod.contract import SIDECAR_ARGV

SOURCE = Path(__file__).parents[2] / "webhook"
MODULES = "import json, sys, webhook.inpod.sidecar.options; print(json.dumps(sorted(sys.modules)))"
LARGE = {"asyncio", "email", "http", "logging", "ssl", "threading", "urllib"}
MIB = 1024


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    shutil.copytree(SOURCE, packages / "webhook", ignore=shutil.ignore_patterns("__pycache__"))
    python = str(folder / "bin/python3")
    subprocess.run([python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", packages / "webhook"], check=True)
    return python


def test_it_loads_only_itself_and_small_parts_of_the_standard_library(python: str) -> None:
    loaded = json.loads(subprocess.run([python, "-I", "-c", MODULES], capture_output=True, check=True).stdout)
    assert not [name for name in loaded if name.startswith("webhook.") and not name.startswith("webhook.inpod")]
    packages = {name.split(".")[0] for name in loaded} - {"webhook", "__main__"}
    assert packages <= sys.stdlib_module_names
    assert not packages & LARGE


def resident(python: str, launcher: Launcher, talk: Talk, scheme: str) -> int:
    """KiB, once the check succeeded and the program is online."""
    command = tuple(python if word.endswith("/python3") else word for word in SIDECAR_ARGV)
    never = ("--timeout-ms", "60000")
    with app(talk) as program, sidecar(launcher.folder, "--check", program.url(scheme), *never, command=command) as running:
        launcher.start()
        launcher.take()
        assert len(program.connections) == 4
        launcher.finish()
        running.says(": online")
        return running.rss()


ANSWERS = answers(500, 500, 500, 200)


def test_memory_idle(python: str, launcher: Launcher) -> None:
    found = resident(python, launcher, ANSWERS, "http")
    print(f"idle: {found} KiB")
    assert found <= 17 * MIB


def test_memory_once_it_has_spoken_tls(python: str, launcher: Launcher, tmp_path: Path) -> None:
    found = resident(python, launcher, over_tls(ANSWERS, tmp_path), "https")
    print(f"after TLS: {found} KiB")
    assert found <= 24 * MIB
