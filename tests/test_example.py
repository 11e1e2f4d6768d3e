"""`make example` and `make example-box` type what their pages say, and the pages speak of what is there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from examples.tour.checks import Check, in_order
from examples.tour.images import BOX, EXAMPLES, SHOP
from examples.tour.readme import Step, commands, steps
from examples.tour.shell import Failed, typed
from examples.tour.shop import unfailed
from examples.tour.tour import TOURS, Tour
from tests.test_pages import links
from webhook.__main__ import COMMANDS
from webhook.admission.persist_annotation import parse
from webhook.policy.file import load

PROJECT = EXAMPLES.parent
OURS = {
    "shop": {"dry-run", "manifests", "check", "grants", "offline", "online"},
    "box": {"manifests", "check"},
}
"""Our own commands, in each."""


@pytest.fixture(params=TOURS)
def tour(request: pytest.FixtureRequest) -> Tour:
    return TOURS[request.param]


def typed_in(tour: Tour) -> list[str]:
    return [command for step in steps(tour.readme) for command in step.commands]


def test_every_step_types_something_and_has_a_check(tour: Tour) -> None:
    assert len(steps(tour.readme)) == len(tour.checks)
    assert all(step.commands for step in steps(tour.readme))


def test_every_file_that_is_named_is_there(tour: Tour) -> None:
    named = {word for command in typed_in(tour) for word in shlex.split(command) if word.startswith("examples/")}
    assert named
    assert all((PROJECT / name).exists() for name in named)
    assert all((tour.folder / target.partition("#")[0]).exists() for target in links(tour.readme))


@pytest.mark.parametrize("name", TOURS)
def test_every_command_of_ours_exists(name: str) -> None:
    ours = {verb for command in typed_in(TOURS[name]) for verb in re.findall(r"\brichpod ([a-z-]+)", command)}
    assert ours == OURS[name]
    assert ours <= COMMANDS.keys()


def test_the_label_names_a_profile_of_the_policy(tour: Tour) -> None:
    manifests = [path.read_text() for path in tour.folder.glob("*.yaml")]
    (profile,) = {name for text in (*typed_in(tour), *manifests) for name in re.findall(r"richpod\.io/profile[=:] ?(\S+)", text)}
    assert profile in load(str(tour.folder / "policy.yaml")).profiles
    assert all(f"--profile {profile} " in command for command in typed_in(tour) if "dry-run" in command)


def test_the_policy_runs_scripts_of_the_shop() -> None:
    scripts = re.findall(r"/srv/shop/(bin/\S+\.sh)", (SHOP / "policy.yaml").read_text())
    assert len(scripts) == 4
    assert all((SHOP / "shop" / script).stat().st_mode & 0o111 for script in scripts)


@pytest.mark.parametrize("script", sorted(SHOP.rglob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_one(script: Path) -> None:
    shell = script.read_text().partition("\n")[0].removeprefix("#!")
    subprocess.run([shell, "-n", str(script)], check=True)


def test_neither_manifests_nor_images_of_the_shop_know_of_us() -> None:
    made = {path for path in SHOP.rglob("*") if path.is_file()} - {SHOP / "policy.yaml", SHOP / "README.md"}
    assert len(made) > 10
    for path in made:
        text = re.sub(r"#.*", "", path.read_text())
        assert "richpod" not in text.lower(), path
        assert "annotations" not in text, path


def test_the_profile_alone_makes_it_rich() -> None:
    report = [
        sys.executable,
        "-m",
        "webhook",
        "dry-run",
        "--policy",
        str(SHOP / "policy.yaml"),
        "--profile",
        "machine",
        "-o",
        "report",
    ]
    ran = subprocess.run([*report, "-f", str(SHOP / "shop.yaml")], capture_output=True, text=True, check=True)
    assert re.search(r"hooks +applied +container shop: prestart, preonline, postoffline, poststop", ran.stdout)


def test_the_image_of_the_box_does_not_know_of_us() -> None:
    made = [path for path in (BOX / "machine").rglob("*") if path.is_file()]
    assert len(made) == 3
    assert all("richpod" not in path.read_text() for path in made)


def test_the_box_keeps_what_a_package_changes_in_claims_of_its_own() -> None:
    (box, _) = yaml.safe_load_all((BOX / "box.yaml").read_text())
    kept = parse(box["spec"]["template"]["metadata"]["annotations"]["richpod.io/persist"])
    assert {each.path for each in kept} == {"/etc", "/usr", "/var"}
    assert [each.claim for each in kept] == [template["metadata"]["name"] for template in box["spec"]["volumeClaimTemplates"]]
    assert not any(each.single for each in kept)


def test_a_command_may_go_on_in_the_next_line() -> None:
    assert commands("```sh\nkubectl get \\\n    pods\nrichpod check\n```\n") == ("kubectl get pods", "richpod check")


def test_commands_are_shown_before_what_they_print_and_share_a_shell(capfd: pytest.CaptureFixture[str]) -> None:
    assert typed(Step("", ("A=1", "echo $A >&2")), {"PATH": "/usr/bin:/bin"}) == "1\n"
    assert capfd.readouterr().out == "  $ A=1\n  $ echo $A >&2\n  1\n"


def test_what_runs_in_the_background_ends_with_its_step() -> None:
    """It would keep the output open for ever."""
    assert typed(Step("", ("sleep 1000 &", "echo on")), {"PATH": "/usr/bin:/bin"}) == "on\n"
    with pytest.raises(Failed, match="7"):
        typed(Step("", ("sleep 1000 &", "(exit 7)")), {"PATH": "/usr/bin:/bin"})


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


@pytest.mark.parametrize("check", [check for tour in TOURS.values() for check in tour.checks], ids=lambda check: check.__name__)
def test_no_check_is_content_with_nothing(check: Check) -> None:
    assert not all(true for _, true in check(""))
