"""Makes an init PID 1: elements are inserted before the application's own argv, which stays byte for byte where it was.

argv comes from the pod's command, else from the annotation `commands`, the policy's image map, or the image's registry. Words
that come from an image are escaped, because the kubelet expands `$(VAR)` in a pod's command and not in an image's.
"""

from typing import Any

import orjson

from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.machine import RESTARTS, furnish, options, restarts
from webhook.admission.pod import Pod
from webhook.admission.toolkit import deliver
from webhook.admission.verdicts import Verdict, annotated
from webhook.errors import BadImage, BadValue, Skip
from webhook.images import reference
from webhook.images.choice import Choice, choice
from webhook.images.program import escaped
from webhook.inpod.contract import (
    BY_ARCHITECTURE,
    DUMB_INIT_ARGV,
    LAUNCH_ARGV,
    SBIN_INIT_ARGV,
    SYSTEMD_ARGV,
    TOOLKIT_ROOT,
    TOOLKIT_VOLUME,
)
from webhook.nearest import LONGEST_NAME, closest, nearest
from webhook.policy import MACHINES

ADVISED = 50
"""Containers that one advice names at most."""
ELEMENTS = {"launch": LAUNCH_ARGV, "dumb-init": DUMB_INIT_ARGV, "systemd": SYSTEMD_ARGV, "sbin-init": SBIN_INIT_ARGV}
LONGEST = 512 << 10
"""Characters of all words that one pod takes from images: etcd takes no object of more than 1.5 MiB, and a pod can be small that
names a large image a thousand times.
"""


def parse(text: str) -> str:
    choices = (*ELEMENTS, "none")
    if text not in choices:
        raise BadValue(f"write one of {', '.join(choices)}", closest(text[:LONGEST_NAME], choices))
    return text


def apply(pod: Pod, option: str, context: Context) -> list[Verdict]:
    conflict = meet(option, pod.held)
    if conflict is not None and conflict.effect == "adapt":
        option = "launch"
    stated = commands(pod)
    wrapped: list[Container] = []
    unknown: list[str] = []
    left = _strangers(stated, pod)
    # A machine is the main container alone.
    main = pod.main if option in MACHINES and pod.treated else None
    machine = main is not None and not main.wrapped
    for container in pod.treated:
        try:
            verdict = None if container.wrapped else _wrap(pod, container, option, stated, context)
        except BadImage as error:
            unknown.append(container.name)
            verdict = Verdict("init", "skipped", "argv-unknown", f"container {container.name}: {error}")
        if verdict is None:
            wrapped.append(container)
        else:
            left.append(verdict)
    left = _advised(left, unknown, stated)
    if not wrapped:
        return left
    warning = deliver(pod, wrapped, context)
    pod.is_machine = machine and main in wrapped
    if conflict is not None:
        outcome, reason = ("applied", "conflict") if conflict.effect == "warn" else ("adapted", "conflict")
        said = Verdict("init", outcome, reason, f"{conflict.condition}: {conflict.why}", conflict.fix)  # type: ignore[arg-type]
        return [said, *left]
    first = option if main is None or main.is_machine else "launch"
    return [Verdict("init", "applied", "unproved" if warning else "", warning or f"PID 1 is {first}"), *left]


def _wrap(pod: Pod, container: Container, option: str, stated: dict[str, list[str]], context: Context) -> Verdict | None:
    """Makes the init PID 1; a verdict instead where this container must be left as it is. Raises BadImage, and Skip."""
    init = "launch" if option in MACHINES and container is not pod.main else option
    elements = _elements(pod, container, init, context)
    if (taken := container.mounted_at(TOOLKIT_ROOT)) not in (None, TOOLKIT_VOLUME):
        sentence = f"container {container.name} mounts {taken} at {TOOLKIT_ROOT}, which richpod needs"
        return Verdict("init", "skipped", "path-taken", sentence)
    command = container.raw.get("command")
    if command and pod.controller is None and pod.asked.get("init") not in ELEMENTS:
        sentence = f"container {container.name} of a pod without controller: each later kubectl apply would fail"
        return Verdict("init", "skipped", "bare-pod", sentence, f"richpod.io/init: {option}")
    if command:
        pod.patch.insert(command, f"{container.path}/command", elements)
    else:
        argv, lengths = _argv(container, stated, pod, context)
        if lengths:
            chosen = ",".join(f"{architecture}={length}" for architecture, length in lengths.items())
            elements[-1:] = [BY_ARCHITECTURE, chosen, elements[-1]]
        pod.patch.append(container.raw, container.path, "command", elements + argv)
    if init in MACHINES:
        furnish(pod, container, init, context)
    return None


def _elements(pod: Pod, container: Container, init: str, context: Context) -> list[str]:
    first, *rest = ELEMENTS[init]
    return [first, *(options(pod, container, context) if init in MACHINES else ()), *rest]


def commands(pod: Pod) -> dict[str, list[str]]:
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


def _advised(verdicts: list[Verdict], unknown: list[str], stated: dict[str, list[str]]) -> list[Verdict]:
    """The annotation is one line for all containers: the first verdict on an unknown argv gives it whole."""
    if not unknown:
        return verdicts
    fix = _advice({**stated, **{name: ["/path/of/program"] for name in unknown[:ADVISED]}})
    first = next(number for number, verdict in enumerate(verdicts) if verdict.reason == "argv-unknown")
    return [*verdicts[:first], verdicts[first]._replace(fix=fix), *verdicts[first + 1 :]]


def _advice(commands: dict[str, list[str]]) -> str:
    return annotated("commands", orjson.dumps(commands).decode())


def _strangers(stated: dict[str, list[str]], pod: Pod) -> list[Verdict]:
    """Names in the annotation `commands` that no container has."""
    names = [container.name for container in pod.app_containers]
    known = set(names)
    unknown = [name for name in stated if name not in known]
    if not unknown:
        return []
    sentence = f"the annotation commands names {unknown[0]}, which is not there{nearest(unknown[0], names)}"
    return [Verdict("init", "skipped", "unknown-container", sentence)]


def _argv(container: Container, stated: dict[str, list[str]], pod: Pod, context: Context) -> Choice:
    """What stands before the container's args. Raises BadImage."""
    if argv := stated.get(container.name):
        return Choice(list(map(escaped, argv)), {})
    image = reference.parse(container.raw.get("image") or "")
    found = context.mapped.get(str(image)) or pod.known.get(container.name)
    if found is None:
        pod.unknown.append(container)
        raise BadImage("no command, and what its image runs is unknown")
    if isinstance(found, BadImage):
        raise found
    pod.copied += sum(program.size for program in found.values())
    if pod.copied > LONGEST:
        raise BadImage(f"what the pod's images run is longer than {LONGEST >> 10} KiB together")
    return choice(found, container.raw.get("args"))


def _option(option: str, annotation: str, value: Any) -> str:
    """How often is a machine's own business."""
    return option if annotation == RESTARTS else str(value)


FEATURE = Feature(
    "init",
    apply,
    {"init": parse, RESTARTS: restarts},
    _option,
    beside=frozenset((RESTARTS,)),
    permissions=dict.fromkeys(MACHINES, "systemd"),
)
