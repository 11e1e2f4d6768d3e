"""Runs hooks around the life of the main container's application, and makes the pod Ready only while that is online.

The launcher, which init has made the container's first process, gets options; a native sidecar asks it to bring the application
online and tells readiness. Nothing of the container's own lifecycle and probes is touched.
"""

from signal import SIGINT, SIGQUIT, SIGTERM

from webhook.admission import launcher
from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.hook_annotations import ANNOTATIONS, combine
from webhook.admission.pod import Pod
from webhook.admission.sidecar import add_sidecar
from webhook.admission.state import give_state
from webhook.admission.stopping import asks_to_halt, grace, stop_signal
from webhook.admission.toolkit import deliver
from webhook.admission.verdicts import Verdict
from webhook.errors import Skip
from webhook.images.program import escaped
from webhook.inpod.contract import SERVICE_OPTION, STATE_OPTION
from webhook.inpod.launcher import state_at
from webhook.policy.hooks import KINDS, Asked

LONGEST_STOP = 86_400
"""Seconds after which the launcher could still kill. Who gives an application more leaves it to the kubelet, and time enough."""
PATIENCE = 2
"""Seconds between TERM and KILL of a hook that takes too long."""
STOP_SIGNALS = (SIGTERM, SIGINT, SIGQUIT, 37)
"""By which the launcher is always asked to stop, whatever else; the last is systemd's."""
SPARE = 5
"""Seconds for the launcher's own work, and the kubelet's."""


def apply(pod: Pod, asked: Asked, context: Context) -> list[Verdict]:
    asked, said = _without_what_conflicts(asked, pod)
    container, key, at = launcher.options(pod, context, "run them", state_at)
    deliver(pod, [container], context)
    words = container.raw[key]
    stateless = words[at : at + 1] != [STATE_OPTION]
    at = give_state(pod, container, key, at)
    if stateless or words[at : at + 1] == [SERVICE_OPTION]:
        own = grace(pod.spec)
        pod.patch.insert(words, f"{container.path}/{key}", _options(pod, asked, own, context), at)
        if own <= LONGEST_STOP:
            pod.raise_grace(_grace(container, asked, own))
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


def _options(pod: Pod, asked: Asked, own_grace: int, context: Context) -> list[str]:
    """Of the launcher; the kubelet gives the words of hooks as they are."""
    words: list[str] = []
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
        words += ["--stop", str(own_grace)]
    if (signal := stop_signal(pod, context)) not in (None, *STOP_SIGNALS):
        words += ["--stop-signal", str(signal)]
    return words


def _grace(container: Container, asked: Asked, own: int) -> int:
    """Seconds from the deletion to the kubelet's KILL that leave the application all that it had.

    The kubelet counts a preStop of the container, which may take all of the pod's own, before the launcher hears of anything.
    """
    hooks = [*asked.postoffline, *asked.poststop]
    lifecycle = container.raw.get("lifecycle") or {}
    before = own if "preStop" in lifecycle and not asks_to_halt(lifecycle) else 0
    drain = asked.drain if asked.switch else 0
    return before + drain + own + sum(hook.seconds + PATIENCE for hook in hooks) + SPARE


def _summary(container: Container, asked: Asked) -> str:
    kinds = ", ".join(kind for kind in KINDS if getattr(asked, kind))
    ready = "Ready while it is online" if asked.switch else ""
    return f"container {container.name}: {'; '.join(part for part in (kinds, ready) if part)}"


FEATURE = Feature("hooks", apply, ANNOTATIONS, combine)
