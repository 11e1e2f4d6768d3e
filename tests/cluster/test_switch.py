"""The traffic switch by hand, on a real node: `richpod online`, `offline`, and what `explain` says of each state."""

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import kubernetes
import pytest
import yaml

from webhook.cli.traffic import RULE
from webhook.inpod.contract import SIDECAR_CONTAINER

from .access import Object, ready
from .commands import richpod
from .hooked import FILE, hooks, settle, start
from .moments import first, headless, serves
from .processes import until
from .rich import Place, policy

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("richpod_image", "quick_restarts")]

POLICY = policy(hooks(drain=0, online="hold"), runtimes={"gvisor": {"class": "gvisor", "kind": "gvisor"}})
HELD = "held back until somebody puts it online"
TAKEN = "taken offline by somebody"


def switch(place: Place, verb: str, *options: str) -> CompletedProcess[str]:
    return richpod(place.cluster.kubeconfig, verb, "pod/subject", "-n", place.namespace, *options)


def explained(place: Place, folder: Path, kubeconfig: Path | None = None) -> Object:
    """The line `switch`, in JSON."""
    (folder / "policy.yaml").write_text(POLICY)
    options = ("-o", "json", "--policy", str(folder / "policy.yaml"))
    ran = richpod(kubeconfig or place.cluster.kubeconfig, "explain", "pod/subject", "-n", place.namespace, *options)
    assert ran.returncode == 0, ran.stderr
    found: Object = next(gate for gate in json.loads(ran.stdout)["gates"] if gate["name"] == "switch")
    return found


def advice(place: Place, verb: str) -> list[str]:
    return [f"kubectl richpod {verb} subject -n {place.namespace}"]


def test_hold_keeps_a_healthy_program_offline_until_somebody_switches_it_online(
    rich: Place, busybox: str, tmp_path: Path
) -> None:
    told = start(rich, busybox)
    told.wait("answering")
    settle(rich.cluster)
    held = explained(rich, tmp_path)
    assert (held["result"], held["sentence"], held["fix"]) == ("offline", HELD, advice(rich, "online"))
    assert told.texts() == ["[prestart] prestart", "program", "answering"]

    ran = switch(rich, "online")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "richpod: online\n")
    told.wait("online")
    assert told.texts()[3:] == ["[preonline] preonline", "online"]
    rich.started()
    online = explained(rich, tmp_path)
    assert (online["result"], online["sentence"], online["fix"]) == ("online", "generation 1", advice(rich, "offline"))


@pytest.mark.parametrize("ask", [{}, {"runtime": "gvisor"}], ids=["runc", "gvisor"])
def test_offline_takes_a_program_out_of_traffic_and_lets_it_run(
    rich: Place, busybox: str, tmp_path: Path, ask: dict[str, str]
) -> None:
    slices = kubernetes.client.DiscoveryV1Api(rich.cluster.api).list_namespaced_endpoint_slice
    rich.cluster.apply(headless(rich.namespace, app="subject"))
    told = start(rich, busybox, ask={"online": "auto", **ask})
    first(slices, rich.namespace, lambda slice: serves(slice, "subject"))
    program = rich.inside("cat", "/tmp/program")

    ran = switch(rich, "offline", "-o", "json")
    assert json.loads(ran.stdout) == {
        "object": {"apiVersion": "v1", "kind": "Pod", "namespace": rich.namespace, "name": "subject"},
        "container": "main",
        "verb": "offline",
        "exitCode": 0,
        "said": ["richpod: offline"],
    }
    offline, postoffline = told.wait("offline"), told.wait("[postoffline] postoffline")
    assert abs(offline.at - postoffline.at) < 1
    gone = first(slices, rich.namespace, lambda slice: not serves(slice, "subject"))
    assert gone - offline.at < 10
    found = explained(rich, tmp_path)
    assert (found["result"], found["sentence"], found["fix"]) == ("offline", TAKEN, advice(rich, "online"))
    assert rich.inside("cat", "/tmp/program") == program

    assert switch(rich, "online").returncode == 0
    told.wait("[preonline] preonline", times=2)
    first(slices, rich.namespace, lambda slice: serves(slice, "subject"))


def restarted(pod: Object, container: str) -> bool:
    """Once, and runs."""
    status = pod.get("status", {})
    found = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    return any(one["name"] == container and one["restartCount"] == 1 and "running" in one["state"] for one in found)


