"""Credentials of a look-up: the policy's file for every pod, a pod's own Secrets only where the policy allows its namespace."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.running import Log
from webhook.admission.keyrings import MOST, Keyrings
from webhook.errors import ApiError
from webhook.images.credentials import Credential
from webhook.images.reference import parse
from webhook.log import log_to

Json = dict[str, Any]

IMAGE = parse("registry.example/app")
PASSWORD = "s3cret"


def config(user: str, registry: str = "registry.example") -> bytes:
    return json.dumps({"auths": {registry: {"username": user, "password": PASSWORD}}}).encode()


def secret(text: bytes, kind: str = "kubernetes.io/dockerconfigjson", key: str = ".dockerconfigjson") -> Json:
    return {"type": kind, "data": {key: b64encode(text).decode()}}


class Api:
    """Secrets by namespace and name, and who asked."""

    def __init__(self, **secrets: Json | ApiError | None) -> None:
        self.secrets, self.asked = secrets, list[tuple[str, str]]()

    def __call__(self, namespace: str, name: str) -> Json | None:
        self.asked.append((namespace, name))
        found = self.secrets.get(name)
        if isinstance(found, ApiError):
            raise found
        return found


def users(keyrings: Keyrings, namespace: str, *names: str) -> list[str]:
    """Who would be tried, in order."""
    found = asyncio.run(keyrings(namespace, names))
    credentials: list[Credential] = [one for keyring in found for one in keyring.matching(IMAGE)]
    return [one.username for one in credentials]


def test_a_pods_own_secrets_come_first(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(config("policy"))
    log, api = Log(), Api(one=secret(config("one")), two=secret(config("two")))
    assert users(Keyrings(file, ["team-a"], api, log_to(log.write)), "team-a", "one", "two") == ["one", "two", "policy"]
    assert log.lines == []


def test_a_namespace_that_the_policy_does_not_list_has_none_that_are_read() -> None:
    api = Api(one=secret(config("one")))
    assert users(Keyrings(None, ["team-a"], api, log_to(Log().write)), "team-b", "one") == []
    assert api.asked == []


@pytest.mark.parametrize("name", ["../../secrets/other", "a/b", "", "UPPER", "a?watch=1", "x" * 300])
def test_a_name_that_is_none_never_becomes_part_of_a_path(name: str) -> None:
    api = Api()
    assert users(Keyrings(None, ["team-a"], api, log_to(Log().write)), "team-a", name) == []
    assert api.asked == []


def test_a_pod_has_a_bounded_number_of_secrets_read() -> None:
    api = Api()
    users(Keyrings(None, ["team-a"], api, log_to(Log().write)), "team-a", *(f"s{number}" for number in range(MOST + 5)))
    assert len(api.asked) == MOST


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (None, "there is no such Secret"),
        (ApiError(403, "Forbidden", "secrets is forbidden"), "secrets is forbidden"),
        (secret(config("x"), "Opaque"), "the Secret is of none of the types"),
        (secret(config("x"), key="other"), "the Secret is of none of the types"),
        (secret(b"{"), "no JSON"),
        ({"type": "kubernetes.io/dockerconfigjson", "data": None}, "the Secret is of none of the types"),
    ],
)
def test_what_cannot_be_read_is_said_once_and_the_others_are_used(held: Json | ApiError | None, why: str) -> None:
    log, api = Log(), Api(bad=held, good=secret(config("good")))
    assert users(Keyrings(None, ["team-a"], api, log_to(log.write)), "team-a", "bad", "good") == ["good"]
    line = log.event("credentials-unread", namespace="team-a", secret="bad")
    assert why in line["why"]
    assert PASSWORD not in str(log.lines)


def test_the_older_form_of_a_secret_is_read_too() -> None:
    text = json.dumps({"registry.example": {"username": "old", "password": PASSWORD}}).encode()
    api = Api(old=secret(text, "kubernetes.io/dockercfg", ".dockercfg"))
    assert users(Keyrings(None, ["team-a"], api, log_to(Log().write)), "team-a", "old") == ["old"]


def test_a_secret_is_asked_for_once_for_all_pods_of_a_rollout() -> None:
    api = Api(one=secret(config("one")))
    keyrings = Keyrings(None, ["team-a"], api, log_to(Log().write))

    async def story() -> None:
        await asyncio.gather(*(keyrings("team-a", ["one"]) for _ in range(100)))

    asyncio.run(story())
    assert api.asked == [("team-a", "one")]


def test_the_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    """A mounted Secret changes by another link."""
    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "config.json"
    old.write_bytes(config("old"))
    new.write_bytes(config("new"))
    file.symlink_to(old)
    log = Log()
    keyrings = Keyrings(file, [], Api(), log_to(log.write))
    assert users(keyrings, "shop") == ["old"]
    link = tmp_path / "link"
    link.symlink_to(new)
    link.rename(file)
    assert users(keyrings, "shop") == ["new"]
    new.write_bytes(b"{")
    assert (users(keyrings, "shop"), users(keyrings, "shop")) == ([], [])
    assert len(log.lines) == 1
    assert "no JSON" in log.event("credentials-unread")["why"]


def test_a_file_that_is_not_there_is_said_once_and_awaited(tmp_path: Path) -> None:
    file, log = tmp_path / "config.json", Log()
    keyrings = Keyrings(file, [], Api(), log_to(log.write))
    assert (users(keyrings, "shop"), users(keyrings, "shop")) == ([], [])
    assert len(log.lines) == 1
    file.write_bytes(config("late"))
    assert users(keyrings, "shop") == ["late"]


def test_entries_that_cannot_be_read_are_named_by_their_registries_only(tmp_path: Path) -> None:
    file, log = tmp_path / "config.json", Log()
    entries = {"good.example": {"auth": b64encode(b"a:b").decode()}, "bad.example": {"auth": "%%%s3cret"}}
    file.write_text(json.dumps({"auths": entries}))
    users(Keyrings(file, [], Api(), log_to(log.write)), "shop")
    assert "bad.example" in log.event("credentials-unread")["why"]
    assert PASSWORD not in str(log.lines)
