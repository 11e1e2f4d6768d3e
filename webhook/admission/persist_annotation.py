"""What a pod's annotation says of folders that it keeps, and which of it is wrong where it says nothing."""

from itertools import combinations
from typing import Any, NamedTuple

import orjson

from webhook.errors import BadValue
from webhook.inpod.contract import RESERVED
from webhook.nearest import nearest
from webhook.policy.paths import is_file, is_own, is_within, plain
from webhook.policy.text import is_label
from webhook.printable import one_line

EXAMPLE = '[{"path":"/var/lib/app","claim":"data","single":true}]'
"""Any pod may write it that is the only one; pods of a StatefulSet with a template of that name each have their own."""
MOST = 16
"""Folders of a pod: each has a claim and an init container."""
_KEYS = ("path", "claim", "single")
_KERNEL = ("/proc", "/sys", "/dev")
_KUBELET = {"/etc/hosts": "hostAliases", "/etc/hostname": "hostname", "/etc/resolv.conf": "dnsConfig"}
"""Files that it mounts into every container, and the field of a pod's spec that says what they hold."""
_SHOWN = 24
"""Characters of a name: what to write instead follows."""


class Kept(NamedTuple):
    """`claim`: a volumeClaimTemplate, or a PersistentVolumeClaim of a pod that is the only one."""

    path: str
    claim: str
    single: bool


def parse(text: str) -> tuple[Kept, ...]:
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadValue(f"no JSON at character {error.pos + 1}: {error.msg}", EXAMPLE) from None
    if not isinstance(given, list):
        raise BadValue("should be a list", EXAMPLE)
    if len(given) > MOST:
        raise BadValue(f"{len(given)} folders are too many; name {MOST} at most, the outer ones")
    for number, item in enumerate(given, 1):
        if mistake := _mistake(item):
            raise BadValue(mistake, place=f"item {number}")
    kept = tuple(Kept(plain(item["path"]), item["claim"], item.get("single", False)) for item in given)
    for (first, one), (second, other) in combinations(enumerate(kept, 1), 2):
        inner, outer = sorted((one.path, other.path), key=len, reverse=True)
        if is_within(inner, outer):
            sentence = f"{_quoted(inner)} lies within {_quoted(outer)}: name that alone"
            raise BadValue(sentence, place=f"items {first} and {second}")
        if one.claim == other.claim:
            sentence = f"{_quoted(one.path)} and {_quoted(other.path)} in one claim: give each its own"
            raise BadValue(sentence, place=f"items {first} and {second}")
    return kept


def _mistake(item: Any) -> str:
    """What is wrong with one, and what to write instead; "" where nothing is."""
    if not isinstance(item, dict):
        return "should be a map of path and claim"
    for key in item:
        if key not in _KEYS:
            return f"{one_line(key, _SHOWN)}: unknown key{nearest(key, [known for known in _KEYS if known not in item])}"
    for key in ("path", "claim"):
        if not isinstance(item.get(key), str):
            return f"{key}: {'should be a string' if key in item else 'is missing'}"
    if not isinstance(item.get("single", False), bool):
        return "single: should be true or false, without quotes"
    if wrong := _no_folder(item["path"]):
        return f"path {_quoted(item['path'])}: {wrong}"
    if wrong := _no_claim(item["claim"]):
        return f"claim {_quoted(item['claim'])}: {wrong}"
    return ""


def _no_folder(written: str) -> str:
    path = plain(written)
    if written.startswith("/") and path == "/":
        return "all of the image cannot be kept: name a folder"
    if ":" in written or not is_file(written.rstrip("/")):
        return "should be an absolute path without a colon"
    if field := _KUBELET.get(path):
        return f"the kubelet's file: write spec.{field}"
    if is_own(path) or any(is_within(path, folder) for folder in _KERNEL):
        return "no folder of the application's: name another"
    return ""


def _no_claim(name: str) -> str:
    if name.startswith(RESERVED):
        return f"{RESERVED} begins names of richpod's own: write another"
    return "" if is_label(name) else "should be at most 63 of a-z, 0-9 and inner dashes"


def _quoted(name: str) -> str:
    return f'"{one_line(name, _SHOWN)}"'
