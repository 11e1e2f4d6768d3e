"""PID 1 is the init that was asked for: it reaps, passes signals on, and its end is the program's."""

from typing import Any

import pytest

from .processes import until
from .rich import End, Place, policy, verdicts

pytestmark = pytest.mark.cluster

POLICY = policy()
FOR_EVER = ("sleep", "1000")
LONG_GRACE = 600
"""Seconds; no test waits that long."""


def test_process_1_is_the_init_and_the_parent_of_the_program(rich: Place, debian: str, init: str) -> None:
    rich.create(debian, *FOR_EVER, ask={"init": init})
    assert verdicts(rich.started()) == {"init": "applied"}
    words = {
        "launch": ["/.richpod/bin/launch"],
        "dumb-init": ["/.richpod/bin/dumb-init", "--", "/.richpod/bin/launch", "exec", "--", *FOR_EVER],
    }[init]
    assert rich.argv(1) == words
    assert parent(rich, "sleep") == 1


def test_ten_thousand_zombies_are_reaped(rich: Place, plain: Place, static: str, init: str) -> None:
    plain.create(static, "/probe", "zombies", "100", "say", "made", "until", "0")
    rich.create(static, "/probe", "zombies", "10000", "say", "made", "until", "0", ask={"init": init})
    plain.await_line("made")
    assert zombies(plain) == 100
    rich.await_line("made")
    until("the last zombies are reaped", lambda: zombies(rich) == 0)


def test_exit_codes_surface_in_the_status_of_the_pod(rich: Place, static: str, busybox: str, init: str) -> None:
    asked = {"init": init}
    rich.create(static, "/probe", "exit", "0", name="succeeding", ask=asked)
    rich.create(static, "/probe", "exit", "42", name="failing", ask=asked)
    rich.create(busybox, "sh", "-c", "kill -KILL $$$$", name="killed", ask=asked)
    rich.create(static, "/probe", "segfault", name="crashing", ask=asked)
    rich.create(static, "/probe", "allocate", "64", name="greedy", ask=asked, resources={"limits": {"memory": "32Mi"}})
    assert rich.end("succeeding") == End(0, "Completed", "")
    assert rich.end("failing") == End(42, "Error", "")
    assert rich.end("killed") == End(137, "Error", "")
    assert rich.end("crashing") == End(139, "Error", "")
    assert rich.end("greedy") == End(137, "OOMKilled", "")


def test_a_program_that_does_not_start_is_explained_in_the_termination_message(rich: Place, static: str, init: str) -> None:
    """Without us it is the kubelet's StartError that says so, and under an init there is none."""
    programs = {"absent": "/no/such", "unknown": "nobody", "folder": "/etc"}
    for name, program in programs.items():
        rich.create(static, program, name=name, ask={"init": init})
    ends = {name: rich.end(name) for name in programs}
    assert {name: end.code for name, end in ends.items()} == {"absent": 127, "unknown": 127, "folder": 126}
    assert ends["absent"].message == 'richpod: cannot start "/no/such": no such file'
    assert ends["unknown"].message.startswith('richpod: cannot start "nobody": no such program in PATH')
    assert ends["folder"].message.startswith('richpod: cannot start "/etc": permission denied')


def test_sigterm_reaches_the_program_whose_answer_ends_the_pod(rich: Place, static: str, init: str) -> None:
    rich.create(static, "/probe", "until", "15", "exit", "42", ask={"init": init}, terminationGracePeriodSeconds=LONG_GRACE)
    assert rich.stop().code == 42


def test_a_program_that_handles_no_signal_stops_at_once(rich: Place, plain: Place, busybox: str, init: str) -> None:
    """As process 1 it is killed when its grace period ends: the kernel keeps unhandled signals from it."""
    plain.create(busybox, *FOR_EVER)
    rich.create(busybox, *FOR_EVER, ask={"init": init}, terminationGracePeriodSeconds=LONG_GRACE)
    assert rich.stop().code == 143
    assert plain.stop().code == 137


def test_with_a_shared_process_namespace_the_parent_is_launch(rich: Place, debian: str, init: str) -> None:
    """Trap 21: process 1 is the pause container there, so dumb-init would reap nothing."""
    spec: dict[str, Any] = {"shareProcessNamespace": True, "terminationGracePeriodSeconds": LONG_GRACE}
    rich.create(debian, *FOR_EVER, ask={"init": init}, **spec)
    assert verdicts(rich.started()) == {"init": "adapted: conflict"}
    assert rich.argv(1) == ["/pause"]
    assert rich.argv(parent(rich, "sleep")) == ["/.richpod/bin/launch"]
    assert rich.stop().code == 143


def parent(place: Place, program: str) -> int:
    return int(place.inside("ps", "-o", "ppid=", "-C", program))


def zombies(place: Place) -> int:
    return int(place.inside("/probe", "count-zombies").removeprefix("zombies "))