def test_a_choice_outlives_the_sidecar_and_is_forgotten_with_the_program(rich: Place, busybox: str, tmp_path: Path) -> None:
    """Then what annotations and the profile say holds again, here: online by itself."""
    told = start(rich, busybox, ask={"online": "auto"})
    told.wait("online")
    assert switch(rich, "offline").returncode == 0

    kill(rich, SIDECAR_CONTAINER)
    rich.cluster.wait_for_pod(rich.namespace, "subject", lambda pod: restarted(pod, SIDECAR_CONTAINER))
    settle(rich.cluster)
    assert explained(rich, tmp_path)["sentence"] == TAKEN
    assert told.texts().count("[preonline] preonline") == 1

    kill(rich, "main")
    told.wait("online", times=2)
    assert told.texts().count("[preonline] preonline") == 2
    rich.started()
    assert explained(rich, tmp_path)["sentence"] == "generation 2"


def test_who_was_switched_online_is_held_again_after_a_restart(rich: Place, busybox: str, tmp_path: Path) -> None:
    told = start(rich, busybox)
    told.wait("answering")
    assert switch(rich, "online").returncode == 0
    kill(rich, "main")
    told.wait("answering", times=2)
    settle(rich.cluster)
    assert explained(rich, tmp_path)["sentence"] == HELD
    assert told.texts().count("[preonline] preonline") == 1
    rich.cluster.wait_for_pod(rich.namespace, "subject", lambda pod: not ready(pod))


def test_hooks_that_fail_are_told_by_the_exit_code(rich: Place, busybox: str, tmp_path: Path) -> None:
    """Offline all the same; and not online, which the sidecar tries again."""
    told = start(rich, busybox, ask={"online": "auto", "preonline": "/bin/false", "postoffline": '["/bin/sh", "-c", "exit 3"]'})
    told.wait("[preonline] preonline")
    settle(rich.cluster)
    failed = explained(rich, tmp_path)
    assert (failed["result"], failed["fix"]) == ("offline", [])

    ran = switch(rich, "online")
    assert (ran.returncode, ran.stderr) == (1, "richpod: not online: preonline ended with exit code 1\n")
    ran = switch(rich, "offline")
    assert (ran.returncode, ran.stderr) == (1, "richpod: offline, but postoffline ended with exit code 3\n")
    assert explained(rich, tmp_path)["sentence"] == TAKEN
    assert "online" not in told.texts()


def test_who_was_taken_offline_by_a_file_that_went_comes_online_by_the_same_command(
    rich: Place, busybox: str, tmp_path: Path
) -> None:
    told = start(rich, busybox, ask={"online": "auto"})
    told.wait("online")
    rich.inside("rm", FILE)
    told.wait("offline")
    until("that the launcher has looked", lambda: explained(rich, tmp_path)["result"] == "offline")
    assert explained(rich, tmp_path)["fix"] == advice(rich, "online")
    assert switch(rich, "online").returncode == 0
    told.wait("online", times=2)


def kill(place: Place, container: str) -> None:
    """As the kernel does it that is out of memory: the first process of a container, with all that it has."""
    pod = json.loads(place.cluster.kubectl("-n", place.namespace, "get", "pod", "subject", "-o", "json"))
    status = [*pod["status"]["initContainerStatuses"], *pod["status"]["containerStatuses"]]
    (identity,) = [one["containerID"].partition("://")[2] for one in status if one["name"] == container]
    place.cluster.ctr("tasks", "kill", "--signal=KILL", identity)


@pytest.fixture
def viewer(rich: Place, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of somebody who may see what is in the namespace, and execute nothing there."""
    within = ("-n", rich.namespace)
    rich.cluster.kubectl(
        *within, "create", "rolebinding", "viewer", "--clusterrole=view", f"--serviceaccount={rich.namespace}:default"
    )
    held = yaml.safe_load(rich.cluster.kubeconfig.read_text())
    held["users"][0]["user"] = {"token": rich.cluster.kubectl(*within, "create", "token", "default")}
    (tmp_path / "kubeconfig").write_text(json.dumps(held))
    return tmp_path / "kubeconfig"


def test_who_may_not_execute_reads_the_rule_and_all_the_rest(rich: Place, busybox: str, tmp_path: Path, viewer: Path) -> None:
    told = start(rich, busybox)
    told.wait("answering")
    rule = f"an administrator allows it by a Role in {rich.namespace} with the rule {RULE}, and a RoleBinding to it"
    ran = richpod(viewer, "online", "subject", "-n", rich.namespace)
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[1] == rule
    found = explained(rich, tmp_path, viewer)
    assert found["result"] == "not known"
    assert found["details"] == [rule]
