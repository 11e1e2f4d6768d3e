"""Makes an init PID 1: elements are inserted before the application's own argv, which stays byte for byte where it was.

argv comes from the pod's command, else from the annotation `commands`, the policy's image map, or the resolver. Words that come
from an image are escaped, because the kubelet expands `$(VAR)` in a pod's command and not in an image's.
"""

import orjson

from webhook.admission.conflicts import meet
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Container, Pod
from webhook.admission.toolkit import deliver
from webhook.admission.verdicts import Verdict
from webhook.errors import BadValue, Skip
from webhook.inpod.contract import DUMB_INIT_ARGV, LAUNCH_ARGV, TOOLKIT_ROOT, TOOLKIT_VOLUME
from webhook.nearest import LONGEST_NAME, closest, nearest

ELEMENTS = {"launch": LAUNCH_ARGV, "dumb-init": DUMB_INIT_ARGV}


def parse(text: str) -> str:
    choices = (*ELEMENTS, "none")
    if text not in choices:
        raise BadValue(f"write one of {', '.join(choices)}", closest(text[:LONGEST_NAME], choices))
    return text


def apply(pod: Pod, option: str, context: Context) -> list[Verdict]:
    conflict = meet(option, pod.held)
    if conflict is not None and conflict.effect == "adapt":
        option = "launch"
    stated = _stated(pod)
    wrapped: list[Container] = []
    left = _strangers(stated, pod)
    for container in pod.treated:
        verdict = None if container.wrapped else _wrap(pod, container, list(ELEMENTS[option]), stated, context)
        if verdict is None:
            wrapped.append(container)
        else:
            left.append(verdict)
    if not wrapped:
        return left
    warning = deliver(pod, wrapped, context)
    if conflict is not None:
        outcome, reason = ("applied", "conflict") if conflict.effect == "warn" else ("adapted", "conflict")
        said = Verdict("init", outcome, reason, f"{conflict.condition}: {conflict.why}", conflict.fix)  # type: ignore[arg-type]
        return [said, *left]
    return [Verdict("init", "applied", "unproved" if warning else "", warning or f"PID 1 is {option}"), *left]


def _wrap(pod: Pod, container: Container, elements: list[str], stated: dict[str, list[str]], context: Context) -> Verdict | None:
    """Inserts the elements; a verdict instead where this container must be left as it is."""
    if (taken := container.mounted_at(TOOLKIT_ROOT)) not in (None, TOOLKIT_VOLUME):
        sentence = f"container {container.name} mounts {taken} at {TOOLKIT_ROOT}, which richpod needs"
        return Verdict("init", "skipped", "path-taken", sentence)
    if command := container.raw.get("command"):
        if pod.controller is None and pod.asked.get("init") not in ELEMENTS:
            sentence = f"container {container.name} of a pod without controller: each later kubectl apply would fail"
            return Verdict("init", "skipped", "bare-pod", sentence, "richpod.io/init: launch")
        pod.patch.insert(command, f"{container.path}/command", elements)
        return None
    argv = stated.get(container.name) or _argv_of_image(container, context)
    if argv is None:
        sentence = f"container {container.name} names no command, and what its image runs is unknown"
        return Verdict("init", "skipped", "argv-unknown", sentence, _advice({container.name: ["/path/of/program"]}))
    pod.patch.append(container.raw, container.path, "command", elements + [word.replace("$", "$$") for word in argv])
    return None


def _stated(pod: Pod) -> dict[str, list[str]]:
    """The annotation `commands`: container to what its image runs before the container's args."""
    text = pod.asked.get("commands")
    if text is None:
        return {}
    try:
        given = orjson.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(
        isinstance(v, list) and v and all(isinstance(w, str) for w in v) for v in given.values()
    ):
        names = [container.name for container in pod.app_containers[:1]]
        sentence = "the annotation commands is not a JSON object of container to argv"
        raise Skip("bad-value", sentence, _advice({name: ["/path/of/program"] for name in names}))
    return given


def _advice(commands: dict[str, list[str]]) -> str:
    """The annotation as a line of YAML: a single quote inside single quotes is doubled."""
    quoted = orjson.dumps(commands).decode().replace("'", "''")
    return f"richpod.io/commands: '{quoted}'"


def _strangers(stated: dict[str, list[str]], pod: Pod) -> list[Verdict]:
    """Names in the annotation `commands` that no container has."""
    names = [container.name for container in pod.app_containers]
    known = set(names)
    unknown = [name for name in stated if name not in known]
    if not unknown:
        return []
    sentence = f"the annotation commands names {unknown[0]}, which is not there{nearest(unknown[0], names)}"
    return [Verdict("init", "skipped", "unknown-container", sentence)]


def _argv_of_image(container: Container, context: Context) -> list[str] | None:
    """What stands before the container's args: ENTRYPOINT, and CMD where it has none. None where nothing would run."""
    image, args = container.raw.get("image") or "", container.raw.get("args")
    found = context.policy.images.map.get(image) or context.resolve(image)
    if found is None or not (found.entrypoint or found.cmd or args):
        return None
    return found.entrypoint + ([] if args else found.cmd)


FEATURE = Feature("init", apply, parse)
