"""Keeps folders of the main container in claims, so that what is changed there stays; each is filled once from the image.

The volume's folder `data` is mounted, which appears when it has been filled: an application never sees half of it. A claim holds
what one pod writes, so that pods that may be several name a volumeClaimTemplate of their StatefulSet. What else is mounted within
such a folder, the pod's token below /var for example, stays where it is.
"""

from typing import Any

from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.persist_annotation import Kept, parse
from webhook.admission.pod import Pod
from webhook.admission.toolkit import MOUNT, NO_TOKEN_MOUNT, NOTHING, deliver, resources
from webhook.admission.verdicts import Verdict
from webhook.errors import Refuse, Skip
from webhook.inpod.contract import (
    AUTHORIZER_CONTAINER,
    FILL_ARGV,
    FILL_CONTAINER,
    FILL_ROOT,
    FILLED,
    PERSIST_PREFIX,
    TOOLKIT_CONTAINER,
)
from webhook.policy.paths import is_within, plain

Json = dict[str, Any]

_ANNOTATION = "metadata.annotations[richpod.io/persist]"
_RIGHTS = ("runAsUser", "runAsGroup", "runAsNonRoot", "allowPrivilegeEscalation", "readOnlyRootFilesystem")
_OF_FILES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP")
"""Capabilities by which copies are like what they are of; a container has them where it does not drop them."""


def apply(pod: Pod, kept: tuple[Kept, ...], context: Context) -> list[Verdict]:
    unproved = meet("persist", pod.held)
    if not pod.app_containers:
        raise Skip("no-container", "the pod has no container")
    container = pod.main
    volumes = [_volume(pod, each, number) for number, each in enumerate(kept)]
    pod.add_volumes([NOTHING])
    deliver(pod, [], context)
    fillers = {raw.get("name") for raw in pod.spec.get("initContainers") or ()}
    for number, (each, volume) in enumerate(zip(kept, volumes, strict=True)):
        if not _is_mounted(container, each, volume):
            pod.add_mounts(container, [{"name": volume, "mountPath": each.path, "subPath": FILLED}])
        filler = _filler(pod, container, each, volume, number)
        if filler["name"] not in fillers:
            pod.add_init_container_first(filler, (AUTHORIZER_CONTAINER, TOOLKIT_CONTAINER))
    stays = [Verdict("persist", "applied", "", f"{each.path} stays in {each.claim}") for each in kept]
    return [*stays, Verdict("persist", "applied", "unproved", unproved.why)] if unproved else stays


def _is_mounted(container: Container, kept: Kept, volume: str) -> bool:
    """By an earlier pass. Raises Refuse where something else is there, or around it: the image's folder would not be seen."""
    for mount in container.raw.get("volumeMounts") or ():
        path = plain(mount["mountPath"])
        if path == kept.path and mount.get("subPath") == FILLED and mount["name"] == volume:
            return True
        if is_within(kept.path, path):
            sentence = f"persist {kept.path}: container {container.name} mounts {mount['name']} at {path} already"
            raise Refuse("path-taken", sentence, "remove that mount or this path", _ANNOTATION)
    return False


def _volume(pod: Pod, kept: Kept, number: int) -> str:
    """The pod's own volume of that name, else one of the claim. Raises Refuse where several pods would share it."""
    present = next((volume for volume in _volumes(pod) if volume["name"] == kept.claim), None)
    source = (present or {}).get("persistentVolumeClaim") or {}
    if present is not None and (not source or source.get("readOnly")):
        what = "is read-only" if source else "is no claim, and what is changed there would not stay"
        sentence = f"persist {kept.path}: volume {kept.claim} {what}"
        raise Refuse("no-claim", sentence, "a persistentVolumeClaim that may be written", _ANNOTATION)
    # As a StatefulSet names the claim that it makes for this pod alone.
    own = f"{kept.claim}-{pod.metadata.get('name') or '*'}"
    if not kept.single and source.get("claimName") != own:
        sentence = f"persist {kept.path}: the pod has no claim {kept.claim} of its own, and several pods would share one"
        fix = f'a volumeClaimTemplate {kept.claim} of its StatefulSet, or "single": true where it is the only pod'
        raise Refuse("shared-claim", sentence, fix, _ANNOTATION)
    if present is not None:
        return kept.claim
    name = f"{PERSIST_PREFIX}{number}"
    if any(volume["name"] == name and volume["persistentVolumeClaim"].get("claimName") != kept.claim for volume in _volumes(pod)):
        sentence = f"persist {kept.path}: volume {name}, a name of richpod's own, is of another claim"
        raise Refuse("reserved-name", sentence, "remove that volume", "spec.volumes")
    pod.add_volumes([{"name": name, "persistentVolumeClaim": {"claimName": kept.claim}}])
    return name


def _volumes(pod: Pod) -> list[Json]:
    return pod.spec.get("volumes") or []


def _filler(pod: Pod, container: Container, kept: Kept, volume: str, number: int) -> Json:
    """Of the application's image and with its rights: what it may not read it does not have, and what it copies is its own."""
    filler: Json = {
        "name": f"{FILL_CONTAINER}{number}",
        "image": container.raw.get("image"),
        "command": [*FILL_ARGV, kept.path.replace("$", "$$"), FILL_ROOT],
        "resources": resources(pod.spec),
        "volumeMounts": [{"name": volume, "mountPath": FILL_ROOT}, MOUNT, NO_TOKEN_MOUNT],
    }
    if "imagePullPolicy" in container.raw:
        filler["imagePullPolicy"] = container.raw["imagePullPolicy"]
    if security := container.raw.get("securityContext"):
        filler["securityContext"] = _rights(security)
    return filler


def _rights(security: Json) -> Json:
    """The same user; of what goes beyond Pod Security baseline nothing, which copying files does not need."""
    rights = {key: security[key] for key in _RIGHTS if security.get(key) is not None}
    capabilities = {} if security.get("privileged") else security.get("capabilities") or {}
    added = capabilities.get("add") or ()
    kept = {
        "drop": capabilities.get("drop") or [],
        "add": [name for name in _OF_FILES if name in added or "ALL" in added],
    }
    if any(kept.values()):
        rights["capabilities"] = {key: names for key, names in kept.items() if names}
    if (security.get("seccompProfile") or {}).get("type") not in (None, "Unconfined"):
        rights["seccompProfile"] = security["seccompProfile"]
    return rights


FEATURE = Feature("persist", apply, {"persist": parse}, vital=True)
