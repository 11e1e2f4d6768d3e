"""Pods under gVisor: isolated as asked, with an init, without what gVisor cannot do."""

import pytest

from .processes import until
from .rich import Place, policy, verdicts

pytestmark = pytest.mark.cluster

POLICY = policy({"lxcfs": True, "runtime": "gvisor"}, runtimes={"gvisor": {"class": "gvisor", "kind": "gvisor"}})


def test_the_kernel_is_gvisors_and_lxcfs_was_left_out_with_its_reason(rich: Place, busybox: str) -> None:
    created = rich.create(busybox, "cat", "/proc/version")
    assert created.stored["spec"]["runtimeClassName"] == "gvisor"
    assert verdicts(created.stored) == {"runtime": "applied", "lxcfs": "skipped: conflict", "init": "applied"}
    assert created.warnings == ("richpod subject: lxcfs skipped: runtime:gvisor: this runtime has a /proc of its own",)
    assert "gvisor" in rich.output()


def test_the_init_works_there_too(rich: Place, static: str, init: str) -> None:
    asked = {"init": init}
    rich.create(static, "/probe", "whoami", "exit", "42", name="failing", ask=asked)
    rich.create(static, "/no/such", name="absent", ask=asked)
    rich.create(static, "/probe", "until", "15", ask=asked, terminationGracePeriodSeconds=600)
    assert "parent 1 " in rich.output("failing")
    assert rich.end("failing").code == 42
    assert rich.end("absent").message == 'richpod: cannot start "/no/such": no such file'
    assert rich.stop().code == 0


def test_zombies_are_reaped_there_too(rich: Place, plain: Place, static: str, init: str) -> None:
    zombies = ("/probe", "zombies", "100", "say", "made", "until", "0")
    plain.create(static, *zombies, runtimeClassName="gvisor")
    rich.create(static, *zombies, ask={"init": init})
    plain.await_line("made")
    assert plain.inside("/probe", "count-zombies") == "zombies 100\n"
    rich.await_line("made")
    until("the last zombies are reaped", lambda: rich.inside("/probe", "count-zombies") == "zombies 0\n")
