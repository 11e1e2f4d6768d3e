"""Machines in pods on a node with cgroup v2, which has no part of itself to lend: the runtime makes control groups writable.

By hand (`make test-cgroup-v2`): its name keeps pytest from finding it among the other tests.
"""

import json
import time
from collections.abc import Iterator

import pytest

from ..access import Object
from ..machines import new_namespace, policy, running
from ..processes import run, until
from ..rich import End, Place, verdicts
from ..test_machine_container import JAVA, MI, heap
from ..test_pods_services import ENV, PRIVATE, PUBLIC, TICK, login
from ..test_systemd import (  # noqa: F401  (what holds with cgroup v1 holds here)
    test_a_program_that_does_not_start_is_explained_in_the_termination_message,
    test_argv_environment_folder_and_groups_are_as_without_it,
    test_cron_and_sshd_run_and_a_login_sees_what_is_no_secret,
    test_exit_codes_surface_in_the_status_of_the_pod,
    test_it_starts_again_in_the_same_pod_as_after_a_reboot,
    test_its_lines_arrive_in_order_each_on_its_own_stream,
    test_the_budget_of_restarts_is_counted_and_then_the_last_code_is_the_container_s,
    test_who_has_a_key_logs_in_and_is_noted,
)
from .configuration import USUAL, WRITABLE

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

NAMESPACE = new_namespace()
RUNTIMES = {name: {"class": name} for name in (USUAL, WRITABLE)}
SERVICES = {"sshd": {"authorizedKeys": "who"}}
POLICY = policy(NAMESPACE, {"runtime": WRITABLE}, systemd={"cgroup": "runtime"}, runtimes=RUNTIMES, services=SERVICES)
ASK = {"init": "systemd"}
FOR_EVER = ("sleep", "1000")
ASKED = "trap 'echo asked; exit 7' TERM; while :; do sleep 0.1; done"
WORK = "begun=$(date +%s%N); i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo $(($(date +%s%N)-begun))"
"""Prints how many nanoseconds it took."""
LIMITS = "own=$(cut -d: -f3 /proc/self/cgroup); echo $own; cd /sys/fs/cgroup$own; cat memory.max cpu.max"
CONFINED = {"seccompProfile": {"type": "RuntimeDefault"}}


@pytest.fixture(autouse=True)
def _alone(box: Place) -> Iterator[None]:
    """What went on would slow down all others."""
    yield
    box.cluster.kubectl("-n", box.namespace, "delete", "pods", "--all", "--wait=false")


def test_it_is_running_without_any_privilege(box: Place, machine: str) -> None:
    stored = box.create(machine, *FOR_EVER, name="running", ask=ASK, securityContext=CONFINED).stored
    assert verdicts(stored) == {"init": "applied", "runtime": "applied"}
    assert stored["spec"]["runtimeClassName"] == WRITABLE
    assert not any("hostPath" in volume for volume in stored["spec"]["volumes"])
    box.started("running")
    assert running(box, "running") == "running"
    assert box.inside("systemctl", "list-units", "--failed", "--no-legend", "--plain", name="running") == ""
    assert box.inside("stat", "-fc", "%T", "/sys/fs/cgroup", name="running") == "cgroup2fs\n"


def test_it_is_running_with_users_of_its_own(box: Place, machine: str) -> None:
    box.create(machine, *FOR_EVER, name="foreign", ask=ASK, hostUsers=False)
    box.started("foreign")
    assert running(box, "foreign") == "running"
    assert box.inside("cat", "/proc/self/uid_map", name="foreign").split()[1] != "0"


def test_the_runtime_that_leaves_them_read_only_is_told_of(box: Place, machine: str) -> None:
    """systemd itself dies without a word."""
    box.create(machine, *FOR_EVER, name="refused", ask={**ASK, "runtime": USUAL})
    end = box.end("refused")
    assert end.code == 71
    assert end.message.startswith("richpod: systemd cannot write its control groups in /sys/fs/cgroup: Read-only file system")
    assert end.message in box.output("refused")


def test_it_stops_within_five_seconds_by_the_program_s_own_code(box: Place, machine: str) -> None:
    """Trap 3: TERM would never stop it. The seconds are those of a machine that is not emulated."""
    box.create(machine, "bash", "-c", ASKED, name="stopped", ask=ASK, terminationGracePeriodSeconds=60)
    box.started("stopped")
    running(box, "stopped")
    slower = int(box.inside("sh", "-c", WORK, name="stopped")) / int(run("sh", "-c", WORK))
    begun = time.monotonic()
    assert box.stop("stopped").code == 7
    took = time.monotonic() - begun
    print(f"\nstopped after {took:.1f} s, on processors {slower:.1f} times slower")
    assert took < 5 * slower


