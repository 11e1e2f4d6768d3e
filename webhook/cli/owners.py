"""Who made a pod, in words of whoever created it, and what makes it anew."""

import re
from typing import Any, NamedTuple

from webhook.admission.pod import controller
from webhook.cli.live import find, known
from webhook.cluster import Cluster
from webhook.errors import ApiError
from webhook.printable import OBJECT_NAME

Json = dict[str, Any]

_KIND = re.compile("[A-Za-z0-9]{1,63}")


class Owner(NamedTuple):
    """Of a pod: the controller that made it, or whatever made that."""

    api_version: str
    kind: str
    name: str

    @property
    def has_template(self) -> bool:
        """Whether it is one of Kubernetes' own controllers, and not another of the same name."""
        return known(self.kind, self.api_version)

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


def owner_of(metadata: Json) -> Owner | None:
    """What the API server's garbage collector calls the managing owner; None where it is named as no object can be.

    Whoever creates a pod writes it, and nobody asks what: it must become no other path of the API, and no other command.
    """
    owner = controller(metadata)
    if owner and _KIND.fullmatch(owner["kind"]) and OBJECT_NAME.fullmatch(owner["name"]):
        return Owner(owner["apiVersion"], owner["kind"], owner["name"])
    return None


def made_by(cluster: Cluster, owner: Owner, namespace: str) -> Owner:
    """The Deployment behind a ReplicaSet and the CronJob behind a Job, where they may be read; any other owner itself."""
    if owner.kind not in ("ReplicaSet", "Job") or not owner.has_template:
        return owner
    try:
        held = find(cluster, owner.kind, namespace, owner.name)
    except ApiError as error:
        if not error.status:
            raise
        return owner
    return (owner_of(held["metadata"]) if held else None) or owner


def restart(namespace: str, owner: Owner | None, pods: list[str]) -> str:
    """What makes these pods anew, so that they are seen at creation; where nothing does (`gone`), what must be done first."""
    if owner is not None and owner.has_template:
        match owner.kind:
            case "Deployment" | "StatefulSet" | "DaemonSet":
                return f"kubectl -n {namespace} rollout restart {owner}"
            case "CronJob":
                return f"nothing: the next run of {owner} is seen"
            case "Job":
                return f"kubectl -n {namespace} delete {owner}"
    return f"kubectl -n {namespace} delete pod {' '.join(pods)}"


def gone(owner: Owner | None) -> bool:
    """Whether nobody makes again what `restart` deletes.

    What the API server gives back of a Job cannot be applied: it holds labels and a selector of the controller.
    """
    return owner is None or (owner.kind == "Job" and owner.has_template)


AGAIN = "then apply its own manifest again"
