"""Grants as the API holds them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.granted import ADDRESS, OWNER, grant
from webhook.gateway.grants import stored
from webhook.gateway.grants.grant import Attempt, Call, Entry, Grant, Key
from webhook.log import SENTENCE_LENGTH

Json = dict[str, Any]

NOW = 1_780_000_000.0
REVOKE = Call("DELETE", f"https://acl.example/entries/{ADDRESS}", "")
KEY = Key("acl", "0123456789abcdef", ADDRESS)
ACTIVE = Entry("orders", KEY, REVOKE, "active", (Attempt(NOW, "granted"),))

words = st.text(max_size=20)
# The API keeps microseconds.
moments = st.integers(0, 4 * 10**15).map(lambda micro: micro / 10**6)
entries = st.builds(
    Entry,
    grant=words,
    key=st.builds(Key, words, words, words),
    revoke=st.builds(Call, words, words, words),
    state=st.sampled_from(["pending", "active", "refused", "revoking", "revoked"]),
    attempts=st.lists(
        st.builds(Attempt, moments, st.sampled_from(["pending", "granted", "refused", "unanswered"])), max_size=3
    ).map(tuple),
    reason=words,
)
grants = st.builds(
    Grant, st.just(OWNER), st.lists(words, max_size=2).map(tuple), st.lists(entries, max_size=3).map(tuple), words, words
)


@given(grants)
def test_what_is_written_is_read(held: Grant) -> None:
    assert stored.read(json.loads(json.dumps(stored.whole(held, NOW)))) == held


def test_it_is_named_by_the_pods_uid_in_a_namespace_of_richpods() -> None:
    made = stored.new(grant())
    assert made["metadata"] == {"name": OWNER.uid, "namespace": "richpod-system"}
    assert "status" not in made


@pytest.mark.parametrize(
    ("states", "ended", "phase"),
    [
        ([], "", "Pending"),
        (["pending", "active"], "", "Pending"),
        (["active"], "", "Active"),
        (["active", "refused"], "", "Refused"),
        (["active"], "the pod is gone", "Revoking"),
        (["revoking", "revoked"], "the pod is gone", "Revoking"),
        (["pending"], "the pod is gone", "Revoking"),
        (["revoked", "refused"], "the pod is gone", "Ended"),
        ([], "the pod is gone", "Ended"),
    ],
)
def test_phases(states: list[Any], ended: str, phase: str) -> None:
    entries = tuple(ACTIVE._replace(grant=str(number), state=state) for number, state in enumerate(states))
    assert stored.phase(grant(entries=entries, ended=ended)) == phase


def test_of_a_grant_what_was_asked_for_last_decides() -> None:
    """A policy said something wrong at first: the pod was refused, and asks no more for it."""
    refused = ACTIVE._replace(
        key=ACTIVE.key._replace(entry="wrong"), state="refused", reason="acl answered 403", attempts=(Attempt(1.0, "refused"),)
    )
    for entries in ((refused, ACTIVE), (ACTIVE, refused)):
        assert stored.phase(grant(entries=entries)) == "Active"
        (condition,) = stored.whole(grant(entries=entries), NOW)["status"]["conditions"]
        assert (condition["status"], condition["message"]) == ("True", "")


def test_the_condition_says_why() -> None:
    refused = ACTIVE._replace(state="refused", reason="acl answered 403")
    (condition,) = stored.whole(grant(entries=(ACTIVE, refused)), NOW)["status"]["conditions"]
    assert condition == {
        "type": "Granted",
        "status": "False",
        "reason": "Refused",
        "message": "acl answered 403",
        "lastTransitionTime": "2026-05-28T20:26:40Z",
    }


def edited(*path: str | int, to: Any = None) -> Json:
    """The Grant with something else at a place; None: nothing."""
    made = json.loads(json.dumps(stored.whole(grant(entries=(ACTIVE,)), NOW)))
    *before, last = path
    place = made
    for step in before:
        place = place[step]
    if to is None:
        del place[last]
    else:
        place[last] = to
    return made


@pytest.mark.parametrize(
    "held",
    [
        edited("spec"),
        edited("spec", "pod"),
        edited("spec", "pod", to="web-1"),
        edited("spec", "addresses", to=7),
        edited("status", "entries", 0, "state", to="well"),
        edited("status", "entries", 0, "attempts", 0, "at", to="yesterday"),
        edited("status", "entries", 0, "attempts", 0, "outcome", to="unknown"),
        edited("status", "entries", 0, "revoke"),
        edited("status", "entries", to="none"),
        edited("metadata", "name", to="another"),
    ],
)
def test_what_somebody_edited_is_told(held: Json) -> None:
    with pytest.raises(stored.Unreadable, match=f"^Grant {held['metadata']['name']} "):
        stored.read(held)


def test_what_is_told_of_it_is_one_short_line() -> None:
    with pytest.raises(stored.Unreadable) as raised:
        stored.read(edited("status", "entries", 0, "state", to="well\n\x1b[1m\u202e\ud800" + "y" * 1_000_000))
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) == SENTENCE_LENGTH
