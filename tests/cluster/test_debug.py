"""A real debugger stops a real JVM in a pod, through kubectl, for longer than the kubelet is patient."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .access import Object
from .java import COMMAND
from .processes import until
from .rich import Place, policy, verdicts

pytestmark = pytest.mark.cluster

POLICY = policy({"debug": "java"}, runtimes={"gvisor": {"class": "gvisor"}})
LIVENESS = {"httpGet": {"path": "/alive", "port": 8080}, "periodSeconds": 1, "failureThreshold": 3}
PROBE = ("/.richpod/bin/probe", "--debugger", "50005", "--port")
# What a debugger says first, and hears.
ATTACHED = "exec 3<>/dev/tcp/127.0.0.1/50005; printf JDWP-Handshake >&3; read -r -N 14 -u 3 heard; echo $heard; "
JDWP = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:50005"


@contextmanager
def held(place: Place) -> Iterator[subprocess.Popen[str]]:
    """A breakpoint holds the JVM of the pod, all threads of it."""
    kubectl = (place.cluster.kubectl_program, f"--kubeconfig={place.cluster.kubeconfig}", "-n", place.namespace)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([*kubectl, "port-forward", "pod/subject", ":50005"], **pipes) as forward:  # type: ignore[call-overload]
        try:
            # Forwarding from 127.0.0.1:40123 -> 50005
            address = forward.stdout.readline().split()[2]
            with subprocess.Popen(["jdb", "-attach", address], stderr=subprocess.STDOUT, **pipes) as jdb:  # type: ignore[call-overload]
                try:
                    read_to(jdb, "Initializing jdb")
                    jdb.stdin.write("stop in Server.tick\n")
                    jdb.stdin.flush()
                    read_to(jdb, "Breakpoint hit")
                    yield jdb
                finally:
                    jdb.kill()
        finally:
            forward.kill()


def read_to(program: subprocess.Popen[str], text: str) -> None:
    assert program.stdout
    lines = []
    for line in program.stdout:
        lines.append(line)
        if text in line:
            return
    raise AssertionError("".join(lines))


def restarts(seen: Object) -> int:
    return sum(status["restartCount"] for status in seen.get("status", {}).get("containerStatuses") or [])


def now(place: Place) -> Object:
    found: Object = json.loads(place.cluster.kubectl("-n", place.namespace, "get", "pod", "subject", "-o", "json"))
    return found


def restarted(place: Place) -> Object:
    return place.cluster.wait_for_pod(place.namespace, "subject", lambda seen: restarts(seen) > 0)


def answering(place: Place) -> None:
    until("the server answers", lambda: place.cluster.answer(place.namespace, "subject", 8080, "alive") == "")


def test_a_breakpoint_is_no_reason_to_restart(rich: Place, plain: Place, java_image: str) -> None:
    """The pod beside it, with the same probe and a debugger of its own, shows how patient the kubelet is."""
    always = {"restartPolicy": "Always", "livenessProbe": LIVENESS}
    rich.create(java_image, *COMMAND, **always)
    plain.create(java_image, *COMMAND, **always, env=[{"name": "JAVA_TOOL_OPTIONS", "value": JDWP}])
    assert verdicts(rich.started()) == {"init": "applied", "debug": "applied"}
    plain.started()
    answering(rich)
    answering(plain)
    with held(rich) as jdb:
        with held(plain):
            restarted(plain)
        assert restarts(now(rich)) == 0
        jdb.communicate("quit\n")
        answering(rich)
    assert restarts(now(rich)) == 0


def test_a_jvm_that_hangs_is_restarted_and_the_event_says_why(rich: Place, java_image: str) -> None:
    rich.create(java_image, *COMMAND, restartPolicy="Always", livenessProbe=LIVENESS)
    rich.started()
    answering(rich)
    rich.inside("pkill", "-STOP", "java")
    restarted(rich)
    events = rich.cluster.kubectl("-n", rich.namespace, "get", "events", "--field-selector=reason=Unhealthy")
    assert "port 8080 does not answer as it should: no answer in time; and no debugger is attached to port 50005" in events


def test_programs_that_are_executed_in_the_container_are_not_debugged(rich: Place, java_image: str) -> None:
    """Trap 22: a second JVM would find the port taken, and end."""
    rich.create(java_image, *COMMAND, livenessProbe=LIVENESS)
    rich.started()
    answering(rich)
    assert "Listening for transport" not in rich.inside(COMMAND[0], "--version")


def test_gvisor_tells_the_probe_what_the_kernel_does(rich: Place, java_image: str) -> None:
    """Which address is the pod's, and who is connected to whom."""
    rich.create(java_image, *COMMAND, livenessProbe=LIVENESS, runtimeClassName="gvisor")
    assert verdicts(rich.started())["debug"] == "applied: conflict"
    until("the server answers", lambda: rich.inside(*PROBE, "8080") == "")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        rich.inside(*PROBE, "1")
    assert (
        "port 1 does not answer as it should: Connection refused; and no debugger is attached to port 50005"
        in failed.value.stderr
    )
    assert rich.inside("bash", "-c", ATTACHED + " ".join((*PROBE, "1"))) == "JDWP-Handshake\n"
