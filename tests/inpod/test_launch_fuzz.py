"""What the launcher reads of others, at length and at random: its environment, the state directory's files.

``make test`` draws the same hundred of each each time, ``make soak`` thousands at random.
"""

import os
import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inpod.container import SANITIZED, Run

COUNT = settings().max_examples
EXAMPLES = settings(max_examples=COUNT // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Of the profile's; each starts a process or two."""


def test_parsers_read_what_is_there_and_nothing_beyond(build: Path, run: Run, tmp_path: Path) -> None:
    """Ten thousand in one process; ``make soak`` has many, which begin anywhere."""
    for seed in [1] if COUNT <= 100 else random.sample(range(1 << 32), COUNT // 100):
        ran = run(build / "sanitized/fuzz_parsers", str(seed), "10000", tmp_path)
        assert (ran.returncode, ran.stderr) == (0, b""), seed


FOLDERS = st.sampled_from(["here", "there", "none", "plain", "", "x" * 300, "/" + "y" * 5000, "file", "é"])
PATHS = st.lists(FOLDERS | st.text(st.characters(codec="utf-8", exclude_characters="\0:/"), max_size=4), max_size=6)


@SANITIZED
@EXAMPLES
@given(path=PATHS)
def test_any_path_leads_where_it_leads(run: Run, launch: Path, tmp_path: Path, path: list[str]) -> None:
    """To the first that can be run; an optional hook is skipped where it leads nowhere."""
    for folder, mode in (("here", 0o755), ("there", 0o755), ("plain", 0o644)):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "hello").write_text(f"#!/bin/sh\necho {folder}\n")
        (tmp_path / folder / "hello").chmod(mode)
    (tmp_path / "file").touch()
    found = [folder for folder in path if folder in ("here", "there")]
    environment = os.environ | {"PATH": ":".join(path)}
    ran = run(launch, "--", "hello", env=environment, cwd=tmp_path)
    code = 0 if found else 126 if "plain" in path else 127
    assert (ran.returncode, ran.stdout.decode().split()) == (code, found[:1])
    state = ("--state", tmp_path / "state", "--hook", "prestart:60:1:optional", "hello")
    ran = run(launch, *state, "--", "/bin/sh", "-c", "exit 5", env=environment, cwd=tmp_path)
    assert ran.returncode == (126 if code == 126 else 5)
