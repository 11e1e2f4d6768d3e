"""The launcher's option for remote debugging: one variable, which the main program alone gets."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import Container, Run, hook

Form = tuple[Path | str, ...]
AGENT = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:50005"
SAID = "richpod: the program's arguments or environment mention JDWP: its JVM is told nothing of port 50005\n"


@pytest.fixture(params=["supervised", "exec", "state", "exec, state"])
def form(request: pytest.FixtureRequest, launch: Path, state: Path) -> Form:
    """Every way to start a program."""
    verb = ("exec",) if "exec" in request.param else ()
    with_state = ("--state", state) if "state" in request.param else ()
    return (launch, *verb, "--java-debug", "50005", *with_state, "--")


@pytest.fixture
def environment(form: Form, run: Run) -> Callable[[dict[str, str]], list[str]]:
    """What the program gets, in order."""

    def environment(given: dict[str, str]) -> list[str]:
        ran = run(*form, "/bin/cat", "/proc/self/environ", env=given)
        assert ran.stderr == b""
        return ran.stdout.decode().split("\0")[:-1]

    return environment


def test_it_is_added_at_the_end(environment: Callable[[dict[str, str]], list[str]]) -> None:
    assert environment({"a.b": "1", "C-D": "=x"}) == ["a.b=1", "C-D==x", f"JAVA_TOOL_OPTIONS={AGENT}"]


@pytest.mark.parametrize(("before", "after"), [("", AGENT), ("-Xmx1g  -Da='b c' ", f"-Xmx1g  -Da='b c'  {AGENT}")])
def test_it_is_appended_to_what_was_there(environment: Callable[[dict[str, str]], list[str]], before: str, after: str) -> None:
    """In its place: nothing moves."""
    assert environment({"A": "1", "JAVA_TOOL_OPTIONS": before, "Z": "2"}) == ["A=1", f"JAVA_TOOL_OPTIONS={after}", "Z=2"]


@pytest.mark.parametrize(
    "given",
    [
        {"JAVA_TOOL_OPTIONS": "-agentlib:jdwp=transport=dt_socket,server=y,address=5005"},
        {"JAVA_OPTS": "-Xdebug -Xrunjdwp:server=y"},
        {"JPDA_ADDRESS": "8000"},
    ],
)
def test_an_environment_that_mentions_it_stays_as_it_is_and_that_is_said(form: Form, run: Run, given: dict[str, str]) -> None:
    """A JVM that is told twice ends at once."""
    ran = run(*form, "/bin/cat", "/proc/self/environ", env=given)
    assert ran.stdout.decode().split("\0")[:-1] == [f"{name}={value}" for name, value in given.items()]
    assert ran.stderr.decode() == SAID


@pytest.mark.parametrize("word", [AGENT, "-Xrunjdwp:server=y", "jpda"])
def test_arguments_that_mention_it_too(form: Form, run: Run, word: str) -> None:
    ran = run(*form, "sh", "-c", "env", "sh", word, env={"PATH": os.environ["PATH"]})
    assert (b"JAVA_TOOL_OPTIONS" in ran.stdout, ran.stderr.decode()) == (False, SAID)


def test_the_words_of_other_architectures_mean_nothing(launch: Path, run: Run) -> None:
    shares = ("--by-architecture", "amd64=1,arm64=1,s390x=1", "--java-debug", "50005", "--")
    others = {"x86_64": ("env", "jdwp", "jdwp"), "aarch64": ("jdwp", "env", "jdwp"), "s390x": ("jdwp", "jdwp", "env")}
    ran = run(launch, *shares, *others[os.uname().machine])
    assert (AGENT in ran.stdout.decode(), ran.stderr) == (True, b"")


def test_hooks_and_the_launcher_itself_do_not_get_it(container: Container, launch: Path) -> None:
    """A second JVM could not listen at the same port, and would end at once."""
    show = 'echo "$RICHPOD_HOOK ${JAVA_TOOL_OPTIONS-none}"'
    hooks = (*hook("prestart", show), *hook("poststop", show))
    script = 'echo "program $JAVA_TOOL_OPTIONS"; tr "\\0" "\\n" < /proc/$PPID/environ | grep -c JAVA_TOOL_OPTIONS=before$'
    with container("--java-debug", "50005", *hooks, program=script, env=os.environ | {"JAVA_TOOL_OPTIONS": "before"}) as process:
        printed, _ = process.communicate()
    assert printed.decode().splitlines() == [
        "[prestart] prestart before",
        f"program before {AGENT}",
        "1",
        "[poststop] poststop before",
    ]


@pytest.mark.parametrize("port", ["0", "65536", "-1", "5005x", "jdwp"])
def test_a_port_is_a_port(launch: Path, run: Run, port: str) -> None:
    ran = run(launch, "--java-debug", port, "--", "true")
    said = f'richpod: --java-debug "{port}": not a whole number in the range that is allowed\n'
    assert (ran.returncode, ran.stdout, ran.stderr.decode()) == (64, b"", said)


def test_it_is_given_once(launch: Path, run: Run) -> None:
    ran = run(launch, "--java-debug", "1", "--java-debug", "1", "--", "true")
    assert (ran.returncode, ran.stderr.startswith(b"richpod: usage: ")) == (64, True)


def test_a_program_that_is_not_there_is_explained_as_ever(form: Form, run: Run) -> None:
    ran: subprocess.CompletedProcess[bytes] = run(*form, "/no/such")
    assert (ran.returncode, bool(re.search(rb'cannot start "/no/such": no such file\n$', ran.stderr))) == (127, True)
