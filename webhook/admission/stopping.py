"""How a container is stopped: by which signal, within which time, and by whom."""

from typing import Any

from webhook.admission.context import Context
from webhook.admission.pod import Pod
from webhook.errors import BadImage
from webhook.images import reference
from webhook.images.stop_signal import number
from webhook.inpod.contract import HALT_ARGV

Json = dict[str, Any]

DEFAULT_GRACE = 30
"""Seconds; the API server's default."""


def grace(spec: Json) -> int:
    """Seconds from the deletion to the kubelet's KILL; 1 is the least that it gives."""
    given: int | None = spec.get("terminationGracePeriodSeconds")
    return DEFAULT_GRACE if given is None else max(given, 1)


def asks_to_halt(lifecycle: Json) -> bool:
    """Whether the preStop is richpod's own, which takes no time."""
    return bool(((lifecycle.get("preStop") or {}).get("exec") or {}).get("command") == [*HALT_ARGV])


def stop_signal(pod: Pod, context: Context) -> int | None:
    """The one by which the runtime will ask the main container to stop: its own, or its image's as far as that is known."""
    if own := (pod.main.raw.get("lifecycle") or {}).get("stopSignal"):
        return number(own)
    return image_stop_signal(pod, context)


def image_stop_signal(pod: Pod, context: Context) -> int | None:
    """Of the main container's image, as far as it is known. A pod's own is dropped by servers that do not know the field."""
    container = pod.main
    try:
        image = str(reference.parse(container.raw.get("image") or ""))
    except BadImage:
        return None
    found = context.mapped.get(image) or pod.known.get(container.name)
    if found is None or isinstance(found, BadImage):
        return None
    written = {program.stop_signal for program in found.values()}
    return number(written.pop()) if len(written) == 1 else None
