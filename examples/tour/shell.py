"""Types the commands of a step into one shell, and shows them and what they print."""

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from examples.tour.readme import Step
from webhook.cli.terminal import Line, show

PROJECT = Path(__file__).parents[2]
SECONDS = 120
"""A step takes at most."""
_END = "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n"
"""What was left running in the background would keep a step from its end."""


class Failed(Exception):
    """A command did, or a step did not show what it should."""


def typed(step: Step, environment: Mapping[str, str]) -> str:
    """What the commands of a step print, on stdout and stderr. The first that fails ends it."""
    script = _END + "".join(f"printf '%s\\n' {shlex.quote(f'$ {command}')}\n{command}\n" for command in step.commands)
    command = ["timeout", str(SECONDS), "bash", "-eu", "-c", script]
    said = ""
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as shell:
        try:
            assert shell.stdout is not None
            for line in shell.stdout:
                is_typed = line.startswith("$ ")
                said += "" if is_typed else line
                say(f"  {line.rstrip()}", "bold" if is_typed else "")
        except BaseException:
            shell.terminate()  # and `timeout` all that was started
            raise
    if shell.returncode:
        raise Failed(f"the last command ended with {shell.returncode}")
    return said


def say(text: str, style: str = "") -> None:
    show((Line(line, style) for line in text.split("\n")), sys.stdout)
    sys.stdout.flush()