def test_hooks_run_around_the_program(box: Place, machine: str) -> None:
    hooks = {name: json.dumps(["/bin/sh", "-c", f"echo {name}"]) for name in ("prestart", "poststop")}
    box.create(machine, "sh", "-c", "echo program; exit 5", name="hooked", ask={**ASK, **hooks})
    assert box.end("hooked").code == 5
    said = [line for line in box.streams("hooked")["stdout"] if line]
    assert said == ["[prestart] prestart", "program", "[poststop] poststop"]


def test_what_a_unit_is_allowed_is_enforced(box: Place, machine: str) -> None:
    box.create(machine, *FOR_EVER, name="bound", ask=ASK)
    box.started("bound")
    running(box, "bound")
    greedy = "systemd-run --wait --property=MemoryMax=16M --property=MemorySwapMax=0 tail /dev/zero 2>&1 || :"
    assert "result: oom-kill" in box.inside("sh", "-c", greedy, name="bound")
    assert running(box, "bound") == "degraded"


def test_where_memory_runs_out_the_whole_machine_ends_with_137(box: Place, machine: str) -> None:
    """The kubelet has the kernel kill all of a container at once: nobody is left who could start the program anew, or speak.

    `OOMKilled` is what containerd finds in control groups that systemd may have removed first: it says `Error` then.
    """
    limited = {"limits": {"memory": "256Mi"}}
    script = "echo before; tail /dev/zero; echo after"
    box.create(machine, "sh", "-c", script, name="greedy", ask={**ASK, "init-restarts": "2"}, resources=limited)
    end = box.end("greedy")
    print(f"\nended with code {end.code}, reason {end.reason}")
    assert end in (End(137, "OOMKilled", ""), End(137, "Error", ""))
    assert [line for line in box.streams("greedy")["stdout"] if line] == ["before"]


def test_services_run_beside_the_program_under_launch(box: Place, machine: str) -> None:
    box.cluster.kubectl("-n", box.namespace, "create", "configmap", "who", f"--from-literal=authorized_keys={PUBLIC}")
    ask = {"runtime": USUAL, "services": "crond, syslogd, sshd"}
    box.create(machine, *FOR_EVER, name="machine", ask=ask, env=ENV)
    box.started("machine")
    tick = TICK.strip() % "root "
    box.inside("sh", "-c", f"umask 077; echo '{PRIVATE}' > /root/key; echo '{tick}' > /etc/cron.d/tick", name="machine")
    until("sshd", lambda: login(box) == "root it's\n", 180)
    box.inside("logger", "hello", name="machine")
    until("rsyslog", lambda: "hello" in box.inside("cat", "/var/log/syslog", name="machine"), 180)
    until("cron", lambda: box.inside("cat", "/tmp/fired", name="machine"), 180)


def test_a_jvm_takes_its_heap_and_processors_from_the_limits_of_the_container(box: Place, machine: str, java_image: str) -> None:
    """Trap 19: it reads the limits of its own control group, which is the unit's."""
    box.create(
        machine,
        "sh",
        "-c",
        f"{LIMITS}; {JAVA}".replace("$", "$$"),
        name="java",
        ask=ASK,
        resources={"limits": {"cpu": "1500m", "memory": "512Mi"}},
        volumes=[{"name": "java", "image": {"reference": java_image, "pullPolicy": "Never"}}],
        volumeMounts=[{"name": "java", "mountPath": "/java"}],
    )
    assert heap(box) == 128 * MI
    own = [line for line in box.streams("java")["stdout"] if line][:3]
    assert own == ["/system.slice/richpod.service", str(512 * MI), "150000 100000"]


def test_nothing_of_it_stays_in_the_node_s_control_groups(box: Place, machine: str) -> None:
    box.create(machine, *FOR_EVER, name="gone", ask=ASK)
    slice_ = folder(box.started("gone"))
    running(box, "gone")
    assert groups(box, slice_)
    box.stop("gone")
    until("the end of its control groups", lambda: not groups(box, slice_), 180)


def folder(stored: Object) -> str:
    """Of the pod, as the runtime has systemd name it."""
    return f"*pod{stored['metadata']['uid'].replace('-', '_')}*"


def groups(box: Place, folder: str) -> str:
    return box.cluster.on_node("find", "/sys/fs/cgroup", "-type", "d", "-path", folder)


def test_two_of_them_do_not_see_each_other(box: Place, machine: str) -> None:
    for name in ("left", "right"):
        box.create(machine, *FOR_EVER, name=name, ask=ASK)
    folders = {name: folder(box.started(name)) for name in ("left", "right")}
    assert {running(box, name) for name in folders} == {"running"}
    assert groups(box, folders["right"])
    assert box.inside("find", "/sys/fs/cgroup", "-path", folders["right"], name="left") == ""
    box.stop("left")
    assert running(box, "right") == "running"
