"""Services: programs beside the container's own, which are started again when they end, and never end it."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import SANITIZED, STAY, TOOLKIT, Container, Run, Until, hook, keeper, service, text, words
from tests.inpod.services import ON, TILL_TOLD, told

Children = Callable[[int], list[int]]


# --- what a service is -----------------------------------------------------------------------------------------------------


def test_its_lines_stand_in_the_log_with_its_name(container: Container, tmp_path: Path, until: Until) -> None:
    speak = service("agent", f"echo one; echo two >&2; printf three; touch up; {ON}")
    with container(*speak, program=f"echo app; {TILL_TOLD}") as process:
        until((tmp_path / "up").exists)
        (tmp_path / "go").touch()
        out, err = process.communicate()
    assert (process.returncode, err) == (6, b"")
    assert sorted(out.splitlines()) == [b"[agent] one", b"[agent] three", b"[agent] two", b"app"]


def test_it_begins_after_prestart(container: Container, tmp_path: Path, until: Until) -> None:
    with container(
        *hook("prestart", "sleep 0.3; echo prestart >> log"), *service("a", f"echo service >> log; {ON}"), program=TILL_TOLD
    ):
        until(lambda: "service" in words(tmp_path / "log"))
        assert words(tmp_path / "log") == ["prestart", "service"]


def test_it_has_a_session_of_its_own_an_empty_input_and_nothing_of_the_launchers(
    container: Container, tmp_path: Path, until: Until
) -> None:
    look = "set -- $(cat /proc/$$/stat); echo $$ $1 $5 $6; readlink /proc/$$/fd/0"
    descriptors = "for n in $(seq 3 99); do [ ! -e /proc/$$/fd/$n ] || echo open $n; done"
    signals = "grep -E 'Sig(Blk|Ign|Pnd)' /proc/self/status"
    with container(*service("a", f"{look}; {descriptors}; {signals}; touch up; {ON}"), program=TILL_TOLD) as process:
        until((tmp_path / "up").exists)
        (tmp_path / "go").touch()
        numbers, nothing, *masks = [line.removeprefix("[a] ") for line in process.communicate()[0].decode().splitlines()]
    assert len(set(numbers.split())) == 1, "process, group and session have one number"
    assert nothing == "/dev/null"
    assert [line.partition("\t")[2] for line in masks] == ["0" * 16] * 3


def test_its_words_are_what_was_given(run: Run, launch: Path, state: Path) -> None:
    special = [b"", b" ", b"$(id)", b"--", b"a\nb", b"\xff", b"--service"]
    copy = ("sh", "-c", 'tr "\\0" "|" < /proc/$$/cmdline > "$0.new"; mv "$0.new" "$0"', state.parent / "words", *special)
    option = ("--service", f"a::never:{len(copy)}", *copy)
    wait = "until [ -e $0 ]; do sleep 0.05; done"
    assert run(launch, "--state", state, *option, "--", "sh", "-c", wait, state.parent / "words").returncode == 0
    assert (state.parent / "words").read_bytes().endswith(b"|".join([os.fsencode(state.parent / "words"), *special]) + b"|")


def test_an_optional_one_is_left_out_where_there_is_no_such_program(container: Container, state: Path) -> None:
    with container("--service", "a::always:1:optional", "/no/such", program="exit 6") as process:
        assert process.communicate() == (b"", b"")
    assert (process.returncode, (state / "service-a").exists()) == (6, False)


def test_below_another_init_there_are_services_too(launch: Path, run: Run, state: Path) -> None:
    wait = "until [ -s $0/service-a ]; do sleep 0.05; done; exit 6"
    ran = run(launch, "exec", "--state", state, *service("a", ON), "--", "sh", "-c", wait, state)
    assert (ran.returncode, ran.stderr) == (6, b"")


# --- what fails ------------------------------------------------------------------------------------------------------------


@SANITIZED
@pytest.mark.parametrize(
    ("program", "code", "sentence"),
    [
        ("/no/such", 127, 'cannot start "/no/such": no such file'),
        ("/etc/passwd", 126, 'cannot start "/etc/passwd": permission denied: '),
    ],
)
def test_what_cannot_be_started_is_told_once(
    container: Container, state: Path, until: Until, program: str, code: int, sentence: str
) -> None:
    """And tried again, unless there is none."""
    starts = 1 if code == 127 else 3
    err = told(container, state, until, "a", f"1 {starts} {code}", "--service", "a::always:1", program)
    assert err.startswith(f"richpod: service a: {sentence}")
    assert err.count("\n") == 1


def test_the_termination_message_is_the_programs(launch: Path, state: Path, with_message: Callable[..., tuple[int, str]]) -> None:
    failing = ("--service", "a::never:1", "/no/such", *service("b", "exit 3", "never"))
    wait = "until grep -q 3 $0/service-b; do sleep 0.05; done 2> /dev/null; exit 6"
    code, message = with_message(launch, "--state", state, *failing, "--", "sh", "-c", wait, state)
    assert (code, "richpod: " in message) == (6, False)


def test_a_service_whose_keeper_is_killed_does_not_end_the_program(
    container: Container, state: Path, until: Until, children: Children
) -> None:
    with container(*service("a", ON), program=TILL_TOLD) as process:
        until(lambda: text(state / "service-a") == "1 1\n")
        killed = keeper(process.pid, until)
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in children(process.pid))
        (state.parent / "go").touch()
        _, err = process.communicate()
    said = b"richpod: service a: its keeper was killed by signal 9: nothing starts it again when it ends\n"
    assert (process.returncode, err) == (6, said)


def test_no_command_line_but_its_own_names_it(container: Container, state: Path, until: Until) -> None:
    """Who looks for a program by `pgrep -f`, or ends it by `pkill -f`, means neither its keeper nor process 1."""
    with container("--hold", *service("agent", ON), program=TILL_TOLD) as process:
        until(lambda: text(state / "service-agent") == "1 1\n")
        for launcher in (process.pid, keeper(process.pid, until)):
            name, *rest = Path(f"/proc/{launcher}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            assert (name.endswith(b"/launch"), rest) == (True, [])


# --- the log ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_one_that_floods_a_log_that_takes_nothing_holds_nobody_up(
    container: Container, state: Path, tmp_path: Path, until: Until, stream: str
) -> None:
    flood = [word for name in ("a", "b") for word in service(name, f"yes {stream}")]
    with container(*flood, program=STAY, stdout=subprocess.PIPE) as process:
        until(lambda: text(state / "service-a") == text(state / "service-b") == "1 1\n" and "program" in words(tmp_path / "log"))
        process.terminate()
        assert process.wait() == 3


def test_what_it_left_behind_in_another_session_may_print(container: Container, tmp_path: Path) -> None:
    apart = "touch apart; until [ -e ended ]; do sleep 0.05; done; echo late"
    leave = f"setsid sh -c '{apart}' & until [ -e apart ]; do sleep 0.05; done"
    wait = (
        "until grep -q '1 1 0' state/service-a; do sleep 0.05; done 2> /dev/null; touch ended; "
        "until [ -e late ]; do sleep 0.05; done"
    )
    with container(*service("a", leave, "never"), program=wait) as process:
        assert process.stdout
        assert process.stdout.readline() == b"[a] late\n"
        (tmp_path / "late").touch()
        assert process.wait() == 0


def test_nothing_is_lost_of_much(container: Container, state: Path) -> None:
    with container(
        *service("a", "seq 50000", "never"), program="until grep -q '0$' state/service-a; do sleep 0.05; done"
    ) as process:
        out = process.communicate()[0]
    assert [line for line in out.splitlines() if line.startswith(b"[a] ")] == [b"[a] %d" % n for n in range(1, 50001)]


# --- the state directory ---------------------------------------------------------------------------------------------------


def test_files_of_an_earlier_start_are_gone(container: Container, state: Path) -> None:
    state.mkdir()
    for name in ("service-gone", "service-a"):
        (state / name).write_text("1 5\n")
    with container("--hold", "--service", "a::always:1:optional", "/no/such", program="exit 6") as process:
        assert process.wait() == 6
    assert list(state.glob("service-*")) == []
    assert text(state / "switch") == "1 hold\n", "nothing else is"


@TOOLKIT
def test_only_files_of_the_state_directory_go_whatever_stands_at_its_path(container: Container, state: Path) -> None:
    """Whoever else mounts the volume may put a link there while prestart runs."""
    (state.parent / "others").mkdir()
    (state.parent / "others/service-a").write_text("theirs")
    replace = hook("prestart", "mv state gone; ln -s others state")
    with container(
        *replace, *service("a", "exit 0", "never"), program="until [ -e gone/service-a ]; do sleep 0.05; done"
    ) as process:
        assert process.wait() == 0
    assert text(state.parent / "others/service-a") == "theirs"


@TOOLKIT
def test_each_of_thirty_two_has_its_own(container: Container, state: Path, until: Until) -> None:
    many = [word for n in range(32) for word in service(f"s{n:047}", ON)]
    with container(*many, program=TILL_TOLD) as process:
        until(lambda: [text(file) for file in state.glob("service-s*")] == ["1 1\n"] * 32)
        (state.parent / "go").touch()
        assert process.wait() == 6
    assert {text(file) for file in state.glob("service-s*")} == {"1 1 143\n"}
