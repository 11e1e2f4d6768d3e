"""Which of a container's variables a login shell may see: none that comes from a Secret, as far as the pod tells."""

import re
from collections.abc import Iterator
from typing import Any

from webhook.inpod.contract import HIDE_OPTION, SHOW_OPTION

Json = dict[str, Any]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Those that a shell can have; others are left out anyway."""
_REFERENCE = re.compile(r"\$\(([^)]*)\)")


def login_options(container: Json) -> list[str]:
    """Of the launcher. Where a Secret gives all its keys their names cannot be told: only what the pod itself names is shown."""
    entries = container.get("env") or []
    unnamed = any(source.get("secretRef") for source in container.get("envFrom") or ())
    shown: set[str] = set()
    hidden: set[str] = set()
    for entry in entries:
        name, secret = entry["name"], _is_secret(entry, shown, hidden, unnamed)
        (hidden if secret else shown).add(name)
        (shown if secret else hidden).discard(name)
    if unnamed:
        return [SHOW_OPTION, ",".join(_words(shown))]
    return [HIDE_OPTION, ",".join(_words(hidden))] if hidden else []


def _is_secret(entry: Json, shown: set[str], hidden: set[str], unnamed: bool) -> bool:
    """By its source, or because the kubelet writes another's value into it."""
    if (entry.get("valueFrom") or {}).get("secretKeyRef"):
        return True
    named = _REFERENCE.findall(entry.get("value") or "")
    return any(name in hidden or (unnamed and name not in shown) for name in named)


def _words(names: set[str]) -> Iterator[str]:
    return (name for name in sorted(names) if _NAME.fullmatch(name))
