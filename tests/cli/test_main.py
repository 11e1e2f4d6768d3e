"""The command: what it loads, what it answers to, and how it ends."""

import argparse
import os
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.conftest import PROJECT, Run
from webhook import __version__
from webhook.__main__ import COMMANDS

APP = "examples/legacy-app/app.yaml"
POLICY = "examples/legacy-app/policy.yaml"
PREVIEWS = ("dry-run", "explain", "policy")
HEAVY = {"asyncio", "cryptography", "fastapi", "jsonpatch", "kubernetes", "rich", "ruamel", "uvicorn"}


def shell(command: str, **given: object) -> subprocess.CompletedProcess[str]:
    """A command line as people type it, `richpod` being this interpreter's."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    script = f'richpod() {{ {shlex.quote(sys.executable)} -m webhook "$@"; }}\n{command}'
    return subprocess.run(["bash", "-c", script], cwd=PROJECT, capture_output=True, text=True, env=environment, **given)  # type: ignore[call-overload, no-any-return]


def loaded(*words: str) -> set[str]:
    """The modules that a command loads, whatever it answers."""
    script = (
        "import sys, webhook.__main__ as command\n"
        "try: command.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script, *words], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(ran.stderr.splitlines())


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_loads_nothing_but_the_parser(words: list[str]) -> None:
    modules = loaded(*words)
    assert not (HEAVY | {"pydantic", "yaml", "orjson"}) & modules
    assert {name for name in modules if name.startswith("webhook")} == {
        "webhook",
        "webhook.__main__",
        "webhook.errors",
        "webhook.nearest",
    }


@pytest.mark.parametrize("words", [["dry-run", "-f", APP], ["explain", "-f", APP], ["policy"]])
def test_a_preview_loads_no_server_and_no_client(words: list[str]) -> None:
    assert not HEAVY & loaded(*words)


def test_only_the_yaml_and_the_diff_load_jsonpatch() -> None:
    assert HEAVY & loaded("dry-run", "-f", APP, "--policy", POLICY, "-o", "yaml") == {"jsonpatch"}


def examples() -> list[str]:
    """Every command line that a help text shows."""
    texts = [shell("richpod --help").stdout, *(shell(f"richpod {name} --help").stdout for name in PREVIEWS)]
    return re.findall(r"^  (richpod .+)$", "\n".join(texts), re.MULTILINE)


@pytest.mark.parametrize("example", [line for line in examples() if "COMMAND" not in line and "NAME" not in line])
def test_every_example_of_the_help_works(example: str) -> None:
    ran = shell(example)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_shows_examples_that_the_command_takes(name: str) -> None:
    shown = re.findall(rf"^  richpod {name}\b(.*)$", shell(f"richpod {name} --help").stdout, re.MULTILINE)
    assert len(shown) >= 2
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(COMMANDS[name][0]).add_arguments(parser)
    for words in shown:
        parser.parse_args(shlex.split(re.split("[|<&]", words)[0].replace("NAMESPACE", "shop")))


def test_every_command_has_a_line_in_the_help() -> None:
    said = shell("richpod --help").stdout
    assert all(re.search(rf"^    {name}\s", said, re.MULTILINE) for name in COMMANDS)


def test_the_version_is_that_of_the_package(richpod: Run) -> None:
    assert richpod("--version").out == f"richpod {__version__}\n"


def test_as_a_plugin_of_kubectl_it_has_that_name() -> None:
    script = "import sys; sys.argv[0] = '/usr/bin/kubectl-richpod'; from webhook.__main__ import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", script, "policy", "--help"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("usage: kubectl richpod policy ")
    assert "  kubectl richpod policy --schema\n" in ran.stdout


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["no-such-command"],
        ["dry-run"],
        ["dry-run", "-f"],
        ["dry-run", "-f", APP, "-o", "xml"],
        ["dry-run", "-f", APP, "--strct"],
        ["dry-run", "-f", APP, "-n", "No Name"],
        ["dry-run", "-f", APP, "--pod-security", "none"],
        ["dry-run", "-f", APP, "--profile", "no-such-profile"],
        ["dry-run", "-f", APP, "--namespace", APP],
        ["dry-run", "-f", "no/such/file"],
        ["explain", "-f", "no/such/file"],
        ["policy", "--policy", "no/such/file"],
    ],
)
def test_wrong_usage_is_said_on_standard_error(richpod: Run, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    ran = richpod(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err
    assert "Traceback" not in ran.err


def test_what_a_command_does_not_take_is_answered_with_its_own_usage(richpod: Run) -> None:
    ran = richpod("online", "-l", "app=web")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: richpod online ")
    assert ran.err.endswith("richpod online: error: unrecognized arguments: -l\n")


def test_without_a_command_the_help_is_printed(richpod: Run) -> None:
    ran = richpod()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == richpod("--help").out


@pytest.mark.parametrize(("given", "said"), [("chek", "'chek'; did you mean check?"), ("x\x1b[31m", r"'x\x1b[31m'"), ("", "''")])
def test_an_unknown_command_is_answered_with_the_nearest(richpod: Run, given: str, said: str) -> None:
    ran = richpod(given)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"richpod: error: unknown command {said}\n")


@pytest.mark.parametrize("given", ["shop", "shop-1"])
def test_who_writes_the_namespace_as_in_kubectl_is_told_how(richpod: Run, given: str) -> None:
    ran = richpod("dry-run", "-f", PROJECT / APP, "--namespace", given)
    assert (ran.code, ran.out) == (2, "")
    assert f"--namespace takes a file of Namespace manifests; the namespace of objects is -n {given}\n" in ran.err


def test_a_wrong_policy_is_said_with_its_line(richpod: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("kubernetes: '1.33'\nprofils: {}\n")
    ran = richpod("dry-run", "-f", PROJECT / APP, "--policy", tmp_path / "policy.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{tmp_path}/policy.yaml:2: profils: unknown key; did you mean profiles?")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path, unbuffered: str) -> None:
    documents = (f"kind: ConfigMap\ndata: {{line: '{'x' * 1000}'}}\n---\n" for _ in range(1000))
    (tmp_path / "many.yaml").write_text("".join(documents))
    ran = shell(f"export PYTHONUNBUFFERED={unbuffered}; richpod dry-run -f {tmp_path} -o yaml | head -1; echo ${{PIPESTATUS[0]}}")
    assert ran.stdout == "kind: ConfigMap\n141\n"
    assert "Traceback" not in ran.stderr


def test_output_that_cannot_be_written_is_an_error() -> None:
    ran = shell(f"richpod policy > /dev/full; echo $?; richpod dry-run -f {APP} -o yaml > /dev/full; echo $?")
    assert ran.stdout == "2\n2\n"
    assert ran.stderr == "richpod: No space left on device\n" * 2


def test_a_file_name_cannot_steer_a_terminal(richpod: Run, tmp_path: Path) -> None:
    file = tmp_path / "x\x1b[31m.yaml"
    file.write_text("a: [")
    ran = richpod("dry-run", "-f", file)
    assert ran.code == 2
    assert "\x1b" not in ran.err
