"""The words that features use about a pod. The pod stays the dict it came as: fields newer than we are must survive."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from webhook.admission.container import Container
from webhook.admission.patch import Patch
from webhook.errors import BadImage, Skip
from webhook.images.program import Programs
from webhook.inpod.contract import AUTHORIZER_CONTAINER, FILL_ROOT, PREFIX

Json = dict[str, Any]

Known = Mapping[str, Programs | BadImage]
"""Container to what its image runs, or to why that cannot be told."""
NOTHING: Known = MappingProxyType({})

ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes of all keys and values of an object's annotations together; the API server refuses more (requirement 21)."""


class Pod:
    """A pod on its way through the features, with the patch that has been recorded for it so far."""

    def __init__(self, raw: Json, namespace: str, known: Known = NOTHING) -> None:
        self.raw, self.namespace = raw, namespace
        self.known = known
        """What was found out for this pod; the policy's own map is the context's."""
        self.unknown: list[Container] = []
        """Those whose images somebody must be asked about first."""
        self.copied = 0
        """Characters of words that images gave."""
        self.spec: Json = raw["spec"]
        self.metadata: Json = _map(raw, "metadata")
        self.annotations: dict[str, str] = _map(self.metadata, "annotations")
        self.patch = Patch()
        self.asked = {key[len(PREFIX) :]: value for key, value in self.annotations.items() if key.startswith(PREFIX)}
        """What the pod's own annotations say, by their name without the prefix."""
        self.held: list[str] = []
        """The conditions of conflicts.TABLE that this pod fulfils."""
        self.is_machine = False
        """Whether the main container has been given an init of its image."""
        self.controller = controller(self.metadata)
        self.app_containers = [Container(raw, f"/spec/containers/{i}") for i, raw in enumerate(self.spec["containers"])]
        """The containers of the application: all of `spec.containers`, since what we inject are init containers."""
        self.treated = self.app_containers
        """Those that init and lxcfs treat: the ones the annotation `containers` names, else all."""
        if (chosen := self.asked.get("containers")) is not None:
            names = frozenset(comma_separated(chosen))
            self.treated = [c for c in self.app_containers if c.name in names]

    @property
    def main(self) -> Container:
        """The container that kubectl takes where none is named: the one of its annotation, else the first (trap 23).

        Which an earlier pass took for it stays it, whatever another webhook has put before it since.
        """
        filled = self._filled
        if taken := next((c for c in self.app_containers if c.is_main or (filled and c.keeps(filled))), None):
            return taken
        name = self.annotations.get("kubectl.kubernetes.io/default-container")
        return next((c for c in self.app_containers if c.name == name), self.app_containers[0])

    @property
    def _filled(self) -> frozenset[str]:
        """The volumes that an earlier pass has had filled."""
        mounts = (mount for raw in self.spec.get("initContainers") or () for mount in raw.get("volumeMounts") or ())
        return frozenset(mount["name"] for mount in mounts if mount["mountPath"] == FILL_ROOT)

    @property
    def job(self) -> bool:
        return self.controller is not None and self.controller.get("kind") == "Job"

    # --- additions ---

    def add_volumes(self, volumes: list[Json]) -> None:
        """Those that are not there yet, by name."""
        present = {volume["name"] for volume in self.spec.get("volumes") or ()}
        self.patch.append(self.spec, "/spec", "volumes", [v for v in volumes if v["name"] not in present])

    def add_mounts(self, container: Container, mounts: list[Json]) -> None:
        self.patch.append(container.raw, container.path, "volumeMounts", mounts)

    def add_init_container_first(self, container: Json, behind: tuple[str, ...] = (AUTHORIZER_CONTAINER,)) -> None:
        """Only those that are named stay before it, wherever they stand."""
        existing = self.spec.get("initContainers")
        if existing is None:
            self.patch.append(self.spec, "/spec", "initContainers", [container])
        else:
            at = 1 + max((i for i, raw in enumerate(existing) if raw.get("name") in behind), default=-1)
            self.patch.insert(existing, "/spec/initContainers", [container], at)

    def raise_grace(self, seconds: int) -> None:
        """To what the pod may take from its deletion to the kubelet's KILL."""
        key = "terminationGracePeriodSeconds"
        if self.spec.get(key) is None:
            self.patch.add(self.spec, "/spec", key, seconds)
        else:
            self.patch.replace(self.spec, "/spec", key, seconds)

    def label(self, key: str, value: str) -> None:
        """A new label; one of this key stays as it is."""
        labels = self.metadata.get("labels")
        if labels is None:
            self._need_metadata()
            self.patch.add(self.metadata, "/metadata", "labels", {key: value})
        elif key not in labels:
            self.patch.add(labels, "/metadata/labels", key, value)

    def annotate(self, key: str, value: str) -> None:
        """A new annotation, or a new value of our own status. Raises Skip where the API server would refuse so many bytes."""
        others = sum(len(k.encode()) + len(v.encode()) for k, v in self.annotations.items() if k != key)
        if others + len(key.encode()) + len(value.encode()) > ANNOTATIONS_LIMIT:
            raise Skip("annotations-full", f"no room for the annotation {key}")
        if self.metadata.get("annotations") is None:
            self._need_metadata()
            self.patch.add(self.metadata, "/metadata", "annotations", {key: value})
            self.annotations = self.metadata["annotations"]
        elif key in self.annotations:
            self.patch.replace(self.annotations, "/metadata/annotations", key, value)
        else:
            self.patch.add(self.annotations, "/metadata/annotations", key, value)

    def _need_metadata(self) -> None:
        """A pod in a file may have none."""
        if self.raw.get("metadata") is None:
            self.patch.add(self.raw, "", "metadata", {})
            self.metadata = self.raw["metadata"]


def controller(metadata: Any) -> Json | None:
    """The owner reference of the controller that made an object; nobody wrote what one made."""
    found: Json | None = next((owner for owner in metadata.get("ownerReferences") or () if owner.get("controller")), None)
    return found


def _map(parent: Json, key: str) -> Json:
    """The map itself, also when empty: what is written into it must reach the pod."""
    found: Json | None = parent.get(key)
    return {} if found is None else found


def comma_separated(text: str) -> tuple[str, ...]:
    """The names in an annotation such as `richpod.io/containers: app, web`, each once."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
