"""The annotation persist: what it may hold, and of what it may not, which item is wrong and what to write instead."""

import json
from typing import Any

import pytest

from webhook.admission.persist_annotation import EXAMPLE, Kept, parse
from webhook.errors import BadValue

Json = dict[str, Any]

DATA = {"path": "/var/lib/app", "claim": "data"}


def told(text: str) -> tuple[str, str, str]:
    """Where a mistake is, what is said of it, and the text that was meant."""
    with pytest.raises(BadValue) as caught:
        parse(text)
    return caught.value.place, str(caught.value), caught.value.meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("/var/lib/app", "no JSON at character 1: "),
        ("", "no JSON at character 1: "),
        (json.dumps([DATA])[:-1], "no JSON at character 43: unexpected end of data"),
        ("[" * 100_000, "no JSON at character "),
        ("{}", "should be a list"),
    ],
)
def test_what_is_no_list_is_answered_with_one(text: str, sentence: str) -> None:
    place, said, meant = told(text)
    assert (place, said[: len(sentence)], meant) == ("", sentence, EXAMPLE)


def test_that_list_is_right_where_the_pod_is_the_only_one() -> None:
    assert parse(EXAMPLE) == (Kept("/var/lib/app", "data", True),)


ABSOLUTE = "should be an absolute path without a colon"
OTHER = "no folder of the application's: name another"
NAME = "should be at most 63 of a-z, 0-9 and inner dashes"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"path": "/"}, 'path "/": all of the image cannot be kept: name a folder'),
        ({"path": "/."}, 'path "/.": all of the image cannot be kept: name a folder'),
        ({"path": "/var/.."}, 'path "/var/..": all of the image cannot be kept: name a folder'),
        ({"path": ".."}, f'path "..": {ABSOLUTE}'),
        ({"path": "var"}, f'path "var": {ABSOLUTE}'),
        ({"path": ""}, f'path "": {ABSOLUTE}'),
        ({"path": "/a:b"}, f'path "/a:b": {ABSOLUTE}'),
        ({"path": "/a\n"}, f'path "/a\N{REPLACEMENT CHARACTER}": {ABSOLUTE}'),
        ({"path": f"/{'x' * 5000}"}, f'path "/{"x" * 22}…": {ABSOLUTE}'),
        ({"path": 5}, "path: should be a string"),
        ({"path": "/dev/shm"}, f'path "/dev/shm": {OTHER}'),
        ({"path": "/sys"}, f'path "/sys": {OTHER}'),
        ({"path": "//proc/x"}, f'path "//proc/x": {OTHER}'),
        ({"path": "/.richpod/x"}, f'path "/.richpod/x": {OTHER}'),
        ({"path": "/etc/hosts"}, 'path "/etc/hosts": the kubelet\'s file: write spec.hostAliases'),
        ({"path": "/etc//hostname/"}, 'path "/etc//hostname/": the kubelet\'s file: write spec.hostname'),
        ({"path": "/etc/resolv.conf"}, 'path "/etc/resolv.conf": the kubelet\'s file: write spec.dnsConfig'),
        ({"claim": "A_b"}, f'claim "A_b": {NAME}'),
        ({"claim": ""}, f'claim "": {NAME}'),
        ({"claim": "c" * 64}, f'claim "{"c" * 23}…": {NAME}'),
        ({"claim": "richpod-c"}, 'claim "richpod-c": richpod- begins names of richpod\'s own: write another'),
        ({"claim": None}, "claim: should be a string"),
        ({"single": "true"}, "single: should be true or false, without quotes"),
        ({"singel": True}, "singel: unknown key; did you mean single?"),
        ({"more": 1}, "more: unknown key"),
        ({"k" * 9000: 1}, f"{'k' * 23}…: unknown key"),
    ],
)
def test_of_an_item_it_is_said_what_is_wrong_and_what_to_write(changed: Json, sentence: str) -> None:
    assert told(json.dumps([{**DATA, **changed}])) == ("item 1", sentence, "")


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"path": "/a"}, "claim: is missing"),
        ({"claim": "a"}, "path: is missing"),
        ({"path": "/a", "claims": "a"}, "claims: unknown key; did you mean claim?"),
        ("/a", "should be a map of path and claim"),
    ],
)
def test_it_is_said_which_item_it_is(item: Any, sentence: str) -> None:
    assert told(json.dumps([DATA, item])) == ("item 2", sentence, "")


@pytest.mark.parametrize("inner", ["/var/lib", "/var"])
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_folders_one_within_the_other_both_are_named(inner: str, turned: bool) -> None:
    first, last = ("/var", inner) if turned else (inner, "/var")
    items = [{"path": first, "claim": "a"}, {"path": "/srv", "claim": "b"}, {"path": last, "claim": "c"}]
    assert told(json.dumps(items)) == ("items 1 and 3", f'"{inner}" lies within "/var": name that alone', "")


def test_of_two_folders_in_one_claim_both_are_named() -> None:
    items = [{"path": "/opt", "claim": "a"}, DATA, {"path": "/srv", "claim": "data"}]
    assert told(json.dumps(items)) == ("items 2 and 3", '"/var/lib/app" and "/srv" in one claim: give each its own', "")


def test_as_many_as_a_pod_may_have_are_read_and_no_more() -> None:
    items = [{"path": f"/{i}", "claim": f"c{i}"} for i in range(17)]
    assert len(parse(json.dumps(items[:16]))) == 16
    assert told(json.dumps(items)) == ("", "17 folders are too many; name 16 at most, the outer ones", "")


def test_a_path_is_read_as_short_as_it_can_be() -> None:
    assert parse('[{"path": "/var//lib/./app/", "claim": "data"}]') == (Kept("/var/lib/app", "data", False),)


def test_beside_the_kubelets_files_there_is_room() -> None:
    assert [kept.path for kept in parse('[{"path": "/etc", "claim": "a"}]')] == ["/etc"]
    assert [kept.path for kept in parse('[{"path": "/etc/hosts.d", "claim": "a"}]')] == ["/etc/hosts.d"]
