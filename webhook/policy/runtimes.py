"""Runtimes of the policy, and the families that decide what a runtime cannot do."""

from typing import Any, Literal

from pydantic import Field

from webhook.policy.section import Section
from webhook.policy.text import DnsSubdomain

Kind = Literal["runc", "gvisor", "kata", "kata-fc", "sysbox", "crx", "nabla"]

# Class names follow handler names, and handlers their runtime's family.
_FAMILIES: tuple[tuple[str, Kind], ...] = (
    ("gvisor", "gvisor"),
    ("runsc", "gvisor"),
    ("kata-fc", "kata-fc"),
    ("kata", "kata"),
    ("sysbox", "sysbox"),
)


def kind_by_name(runtime_class: str) -> Kind:
    """The family that a RuntimeClass's name speaks of; runc where it speaks of none."""
    return next((kind for prefix, kind in _FAMILIES if runtime_class.startswith(prefix)), "runc")


def _kind(settings: dict[str, Any]) -> Kind:
    return kind_by_name(settings["class_"])


class Runtime(Section):
    """A RuntimeClass, and the family of runtimes it belongs to: the family decides what it cannot do."""

    class_: DnsSubdomain = Field(alias="class", description="The name of the RuntimeClass.")
    kind: Kind = Field(
        default_factory=_kind, description="Its family; by default the one that the name of the class begins with."
    )
