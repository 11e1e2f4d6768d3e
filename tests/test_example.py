"""`make example` types what its page says, and the page speaks of what is there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from examples.tour.checks import CHECKS, Check, in_order, unfailed
from examples.tour.readme import README, Step, commands, steps
from examples.tour.shell import Failed, typed
from tests.test_pages import links
from webhook.__main__ import COMMANDS
from webhook.policy.file import load

EXAMPLE = README.parent
PROJECT = EXAMPLE.parents[1]
POLICY = EXAMPLE / "policy.yaml"
TYPED = [command for step in steps() for command in step.commands]


def test_every_step_types_something_and_has_a_check() -> None:
    assert len(steps()) == len(CHECKS)
    assert all(step.commands for step in steps())


def test_every_file_that_is_named_is_there() -> None:
    named = {word for command in TYPED for word in shlex.split(command) if word.startswith("examples/")}
    assert named
    assert all((PROJECT / name).exists() for name in named)
    assert all((EXAMPLE / target.partition("#")[0]).exists() for target in links(README))


def test_every_command_of_ours_exists() -> None:
    ours = {verb for command in TYPED for verb in re.findall(r"\brichpod ([a-z-]+)", command)}
    assert ours == {"dry-run", "manifests", "check", "grants", "offline", "online"}
    assert ours <= COMMANDS.keys()


def test_the_label_names_a_profile_of_the_policy() -> None:
    (profile,) = {name for command in TYPED for name in re.findall(r"richpod\.io/profile=(\S+)", command)}
    assert profile in load(str(POLICY)).profiles
    assert all(f"--profile {profile} " in command for command in TYPED if "dry-run" in command)


def test_the_policy_runs_scripts_of_the_shop() -> None:
    scripts = re.findall(r"/srv/shop/(bin/\S+\.sh)", POLICY.read_text())
    assert len(scripts) == 4
    assert all((EXAMPLE / "shop" / script).stat().st_mode & 0o111 for script in scripts)


@pytest.mark.parametrize("script", sorted(EXAMPLE.rglob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_one(script: Path) -> None:
    shell = script.read_text().partition("\n")[0].removeprefix("#!")
    subprocess.run([shell, "-n", str(script)], check=True)


def test_neither_manifests_nor_images_know_of_us() -> None:
    made = {path for path in EXAMPLE.rglob("*") if path.is_file()} - {POLICY, README}
    assert len(made) > 10
    for path in made:
        text = re.sub(r"#.*", "", path.read_text())
        assert "richpod" not in text.lower(), path
        assert "annotations" not in text, path


def test_the_profile_alone_makes_it_rich() -> None:
    report = [sys.executable, "-m", "webhook", "dry-run", "--policy", str(POLICY), "--profile", "machine", "-o", "report"]
    ran = subprocess.run([*report, "-f", str(EXAMPLE / "shop.yaml")], capture_output=True, text=True, check=True)
    assert re.search(r"hooks +applied +container shop: prestart, preonline, postoffline, poststop", ran.stdout)


def test_a_command_may_go_on_in_the_next_line() -> None:
    assert commands("```sh\nkubectl get \\\n    pods\nrichpod check\n```\n") == ("kubectl get pods", "richpod check")


def test_commands_are_shown_before_what_they_print_and_share_a_shell(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed(Step("", ("A=1", "echo $A >&2")), {"PATH": "/usr/bin:/bin"}) == "1\n"
    assert capfd.readouterr().out == "  $ A=1\n  $ echo $A >&2\n  1\n"


def test_the_first_command_that_fails_ends_a_step(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed, match="7"):
        typed(Step("", ("(exit 7)", "echo on")), {"PATH": "/usr/bin:/bin"})
    assert "on\n" not in capfd.readouterr().out.replace("$ echo on\n", "")


def test_a_check_sees_a_failed_request_and_a_wrong_order() -> None:
    before = "12:00:00 9 answered, 0 failed, 1 orders\n"
    assert unfailed(before) == ("9 requests were answered, 0 failed", True)
    assert not unfailed(f"{before}12:00:01 18 answered, 1 failed, 2 orders\n")[1]
    assert in_order("a b", "a", "b")
    assert not in_order("b a", "a", "b")
    assert not in_order("a", "a", "b")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_check_is_content_with_nothing(check: Check) -> None:
    assert not all(true for _, true in check(""))
