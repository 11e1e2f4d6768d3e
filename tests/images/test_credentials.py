"""The kubelet's rules for which credentials belong to which image."""

import base64
import json
from typing import Any

import pytest

from webhook.errors import BadImage
from webhook.images.credentials import LONGEST_CREDENTIAL, MOST, Credential, Keyring, read
from webhook.images.reference import parse

LONG = {"username": "ann", "password": "x" * LONGEST_CREDENTIAL}


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def keyring(*places: str) -> Keyring:
    """The user of each entry is called as its place."""
    return read(json.dumps({"auths": {place: {"username": place, "password": "secret"} for place in places}}).encode())


def users(held: Keyring, image: str) -> list[str]:
    return [one.username for one in held.matching(parse(image))]


@pytest.mark.parametrize(
    ("place", "image", "fits"),
    [
        ("registry.example", "registry.example/a", True),
        ("https://registry.example", "registry.example/a", True),
        ("http://registry.example/v2/", "registry.example/a", True),
        ("registry.example/team", "registry.example/team/a", True),
        ("registry.example/team", "registry.example/other/a", False),
        ("registry.example:5000", "registry.example:5000/a", True),
        ("registry.example", "registry.example:5000/a", False),
        ("registry.example:5000", "registry.example/a", False),
        ("*.example", "registry.example/a", True),
        ("*.example", "a.registry.example/a", False),
        ("reg*.example", "registry.example/a", True),
        ("*", "registry.example/a", False),
        ("registry.example.evil", "registry.example/a", False),
        ("https://index.docker.io/v1/", "nginx", True),
        ("index.docker.io", "docker.io/team/app", True),
        ("docker.io", "nginx", True),
        ("docker.io/team", "nginx", False),
        ("https://index.docker.io/v1/", "registry.example/nginx", False),
    ],
)
def test_an_entry_belongs_to_the_images_of_its_place(place: str, image: str, fits: bool) -> None:
    assert users(keyring(place), image) == ([place] if fits else [])


def test_all_that_fit_are_tried_the_nearest_first() -> None:
    held = keyring("*.example", "registry.example", "registry.example/team/a", "registry.example/team")
    expected = ["registry.example/team/a", "registry.example/team", "registry.example", "*.example"]
    assert users(held, "registry.example/team/a/b") == expected


def test_the_hubs_old_name_is_tried_where_nothing_else_fits() -> None:
    held = keyring("docker.io", "https://index.docker.io/v1/")
    assert users(held, "nginx") == ["docker.io"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (auth("ann:secret"), Credential("ann", "secret")),
        (auth("ann:se:cret"), Credential("ann", "se:cret")),
        (auth("ann:secret\x00\x00"), Credential("ann", "secret")),
        ({"auth": base64.b64encode(b"ann:secret").decode().rstrip("=")}, Credential("ann", "secret")),
        ({"username": "ann", "password": "secret"}, Credential("ann", "secret")),
        ({"username": "other", "password": "other", **auth("ann:secret")}, Credential("ann", "secret")),
        ({"username": "ann", "password": "secret", "auth": ""}, Credential("ann", "secret")),
    ],
)
def test_both_forms_of_an_entry_are_read(entry: Any, expected: Credential) -> None:
    for held in ({"auths": {"registry.example": entry}}, {"registry.example": entry}):
        assert read(json.dumps(held).encode()).matching(parse("registry.example/a")) == [expected]


@pytest.mark.parametrize(
    "entry",
    [None, "x", {}, {"auth": "%%%"}, {"auth": 1}, auth("no colon"), {"username": "ann"}, {"auth": "é"}, {"auth": "//8="}, LONG],
)
def test_an_entry_that_cannot_be_read_is_named_and_hinders_no_other(entry: Any) -> None:
    good = {"username": "ann", "password": "secret"}
    held = read(json.dumps({"auths": {"bad.example": entry, "registry.example": good}}).encode())
    assert held.unread == ("bad.example",)
    assert users(held, "registry.example/a") == ["ann"]


@pytest.mark.parametrize("text", [b"", b"[]", b'{"auths": []}', b"secret"])
def test_what_is_no_such_file_is_told_without_a_word_of_it(text: bytes) -> None:
    with pytest.raises(BadImage, match="the file of credentials") as said:
        read(text)
    assert "secret" not in str(said.value)


def test_a_place_of_any_length_is_compared_in_no_time() -> None:
    held = keyring("*a" * 100 + ".example", "*a" * 200_000 + ".example", "registry.example")
    assert [place[:4] for place in held.unread] == ["*a*a"]
    assert users(held, "registry.example/a") == ["registry.example"]


def test_more_entries_than_anybody_has_are_not_read() -> None:
    assert keyring(*(f"r{number}.example" for number in range(MOST))).entries
    with pytest.raises(BadImage, match=f"the file of credentials holds more than {MOST} entries"):
        keyring(*(f"r{number}.example" for number in range(MOST + 1)))


@pytest.mark.parametrize("auths", ["", '"auths": {}, '])
@pytest.mark.parametrize("key", ['"credsStore": "desktop"', '"credHelpers": {"registry.example": "ecr-login"}'])
def test_a_file_that_leaves_all_passwords_to_programs_says_so(auths: str, key: str) -> None:
    with pytest.raises(BadImage, match="holds no password, but leaves them to programs"):
        read(f"{{{auths}{key}}}".encode())


def test_programs_beside_passwords_do_no_harm() -> None:
    held = read(b'{"auths": {"registry.example": {"username": "ann", "password": "secret"}}, "credsStore": "desktop"}')
    assert users(held, "registry.example/a")


def test_a_password_inside_a_key_is_not_named() -> None:
    assert read(b'{"auths": {"https://ann:secret@registry.example": {}}}').unread == ("registry.example",)


def test_nothing_prints_a_password() -> None:
    held = keyring("registry.example")
    assert "secret" not in f"{held} {held!r} {held.entries[0][2]}"
