"""YAML for people: stable, comments above objects, long text as it stands."""

from collections.abc import Iterable
from textwrap import wrap
from typing import Any

import yaml

from webhook.cli.manifests.manifest import Manifest
from webhook.cli.yaml.values import plain

WIDTH = 120


def document(value: Any) -> str:
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH))


def documents(manifests: Iterable[Manifest]) -> str:
    return "---\n".join(comment(manifest.why) + document(manifest.object) for manifest in manifests)


def comment(sentence: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(sentence, WIDTH - 2))


class _Dumper(yaml.SafeDumper):
    """Without anchors, which few expect in manifests."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # PyYAML writes plainly what only others take for something else: a namespace may be named 1e3, or y.
    style = "|" if "\n" in text else None if plain(text) == text else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    """Words in one line."""
    return dumper.represent_sequence(
        "tag:yaml.org,2002:seq", items, flow_style=not any(isinstance(i, dict | list) for i in items)
    )


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
