"""What the README shows is what happens."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from webhook.admission.annotations import ANNOTATIONS
from webhook.policy.file import parse

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("console"))
def test_a_command_prints_what_is_shown(block: str) -> None:
    command, _, shown = block.partition("\n")
    words = shlex.split(command.removeprefix("$ richpod "))
    environment = {**os.environ, "NO_COLOR": "1"}
    ran = subprocess.run([sys.executable, "-m", "webhook", *words], cwd=PROJECT, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0
    assert ran.stdout == shown


def test_the_policy_shown_is_one() -> None:
    for text in blocks("yaml"):
        assert parse(text).profiles


def test_the_make_targets_shown_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    shown = {line.split()[1] for block in blocks("sh") for line in block.splitlines() if line.startswith("make ")}
    assert shown
    assert shown <= targets


def test_every_annotation_is_listed() -> None:
    keys = {*ANNOTATIONS, "status"}
    listed = set(re.findall(r"^\| `([a-z-]+)` \| ", README, re.MULTILINE))
    assert keys <= listed
