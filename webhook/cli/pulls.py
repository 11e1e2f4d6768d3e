"""Why a pod waits: its node cannot pull an image of richpod's own; and where that is corrected. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.reserved import has_our_image
from webhook.inpod.contract import TOOLKIT_VOLUME

Json = dict[str, Any]

REASONS = frozenset(
    (
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    )
)
"""What the kubelet calls it."""


class Unpulled(NamedTuple):
    """An image as the pod writes it, and what the kubelet says about it."""

    image: str
    why: str


def unpulled(pod: Json) -> Unpulled | None:
    """The first image of ours that a container waits for.

    It is an init container's, or that of the toolkit's volume: then each container that mounts it waits, and only the kubelet's
    sentence tells which image is meant.
    """
    return next(_unpulled(pod), None)


def corrected(namespaces: str) -> str:
    """Where; pods start by themselves once the image can be pulled."""
    return (
        "the policy's image.prefix and image.tag, if the name is wrong; a right of the nodes, or imagePullSecrets of the"
        f" ServiceAccounts in {namespaces}, if the registry asks who pulls"
    )


def _unpulled(pod: Json) -> Iterator[Unpulled]:
    spec, status = pod["spec"], pod.get("status") or {}
    images = {one["name"]: one["image"] for one in spec.get("initContainers") or () if has_our_image(one["name"])}
    volumes = (volume.get("image") or {} for volume in spec.get("volumes") or () if volume["name"] == TOOLKIT_VOLUME)
    mounted = next((volume.get("reference") for volume in volumes), None)
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (one.get("state") or {}).get("waiting") or {}
        message = waiting.get("message") or ""
        if waiting.get("reason") not in REASONS:
            continue
        if image := images.get(one["name"]) or (mounted if mounted and f'"{mounted}"' in message else None):
            # What stands before is said of every image that is tried again.
            yield Unpulled(image, message.partition("ErrImagePull: ")[2] or message or waiting["reason"])
