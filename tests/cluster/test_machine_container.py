"""What a machine keeps of its container: the limits that programs read, the groups of volumes, the number of a signal."""

from typing import Any

import pytest

from .creation import create
from .machines import new_namespace, policy, running
from .pods import pod
from .rich import Place, asking, verdicts

pytestmark = pytest.mark.cluster

NAMESPACE = new_namespace()
POLICY = policy(NAMESPACE)
ASK = {"init": "systemd"}
LIBRARIES = "export LD_LIBRARY_PATH=$(echo /java/usr/lib/*-linux-gnu)"
JAVA = f"{LIBRARIES}; /java/opt/java/bin/java -XX:+UseSerialGC -XX:+PrintFlagsFinal -version 2>&1 | grep ' MaxHeapSize '"
MI = 1 << 20


def test_a_jvm_takes_its_heap_from_the_limit_of_the_container(box: Place, plain: Place, machine: str, java_image: str) -> None:
    """Trap 19: it reads the control groups of its own process, which systemd has moved. A quarter of the limit is the heap."""
    fields: dict[str, Any] = {
        "resources": {"limits": {"memory": "512Mi"}},
        "volumes": [{"name": "java", "image": {"reference": java_image, "pullPolicy": "Never"}}],
        "volumeMounts": [{"name": "java", "mountPath": "/java"}],
    }
    command = ("sh", "-c", JAVA.replace("$", "$$"))
    plain.create(machine, *command, name="java", **fields)
    assert verdicts(box.create(machine, *command, name="java", ask=ASK, **fields).stored) == {"init": "applied"}
    assert [heap(place) for place in (plain, box)] == [128 * MI, 128 * MI]


def heap(place: Place) -> int:
    """Bytes, of a line such as `size_t MaxHeapSize = 134217728 {product} {ergonomic}`."""
    place.end("java")
    (line,) = (line for line in place.streams("java")["stdout"] if "MaxHeapSize" in line)
    return int(line.split()[3])


def test_the_groups_of_the_pod_s_volumes_are_the_program_s(box: Place, machine: str) -> None:
    """Trap 20: `User=` of a unit would leave it with those of the image's /etc/group."""
    groups = {"fsGroup": 2000, "supplementalGroups": [3000]}
    made = pod(box.namespace, machine, "id", "-G", securityContext=groups)
    made["metadata"] |= {"name": "groups", "annotations": asking(ASK)}
    assert create(box.cluster, made, dry_run=False).accepted
    assert box.end("groups").code == 0
    (said,) = (line for line in box.streams("groups")["stdout"] if line)
    assert sorted(said.split(), key=int) == ["0", "2000", "3000"]


def test_signal_37_halts_it_and_the_program_s_own_code_is_the_container_s(box: Place, machine: str) -> None:
    """Trap 27: C libraries do not agree which number SIGRTMIN+3 has."""
    box.create(machine, "bash", "-c", "trap 'exit 7' TERM; while :; do sleep 0.1; done", name="halted", ask=ASK)
    box.started("halted")
    running(box, "halted")
    box.inside("kill", "-37", "1", name="halted")
    assert box.end("halted").code == 7
