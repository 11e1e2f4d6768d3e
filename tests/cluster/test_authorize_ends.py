"""However a pod ends: its entry goes within 10 s of the end that the API shows, and never before it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, sleep
from uuid import uuid4

import pytest

from webhook.cluster import Cluster as Client
from webhook.gateway.pods.ends import OVER
from webhook.inpod.contract import GATEWAY_AUDIENCE

from .access import Object, ready
from .authorizing import Authorizing, policy
from .events import Subject, delete, delete_by_force
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import Place

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

POLICY = policy(window=2)
LATEST = 10
"""Seconds."""
FULL = {"limits": {"memory": "20Mi"}}


def expire(subject: Subject) -> None:
    """The pod's deadline, which may become shorter: it has failed then, and is still there."""
    subject.kubectl("patch", "pod", subject.name, "-p", json.dumps({"spec": {"activeDeadlineSeconds": 1}}))


def fill(subject: Subject) -> None:
    signal(subject, "USR1")


def finish(subject: Subject) -> None:
    signal(subject, "HUP")


def signal(subject: Subject, name: str) -> None:
    # The container ends, and maybe this command with it.
    with suppress(subprocess.CalledProcessError):
        subject.inside(f"kill -{name} $(cat /tmp/program)")


def delete_namespace(subject: Subject) -> None:
    subject.kubectl("delete", "namespace", subject.place.namespace, "--wait=false")


ENDS: dict[str, Callable[[Subject], None]] = {
    "deletion": delete,
    "deletion by force": delete_by_force,
    "its deadline": expire,
    "the end of its program": finish,
    "the end of its memory": fill,
    "deletion of its namespace": delete_namespace,
}
PROGRAM = "trap 'exec tail /dev/zero' USR1; trap 'exit 0' HUP; echo $$$$ > /tmp/program; while :; do sleep 1 & wait $!; done"


@pytest.mark.parametrize("end", ENDS)
def test_the_entry_goes_soon_after_the_end_and_not_before(
    authorizing: Authorizing, let_in: Place, busybox: str, end: str
) -> None:
    """Trap 30: deletion by force, of which nobody in the pod hears, is one of them."""
    let_in.create(busybox, "sh", "-c", PROGRAM, resources=FULL)
    subject = Subject(let_in, "subject")
    took = seconds_from_end(authorizing, let_in.started(), lambda: ENDS[end](subject))
    print(f"\n{end}: {took:.1f} s")


def test_the_entry_of_a_job_goes_when_it_has_finished(authorizing: Authorizing, let_in: Place, busybox: str) -> None:
    template = pod(let_in.namespace, busybox, "sh", "-c", PROGRAM)
    metadata = {"name": "subject", "namespace": let_in.namespace}
    whole = {"metadata": {"labels": {"app": "subject"}}, "spec": template["spec"]}
    let_in.cluster.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": whole}})
    listed = ("-n", let_in.namespace, "get", "pods", "--selector=app=subject", "-o", "name")
    until("its pod", lambda: let_in.cluster.kubectl(*listed))
    subject = Subject(let_in, let_in.cluster.kubectl(*listed).strip().removeprefix("pod/"))
    took = seconds_from_end(authorizing, subject.wait(), lambda: finish(subject))
    print(f"\na finished Job: {took:.1f} s")


def test_a_pod_whose_sandbox_is_made_anew_is_let_in_at_its_new_address_and_no_more_at_the_old_one(
    authorizing: Authorizing, let_in: Place, busybox: str
) -> None:
    let_in.create(busybox, "sleep", "1000", restartPolicy="Always")
    before = let_in.started()
    uid = before["metadata"]["uid"]
    labels = f'labels."io.kubernetes.pod.uid"=={uid},labels."io.cri-containerd.kind"==sandbox'
    sandbox = let_in.cluster.ctr("containers", "list", "--quiet", labels).strip()
    took = seconds_from_end(
        authorizing, before, lambda: let_in.cluster.ctr("tasks", "kill", "--signal=SIGKILL", sandbox) and None
    )
    print(f"\na sandbox made anew: {took:.1f} s")
    after = let_in.cluster.wait_for_pod(let_in.namespace, "subject", lambda pod: has_ended(pod, before) and ready(pod))
    assert after["metadata"]["uid"] == uid
    assert after["status"]["podIP"] in authorizing.entries()


