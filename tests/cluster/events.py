"""What can happen to a pod of `hooked`, in the words of the table in docs/hooks.md. Each returns when it has happened."""

import json
from collections.abc import Callable
from contextlib import suppress
from subprocess import CalledProcessError
from typing import NamedTuple

from webhook.inpod.contract import SIDECAR_CONTAINER

from . import kubelet
from .access import Object, ready
from .processes import until
from .rich import Place

SAME_AGAIN = "localhost/richpod:same-again"


class Subject(NamedTuple):
    """A pod."""

    place: Place
    name: str

    def kubectl(self, *words: object, input: str | None = None) -> str:
        return self.place.cluster.kubectl("-n", self.place.namespace, *words, input=input)

    def inside(self, script: str) -> None:
        self.place.inside("sh", "-c", script, name=self.name)

    def wait(self, condition: Callable[[Object], bool] = ready) -> Object:
        return self.place.cluster.wait_for_pod(self.place.namespace, self.name, condition)

    def container(self, name: str) -> str:
        """Its number for the container runtime."""
        (status,) = (status for status in statuses(self.wait()) if status["name"] == name)
        return str(status["containerID"].rpartition("/")[2])


def statuses(pod: Object) -> list[Object]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def ready_since(pod: Object) -> str:
    (condition,) = (condition for condition in pod["status"]["conditions"] if condition["type"] == "Ready")
    return str(condition["lastTransitionTime"])


# --- to the pod ---


def delete(subject: Subject) -> None:
    subject.kubectl("delete", "pod", subject.name)


def delete_by_force(subject: Subject) -> None:
    container = subject.container("main")
    subject.kubectl("delete", "pod", subject.name, "--force", "--grace-period=0")
    until("the end of its processes", lambda: container not in subject.place.cluster.ctr("tasks", "list", "--quiet").split())


def evict(subject: Subject) -> None:
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": subject.name, "namespace": subject.place.namespace},
    }
    path = f"/api/v1/namespaces/{subject.place.namespace}/pods/{subject.name}/eviction"
    subject.kubectl("create", f"--raw={path}", "-f", "-", input=json.dumps(eviction))
    subject.kubectl("wait", "--for=delete", f"pod/{subject.name}", "--timeout=60s")


def roll(subject: Subject) -> None:
    """The pod is one of the Deployment `rolling`."""
    subject.kubectl("rollout", "restart", "deployment/rolling")
    subject.kubectl("wait", "--for=delete", f"pod/{subject.name}", "--timeout=60s")


# --- to the program ---


def signalled(signal: str) -> Callable[[Subject], None]:
    return lambda subject: subject.inside(f"kill -{signal} $(cat /tmp/program)")


def sicken(subject: Subject) -> None:
    subject.inside("touch /tmp/sick")


def kill_container(subject: Subject) -> None:
    subject.place.cluster.ctr("tasks", "kill", "--signal=SIGKILL", subject.container("main"))


# --- to the sidecar ---


def losing_ready(happen: Callable[[Subject], None]) -> Callable[[Subject], None]:
    """What happens, and that the pod is Ready again when the sidecar is, but was not all the time."""

    def happen_and_recover(subject: Subject) -> None:
        before = ready_since(subject.wait())
        happen(subject)
        after = subject.wait(lambda pod: restarted(pod) and ready(pod))
        assert ready_since(after) > before

    return happen_and_recover


def restarted(pod: Object) -> bool:
    return any(status["name"] == SIDECAR_CONTAINER and status["restartCount"] for status in statuses(pod))


def kill_sidecar(subject: Subject) -> None:
    subject.place.cluster.ctr("tasks", "kill", "--signal=SIGKILL", subject.container(SIDECAR_CONTAINER))


def fill_sidecar(subject: Subject) -> None:
    """With files in memory, which count, and cannot be taken away: what is taken away is its largest process."""
    fill = ("sh", "-c", "cat /dev/zero > /dev/shm/full")
    with suppress(CalledProcessError):  # it ends with the container
        subject.kubectl("exec", subject.name, "-c", SIDECAR_CONTAINER, "--", *fill)


def edit_image(subject: Subject) -> None:
    image = next(status["image"] for status in statuses(subject.wait()) if status["name"] == SIDECAR_CONTAINER)
    subject.place.cluster.ctr("images", "tag", "--force", image, SAME_AGAIN)
    subject.kubectl("set", "image", f"pod/{subject.name}", f"{SIDECAR_CONTAINER}={SAME_AGAIN}")


# --- to the node ---


def restart_kubelet(subject: Subject) -> None:
    """Any pod with a readiness probe is not Ready until the new kubelet has asked."""
    before = ready_since(subject.wait())
    kubelet.restart(subject.place.cluster)
    subject.wait(lambda pod: ready(pod) and ready_since(pod) > before)


EVENTS: dict[str, Callable[[Subject], None]] = {
    "deletion": delete,
    "rolling update": roll,
    "eviction": evict,
    "liveness probe fails": sicken,
    "deletion before the program is online": delete,
    "the program stops slowly": delete,
    "the program ends by itself": signalled("HUP"),
    "the program crashes": signalled("SEGV"),
    "the program is killed for its memory": signalled("USR1"),
    "the whole container is killed": kill_container,
    "`kubectl delete --force`": delete_by_force,
    "the sidecar crashes": losing_ready(kill_sidecar),
    "the sidecar is killed for its memory": losing_ready(fill_sidecar),
    "the image of the sidecar is edited": losing_ready(edit_image),
    "the kubelet restarts": restart_kubelet,
    "postoffline fails": delete,
    "postoffline hangs": delete,
    "poststop fails": delete,
    "poststop hangs": delete,
}
"""Where nothing is named the pod's start is what happens."""
