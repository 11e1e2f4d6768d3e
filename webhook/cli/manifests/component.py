"""What can be added to an installation: objects of its own, and changes of the others; what kustomize calls a Component."""

from collections.abc import Iterable
from typing import NamedTuple

from webhook.cli.manifests.manifest import Json, Manifest

DELETE = {"$patch": "delete"}
"""Beside apiVersion, kind and metadata of a change: the object is left out."""

Identity = tuple[str, str, str | None]


class Component(NamedTuple):
    """`changes` name an object by kind, name and namespace, and hold maps that are merged into it, or DELETE. Lists replace."""

    about: str
    resources: tuple[Manifest, ...] = ()
    changes: tuple[Manifest, ...] = ()


def added(manifests: Iterable[Manifest], component: Component) -> list[Manifest]:
    """The manifests with a component, as kustomize would make them."""
    changes = {_identity(change.object): change.object for change in component.changes}
    changed = (_changed(manifest, changes.get(_identity(manifest.object), {})) for manifest in manifests)
    return [*(manifest for manifest in changed if manifest is not None), *component.resources]


def _identity(described: Json) -> Identity:
    metadata = described["metadata"]
    return described["kind"], metadata["name"], metadata.get("namespace")


def _changed(manifest: Manifest, change: Json) -> Manifest | None:
    return None if change.keys() >= DELETE.keys() else manifest._replace(object=_merged(manifest.object, change))


def _merged(base: Json, change: Json) -> Json:
    return {**base, **{key: _value(base.get(key), value) for key, value in change.items()}}


def _value(base: object, change: object) -> object:
    return _merged(base, change) if isinstance(base, dict) and isinstance(change, dict) else change
