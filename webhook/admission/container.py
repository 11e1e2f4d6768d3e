"""The words that features use about one container of a pod."""

from collections.abc import Iterator
from typing import Any

from webhook.inpod.contract import DUMB_INIT, FILLED, JAVA_DEBUG_OPTION, LAUNCH, SBIN_INIT, STATE_OPTION
from webhook.inpod.launcher import options_at
from webhook.policy.paths import plain

Json = dict[str, Any]

_OURS = frozenset((LAUNCH, DUMB_INIT, SBIN_INIT))


class Container:
    """One element of `spec.containers` or `spec.initContainers`, and its place in the pod."""

    __slots__ = ("name", "path", "raw")

    def __init__(self, raw: Json, path: str) -> None:
        self.raw, self.path = raw, path
        self.name: str = raw.get("name") or ""

    @property
    def wrapped(self) -> bool:
        """Whether argv holds a program of ours, behind another injector's or not; such a container is never wrapped again."""
        return not _OURS.isdisjoint(self.raw.get("command") or ()) or not _OURS.isdisjoint(self.raw.get("args") or ())

    @property
    def is_machine(self) -> bool:
        """Whether it has been given an init of its image."""
        return any(SBIN_INIT in (self.raw.get(key) or ()) for key in ("command", "args"))

    @property
    def is_main(self) -> bool:
        """Whether its launcher has been given what only a main container's is."""
        for words in (self.raw.get("command") or [], self.raw.get("args") or []):
            at = options_at(words)
            if at is not None and words[at : at + 1] in ([JAVA_DEBUG_OPTION], [STATE_OPTION]):
                return True
        return self.is_machine

    def keeps(self, volumes: frozenset[str]) -> bool:
        """Whether it has been given a folder that is kept in one of them."""
        mounts = self.raw.get("volumeMounts") or ()
        return any(mount["name"] in volumes and mount.get("subPath") == FILLED for mount in mounts)

    def mounted_at(self, path: str) -> str | None:
        """The name of the volume that is mounted at exactly this path, which is written as short as can be."""
        for mount in self.raw.get("volumeMounts") or ():
            if plain(mount["mountPath"]) == path:
                return str(mount["name"])
        return None


def every_container(spec: Json) -> Iterator[Container]:
    """Init containers, then containers."""
    for section in ("initContainers", "containers"):
        for i, raw in enumerate(spec.get(section) or ()):
            yield Container(raw, f"/spec/{section}/{i}")