@pytest.fixture
def ghost(authorizing: Authorizing) -> Iterator[str]:
    """A node that no kubelet speaks for."""
    name = f"ghost-{uuid4().hex[:8]}"
    authorizing.cluster.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    yield name
    authorizing.cluster.kubectl("delete", "node", name, "--ignore-not-found")


def test_the_entry_of_a_pod_goes_when_its_node_is_deleted(
    authorizing: Authorizing, let_in: Place, namespace: Namespaces, ghost: str, busybox: str
) -> None:
    """Trap 30. Nobody runs the pod; another asks in its place, with its token. Once its node is gone the cluster deletes it."""
    made = let_in.create(busybox, "sleep", "1000", nodeName=ghost).stored
    status = {"phase": "Running", "podIP": "198.51.100.7", "podIPs": [{"ip": "198.51.100.7"}]}
    Client(let_in.cluster.api).merge(f"{path(made)}/status", {"status": status}, "kubelet")
    assert let_in.cluster.output(in_place_of(made, namespace(), authorizing)) == "granted: acl\n"
    shown = Client(let_in.cluster.api).get(path(made))
    assert shown is not None
    took = seconds_from_end(authorizing, shown, lambda: let_in.cluster.kubectl("delete", "node", ghost) and None, 240)
    print(f"\na node that is deleted: {took:.1f} s after its pod was")


def in_place_of(made: Object, namespace: str, authorizing: Authorizing) -> Object:
    """Runs the pod's authorizer."""
    metadata = made["metadata"]
    bound = (f"--bound-object-name={metadata['name']}", f"--bound-object-uid={metadata['uid']}", "--bound-object-kind=Pod")
    words = ("create", "token", "default", f"--audience={GATEWAY_AUDIENCE}", *bound)
    token = authorizing.cluster.kubectl("-n", metadata["namespace"], *words).strip()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": namespace}}
    authorizing.cluster.apply(secret | {"stringData": {"token": token}})
    authorizer = made["spec"]["initContainers"][0]
    whole = pod(namespace, authorizer["image"], *authorizer["command"], "--token", "/token/token")
    whole["spec"]["volumes"] = [{"name": "token", "secret": {"secretName": "token"}}]
    whole["spec"]["containers"][0] |= {"env": authorizer["env"], "volumeMounts": [{"name": "token", "mountPath": "/token"}]}
    return whole


def seconds_from_end(authorizing: Authorizing, before: Object, happen: Callable[[], None], patience: float = 90) -> float:
    """From when the API shows the pod's end to when its entry is gone.

    The API server is asked after the list: whoever is missing there must have ended by then.
    """
    client, address = Client(authorizing.cluster.api), before["status"]["podIP"]
    assert address in authorizing.entries()
    shown, given_up = float("inf"), monotonic() + patience
    with ThreadPoolExecutor() as threads:
        happened = threads.submit(happen)
        while True:
            is_in = address in authorizing.entries()
            if shown > monotonic() and has_ended(client.get(path(before)), before):
                shown = monotonic()
            if not is_in:
                assert shown < float("inf"), "the entry went while its pod lived"
                happened.result()
                return monotonic() - shown
            assert monotonic() < min(shown + LATEST, given_up)
            sleep(0.05)


def has_ended(now: Object | None, before: Object) -> bool:
    if now is None or now["metadata"]["uid"] != before["metadata"]["uid"]:
        return True
    address = now["status"].get("podIP")
    return now["status"]["phase"] in OVER or address not in (None, before["status"]["podIP"])


def path(pod: Object) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
