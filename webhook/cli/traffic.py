"""The traffic switch of a live pod: the launcher that has it, asked by an exec of the same program beside it."""

import re
from typing import Any, NamedTuple

from webhook.cli.live import find
from webhook.cli.trace import Gate
from webhook.cluster import Cluster
from webhook.errors import ApiError
from webhook.execution import Executed
from webhook.inpod.contract import EXIT_WAITS, LAUNCH, OFFLINE, ONLINE, READY_ARGV, SIDECAR_CONTAINER, STATE_OPTION
from webhook.inpod.launcher import leaving, state_at
from webhook.printable import one_line

Json = dict[str, Any]

RULE = '{apiGroups: [""], resources: [pods/exec], verbs: [create, get]}'
"""Of a Role, for whoever switches; API servers before 1.35 ask for `get` where a WebSocket is opened, and later ones for both."""
LONGEST_ONLINE, LONGEST_READY, LONGEST_LEAVING = 60, 10, 7200
"""Seconds that `launch online` waits, and that one who only asks does."""
LONGEST_TOLD = 160
"""Characters of a line that a container left."""
GONE = "Gone"
_SPARE = 30
_READY = re.compile(r"(online|offline)(?:: (.+)| \((.+)\))")


class Launcher(NamedTuple):
    """That of the container that has hooks. `leaving`: seconds that the drain and `postoffline` may take together."""

    container: str
    folder: str
    leaving: int


def launcher(pod: Json) -> Launcher | None:
    """As admission wrote it, and whoever makes pods may have: it is started in that container, and no more than asked."""
    for container in pod["spec"]["containers"]:
        for words in (container.get("command") or [], container.get("args") or []):
            at = state_at(words)
            if at is not None and words[at : at + 1] == [STATE_OPTION] and len(words) > at + 1:
                return Launcher(container["name"], words[at + 1], leaving(words[at:]))
    return None


def switchable(pod: Json) -> bool:
    """Whether anything depends on the application being online."""
    return any(container["name"] == SIDECAR_CONTAINER for container in pod["spec"].get("initContainers") or ())


def idle(pod: Json, container: str) -> str:
    """Why nothing can be executed in a container, "" where it runs."""
    status = _status(pod, container)
    state: Json = status.get("state") or {}
    if "running" in state:
        return ""
    if ended := state.get("terminated"):
        return f"container {container} has ended ({ended.get('reason')}, exit code {ended.get('exitCode')}){_left(ended)}"
    why = (state.get("waiting") or {}).get("reason")
    return f"container {container} does not run yet" + (f" ({why})" if why else "") + _left_before(status)


def _status(pod: Json, container: str) -> Json:
    statuses: list[Json] = (pod.get("status") or {}).get("containerStatuses") or []
    return next((status for status in statuses if status["name"] == container), {})


def _left(ended: Json) -> str:
    """The sentence of the message that a container left when it ended, which may name lines, and the last of these."""
    first, *lines = (ended.get("message") or "").strip().splitlines() or [""]
    told = (one_line(text.strip(), LONGEST_TOLD) for text in (first.removeprefix("richpod: "), *lines[-1:]))
    return f": {' '.join(told)}" if first else ""


def _left_before(status: Json) -> str:
    """By the container's last life."""
    return _left((status.get("lastState") or {}).get("terminated") or {})


def ask(cluster: Cluster, pod: Json, found: Launcher, verb: str, seconds: float) -> Executed:
    """What the launcher answers to `online`, `offline` or `ready`, on stderr.

    Raises ApiError; its reason is GONE where the container has ended since the pod was read.
    """
    metadata = pod["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/exec"
    try:
        return cluster.execute(path, found.container, (LAUNCH, verb, found.folder), seconds)
    except ApiError as error:
        if "container not found" not in error.sentence:
            raise
        raise ApiError(error.status, GONE, _gone(cluster, pod, found.container)) from None


def _gone(cluster: Cluster, pod: Json, container: str) -> str:
    """Why a container is not there that ran when the pod was read; the kubelet knows before it reports."""
    metadata = pod["metadata"]
    now = find(cluster, "Pod", metadata["namespace"], metadata["name"])
    if now is None:
        return "the pod is no longer there"
    return idle(now, container) or f"container {container} does not run just now{_left_before(_status(now, container))}"


def patience(found: Launcher) -> int:
    """Seconds after which there is no answer to be hoped for to `online` or `offline`."""
    return LONGEST_ONLINE + min(found.leaving, LONGEST_LEAVING) + _SPARE


def lacking(error: ApiError, namespace: str) -> str:
    """What an administrator writes for whoever may not execute, "" where that is not what is wrong."""
    if error.status != 403:
        return ""
    return f"an administrator allows it by a Role in {namespace} with the rule {RULE}, and a RoleBinding to it"


def gates(cluster: Cluster, pod: Json) -> list[Gate]:
    """Whether a live pod is online, why not, and what changes it; nothing where nobody looks at that."""
    found = launcher(pod)
    if found is None or not switchable(pod):
        return []
    if why := idle(pod, found.container):
        return [Gate("switch", OFFLINE, why)]
    try:
        ended = ask(cluster, pod, found, READY_ARGV[1], LONGEST_READY)
    except ApiError as error:
        known = OFFLINE if error.reason == GONE else "not known"
        return [Gate("switch", known, str(error), (), tuple(filter(None, [lacking(error, pod["metadata"]["namespace"])])))]
    return [_gate(pod, ended)]


def _gate(pod: Json, ended: Executed) -> Gate:
    """By the one line of `launch ready`, and its code: a person only brings online what waits for nothing else."""
    said = next(iter(ended.err.splitlines()), f"it ended with exit code {ended.code}").removeprefix("richpod: ")
    heard = _READY.fullmatch(said)
    if heard is None:
        return Gate("switch", "not known", f"the launcher does not tell: {said}")
    result, why = heard[1], heard[2] or heard[3]
    verb, at = OFFLINE if result == ONLINE else ONLINE, f"{pod['metadata']['name']} -n {pod['metadata']['namespace']}"
    if result == ONLINE or ended.code == EXIT_WAITS:
        return Gate("switch", result, why, (f"kubectl richpod {verb} {at}",))
    return Gate("switch", result, why, (), (f"what it waits for: kubectl logs {at} -c {SIDECAR_CONTAINER}",))
