"""Colour only on a terminal, and nothing there that a user wrote as control characters."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import PROJECT
from webhook.cli.terminal import whole

APP = "examples/one-pod/app.yaml"


def on_a_terminal(*words: str, **variables: str) -> str:
    """What a person sees: both streams on one pseudo-terminal."""
    reader, writer = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm", "COLUMNS": "80"} | variables
    command = [sys.executable, "-m", "webhook", *words]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, env=environment):
        os.close(writer)
        seen = b""
        # At its end a pseudo-terminal answers with an error, not with nothing.
        while part := _read(reader):
            seen += part
    os.close(reader)
    return seen.decode()


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("form", "coloured"), [("diff", "\x1b[32m+  "), ("diff", "\x1b[36m@@ "), ("report", "\x1b[32m  init  applied")]
)
def test_a_terminal_shows_colours(form: str, coloured: str) -> None:
    assert coloured in on_a_terminal("dry-run", "-f", APP, "-o", form)


def test_explain_and_verdicts_are_coloured_too() -> None:
    assert "\x1b[32m  init " in on_a_terminal("explain", "-f", APP)
    assert "\x1b[32mDeployment shop/clock" in on_a_terminal("dry-run", "-f", APP, "-o", "yaml")


@pytest.mark.parametrize("form", ["diff", "yaml"])
def test_no_color_is_honoured(form: str) -> None:
    assert "\x1b" not in on_a_terminal("dry-run", "-f", APP, "-o", form, NO_COLOR="1")


@pytest.mark.parametrize("form", ["patch", "json", "yaml", "diff", "report"])
def test_a_pipe_gets_no_colour(form: str) -> None:
    words = [sys.executable, "-m", "webhook", "dry-run", "-f", APP, "-o", form]
    ran = subprocess.run(words, cwd=PROJECT, capture_output=True, env=os.environ | {"TERM": "xterm"})
    assert b"\x1b" not in ran.stdout + ran.stderr


def test_a_long_line_is_not_broken() -> None:
    shown = on_a_terminal("dry-run", "-f", APP, "-o", "diff", NO_COLOR="1")
    assert any("richpod.io/status: '" in line and line.endswith("}'") for line in shown.splitlines())


def test_a_bar_shows_that_many_files_are_read_and_leaves_nothing_behind(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.yaml").write_text("kind: ConfigMap\n" * (number < 1))
    shown = on_a_terminal("dry-run", "-f", str(tmp_path), "-o", "yaml", TERM="xterm")
    assert "reading" in shown
    assert shown.endswith("richpod: no workload in the input\r\n")


@pytest.mark.parametrize("form", ["diff", "report"])
def test_control_characters_of_a_manifest_do_not_reach_the_terminal(tmp_path: Path, form: str) -> None:
    (tmp_path / "x.yaml").write_text((PROJECT / APP).read_text().replace("name: clock\nspec", 'name: "\\e[31m\\x9b"\nspec'))
    shown = on_a_terminal("dry-run", "-f", str(tmp_path), "-o", form, NO_COLOR="1")
    bold = ("\x1b[1m", "\x1b[0m")
    assert not {"\x1b", "\x9b"} & set(shown.replace(bold[0], "").replace(bold[1], ""))


def test_a_command_is_whole_or_not_there() -> None:
    """Half a quotation would take in what is pasted next."""
    assert whole("kubectl label 'a b'") == "kubectl label 'a b'"
    assert whole(f"kubectl label '{'a' * 5000}'") == "too long for a line: it is in the output of -o json"
