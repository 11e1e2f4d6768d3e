"""Services of a container, and the images that shipped ones are of."""

from collections.abc import Callable
from pathlib import Path

from tests.inpod.container import Container, Until, text

Image = Callable[..., tuple[str, ...]]
"""Returns a command before `launch`: in an image whose /usr/sbin has the programs given, after a script of its own."""

ON = "while :; do sleep 0.05; done"
TILL_TOLD = "until [ -e go ]; do sleep 0.05; done; exit 6"
"""A program that a test ends."""


def told(container: Container, state: Path, until: Until, name: str, wanted: str, *options: str) -> str:
    """Waits until a service's file says something, and ends the program; returns what the launcher said meanwhile."""
    with container(*options, program=TILL_TOLD) as process:
        until(lambda: text(state / f"service-{name}") == f"{wanted}\n")
        (state.parent / "go").touch()
        err: bytes = process.communicate()[1]
        assert process.returncode == 6
    return err.decode()


SHOW = """\
#!/bin/sh
printf '%s\\n' "$0" "$@"
"""
"""A program that prints its words, one a line."""
