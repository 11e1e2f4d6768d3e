"""Hooks, services and the traffic switch of a machine: they run around the program's service, as they do under launch."""

import pytest

from .hooked import PROGRAM, WEB, hooks
from .machines import new_namespace, policy
from .rich import End, Place
from .test_hooks_order import BEGIN, END
from .told import Told

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("richpod_image")]

NAMESPACE = new_namespace()
AGENT = {"argv": ["sh", "-c", "echo begun; trap 'echo asked; exit' TERM; while :; do sleep 0.1; done"], "user": "daemon"}
POLICY = policy(NAMESPACE, hooks(drain=1), services={"agent": AGENT})
ASK = {"init": "systemd"}
ANSWER = 'print {$c} "HTTP/1.0 200 OK\\r\\n\\r\\n"'
SERVER = f"perl -MIO::Socket -e '$s = IO::Socket::INET->new(Listen => 9, LocalPort => 8080); {ANSWER} while $c = $s->accept'"
SERVED = PROGRAM.replace("httpd -f -p 8080 -h /tmp", SERVER)
"""For an image without BusyBox's httpd."""


def test_everything_has_its_order(box: Place, machine: str) -> None:
    box.create(machine, "sh", "-c", SERVED, name="hooked", ask=ASK, **WEB)
    told = Told(box.cluster, box.namespace, "hooked")
    told.wait("online")
    box.started("hooked")
    box.cluster.kubectl("-n", box.namespace, "delete", "pod", "hooked", "--wait=false")
    told.wait(END[-1])
    assert [text for text in told.texts() if text in {*BEGIN, *END}] == BEGIN + END


def test_a_program_that_ends_has_the_last_hook_run_and_its_own_code_surface(box: Place, machine: str) -> None:
    box.create(machine, "sh", "-c", "echo program; exit 5", name="failing", ask=ASK, **WEB)
    assert box.end("failing") == End(5, "Error", "")
    said = [line for line in box.streams("failing")["stdout"] if line]
    assert said == ["[prestart] prestart", "program", "[poststop] poststop clean 5 0"]


def test_a_service_of_the_policy_s_runs_beside_the_program_and_outlives_it(box: Place, machine: str) -> None:
    box.create(
        machine, "sh", "-c", "sleep 3; echo program; exit 6", name="served", ask={**ASK, "services": "agent, crond"}, **WEB
    )
    assert box.end("served") == End(6, "Error", "")
    said = [line for line in box.streams("served")["stdout"] if line in ("[agent] begun", "program", "[agent] asked")]
    assert said == ["[agent] begun", "program", "[agent] asked"]
