"""Hooks of a profile: how they may be written, and what is asked for a pod then."""

from typing import Any

import pytest
from pydantic import ValidationError

from webhook.policy import Policy
from webhook.policy.hooks import KINDS, Asked, Command

Json = dict[str, Any]


def asked(**hooks: Any) -> Asked:
    profile = {"features": {"init": "launch", "hooks": hooks}}
    return Policy.model_validate({"profiles": {"default": profile}}).profiles["default"].features.hooks.asked


def test_nothing_is_asked_where_nothing_is_said() -> None:
    assert not Policy().profiles["default"].features.hooks.asked
    assert not asked(timeout=5, drain=9, checkSuccesses=3, online="auto")


def test_what_is_not_said_has_a_default() -> None:
    found = asked()
    assert (found.timeout, found.drain, found.successes) == (30, 5, 1)
    assert (found.check_url, found.online_file, found.hold) == (None, None, False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_is_a_path_or_a_map(kind: str) -> None:
    whole = {"path": "/b", "args": ["-x", ""], "timeout": 7, "optional": True}
    found = getattr(asked(**{kind: ["/a", whole], "timeout": 9}), kind)
    assert found == (Command(("/a",), 9), Command(("/b", "-x", ""), 7, optional=True))


@pytest.mark.parametrize("path", ["/a", "/opt/my app/up", "/opt/über", "/a:b", "/" + "x" * 4_095])
def test_a_program_and_a_file_have_an_absolute_path(path: str) -> None:
    found = asked(prestart=[path], onlineFile=path)
    assert (found.prestart[0].argv, found.online_file) == ((path,), path)


@pytest.mark.parametrize("path", ["", "/", "a", "./a", "/a/", "/a\n", "/a\tb", "/a\x00", "/a\x7f", "/" + "x" * 4_096])
def test_what_is_no_path_of_a_file_is_refused(path: str) -> None:
    for hooks in ({"prestart": [path]}, {"prestart": [{"path": path}]}, {"onlineFile": path}):
        with pytest.raises(ValidationError):
            asked(**hooks)


@pytest.mark.parametrize("path", ["/.richpod/on", "/.richpod-state/app/online", "//.richpod/on", "/srv/../.richpod-state/on"])
def test_the_online_file_is_not_in_richpods_own_folder(path: str) -> None:
    with pytest.raises(ValidationError, match="is in richpod's own folder"):
        asked(onlineFile=path)
    assert asked(prestart=[path])


@pytest.mark.parametrize(
    "hooks",
    [
        {"timeout": 0},
        {"timeout": 3601},
        {"drain": -1},
        {"drain": 3601},
        {"checkSuccesses": 0},
        {"checkSuccesses": 101},
        {"online": "off"},
        {"checkUrl": "ftp://:21/"},
        {"checkUrl": "http://:99999/"},
        {"prestart": ["/a"] * 9},
        {"prestart": [{"path": "/a", "args": ["x"] * 101}]},
        {"prestart": [{"path": "/a", "args": ["\0"]}]},
        {"prestart": [{"path": "/a", "timeout": 0}]},
        {"prestart": [{}]},
        {"prestart": [["/a"]]},
        {"prestart": "/a"},
        {"hold": True},
    ],
)
def test_what_is_out_of_bounds_is_refused(hooks: Json) -> None:
    with pytest.raises(ValidationError):
        asked(**hooks)


@pytest.mark.parametrize(
    ("hooks", "said", "switch"),
    [
        ({}, "nothing", False),
        ({"prestart": ["/a"]}, "prestart", False),
        ({"poststop": ["/a"]}, "poststop", False),
        ({"preonline": ["/a"]}, "preonline", True),
        ({"postoffline": ["/a"]}, "postoffline", True),
        ({"checkUrl": "http://:8080/"}, "check-url", True),
        ({"onlineFile": "/srv/on"}, "online-file", True),
        ({"online": "hold"}, "online: hold", True),
        ({"poststop": ["/a"], "prestart": ["/a"], "online": "hold"}, "prestart, poststop, online: hold", True),
    ],
)
def test_what_is_asked_is_said_and_tells_whether_anything_depends_on_being_online(hooks: Json, said: str, switch: bool) -> None:
    found = asked(**hooks)
    assert (str(found), found.switch, bool(found)) == (said, switch, bool(hooks))
