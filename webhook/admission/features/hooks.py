"""Runs hooks around the life of the main container's application, and makes the pod Ready only while that is online.

The launcher, which init has made the container's first process, gets options; a native sidecar asks it to bring the application
online and tells readiness. Nothing of the container's own lifecycle and probes is touched.
"""

from typing import Any

import orjson

from webhook.admission import launcher
from webhook.admission.conflicts import meet
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Container, Pod
from webhook.admission.sidecar import add_sidecar
from webhook.admission.verdicts import Verdict
from webhook.errors import BadValue, Skip
from webhook.images.program import escaped
from webhook.inpod.check_url import target
from webhook.inpod.contract import JAVA_DEBUG_OPTION, STATE_OPTION, STATE_ROOT, STATE_VOLUME
from webhook.nearest import closest
from webhook.policy.hooks import KINDS, Asked, Command

LONGEST = 8 << 10
"""Characters of one annotation."""
LONGEST_STOP = 86_400
"""Seconds after which the launcher could still kill; whoever gives an application more leaves that to the kubelet."""
DEFAULT_GRACE = 30
"""Seconds; the API server's default."""
PATIENCE = 2
"""Seconds between TERM and KILL of a hook that takes too long."""
SPARE = 5
"""Seconds for the launcher's own work, and the kubelet's."""


def _command(text: str) -> tuple[str, ...]:
    if len(text) > LONGEST:
        raise BadValue(f"longer than {LONGEST} characters")
    words = _json(text) if text.startswith("[") else [text]
    if not all(type(word) is str and "\0" not in word for word in words) or not words or not words[0].startswith("/"):
        raise BadValue('write the path of a program in the image, or a JSON list: ["/path", "argument"]')
    if len(words) == 1 and any(blank in text for blank in " \t\n"):
        raise BadValue("a path alone has no arguments: write a JSON list", orjson.dumps(text.split()).decode())
    return tuple(words)


def _json(text: str) -> list[Any]:
    try:
        found = orjson.loads(text)
    except ValueError:
        return []
    return found if type(found) is list else []


def _url(text: str) -> str:
    try:
        target(text)
    except ValueError as error:
        raise BadValue(str(error)) from None
    return text


def _file(text: str) -> str:
    if not text.startswith("/") or text.endswith("/") or len(text) > 4096 or not text.isprintable():
        raise BadValue("write the absolute path of a file, for example /srv/www/online")
    return text


def _hold(text: str) -> bool:
    if text not in ("auto", "hold"):
        raise BadValue("write auto or hold", closest(text[:10], ("auto", "hold")))
    return text == "hold"


ANNOTATIONS = {**dict.fromkeys(KINDS, _command), "check-url": _url, "online-file": _file, "online": _hold}
_FIELDS = {"check-url": "check_url", "online-file": "online_file", "online": "hold"}


def combine(asked: Asked, annotation: str, value: Any) -> Asked:
    """A pod's own hook comes after those of its profile; what there is one of takes the profile's place."""
    if annotation in KINDS:
        changed: dict[str, Any] = {annotation: (*getattr(asked, annotation), Command(value, asked.timeout))}
    else:
        changed = {_FIELDS[annotation]: value}
    return asked._replace(**changed)


def apply(pod: Pod, asked: Asked, context: Context) -> list[Verdict]:
    asked, said = _without_what_conflicts(asked, pod)
    container, key, at = launcher.options(pod, context, "run them")
    if container.raw[key][at : at + 1] == [JAVA_DEBUG_OPTION]:
        at += 2
    if (taken := container.mounted_at(STATE_ROOT)) not in (None, STATE_VOLUME):
        sentence = f"container {container.name} mounts {taken} at {STATE_ROOT}, which richpod needs"
        raise Skip("path-taken", sentence)
    if container.raw[key][at : at + 1] != [STATE_OPTION]:
        grace = pod.spec.get("terminationGracePeriodSeconds")
        own = DEFAULT_GRACE if grace is None else grace
        pod.patch.insert(container.raw[key], f"{container.path}/{key}", _options(container, asked, own), at)
        _raise_grace(pod, _grace(container, asked, own))
    if taken is None:
        pod.add_mounts(container, [{"name": STATE_VOLUME, "mountPath": STATE_ROOT}])
    memory = meet("state", pod.held) is not None
    pod.add_volumes([{"name": STATE_VOLUME, "emptyDir": {"sizeLimit": "1Mi", **({"medium": "Memory"} if memory else {})}}])
    if asked.switch:
        add_sidecar(pod, container, asked, context)
    return [Verdict("hooks", "adapted" if said else "applied", "conflict" if said else "", said or _summary(container, asked))]


def _without_what_conflicts(asked: Asked, pod: Pod) -> tuple[Asked, str]:
    """What is left, and why something is not. Raises Skip where nothing is."""
    if not asked.switch:
        return asked, ""
    try:
        meet("switch", pod.held)
    except Skip as end:
        left = asked._replace(preonline=(), postoffline=(), check_url=None, online_file=None, hold=False)
        if not left:
            raise
        return left, f"only prestart and poststop: {end.sentence}"
    return asked, ""


def _options(container: Container, asked: Asked, own_grace: int) -> list[str]:
    """Of the launcher; the kubelet gives the words of hooks as they are."""
    words = [STATE_OPTION, f"{STATE_ROOT}/{container.name}"]
    for kind in KINDS:
        for command in getattr(asked, kind):
            optional = ":optional" if command.optional else ""
            words += ["--hook", f"{kind}:{command.seconds}:{len(command.argv)}{optional}", *map(escaped, command.argv)]
    if asked.online_file:
        words += ["--online-file", escaped(asked.online_file)]
    if asked.hold:
        words.append("--hold")
    if asked.switch and asked.drain:
        words += ["--drain", str(asked.drain)]
    if own_grace <= LONGEST_STOP:
        words += ["--stop", str(max(own_grace, 1))]
    return words


def _grace(container: Container, asked: Asked, own: int) -> int:
    """Seconds from the deletion to the kubelet's KILL that leave the application all that it had.

    The kubelet counts a preStop of the container, which may take all of the pod's own, before the launcher hears of anything.
    """
    hooks = [*asked.postoffline, *asked.poststop]
    before = own if "preStop" in (container.raw.get("lifecycle") or ()) else 0
    drain = asked.drain if asked.switch else 0
    return before + drain + own + sum(hook.seconds + PATIENCE for hook in hooks) + SPARE


def _raise_grace(pod: Pod, seconds: int) -> None:
    key = "terminationGracePeriodSeconds"
    if pod.spec.get(key) is None:
        pod.patch.add(pod.spec, "/spec", key, seconds)
    else:
        pod.patch.replace(pod.spec, "/spec", key, seconds)


def _summary(container: Container, asked: Asked) -> str:
    kinds = ", ".join(kind for kind in KINDS if getattr(asked, kind))
    ready = "Ready while it is online" if asked.switch else ""
    return f"container {container.name}: {'; '.join(part for part in (kinds, ready) if part)}"


FEATURE = Feature("hooks", apply, ANNOTATIONS, combine)
