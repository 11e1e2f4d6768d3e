"""What pods choose by annotations: as far as it means something and the profile lets them."""

from copy import deepcopy
from typing import Any

import pytest

from tests.admission.hooked import policy
from tests.reviews import answer, context, pod
from webhook.admission.pipeline import mutate
from webhook.admission.verdicts import Verdict

Json = dict[str, Any]


def told(profile: Json, **annotations: str) -> list[Verdict]:
    """What was not done as the annotations say."""
    entry = context({"runtimes": {"gvisor": {"class": "gvisor"}, "kata": {"class": "kata"}}, "profiles": {"default": profile}})
    sent = pod(annotations={f"richpod.io/{key.replace('_', '-')}": text for key, text in annotations.items()})
    return [each for each in mutate(deepcopy(sent), "shop", entry).verdicts if each.reason in ("bad-value", "not-allowed")]


def test_what_the_profile_does_not_let_pods_choose_is_told_once() -> None:
    sent = pod(annotations={"richpod.io/prestart": "/own", "richpod.io/online": "hold"})
    response = answer(sent, context(policy(allow=["init"])))
    assert len([warning for warning in response["warnings"] if "does not let pods choose hooks" in warning]) == 1


def test_what_means_nothing_is_quoted_with_what_was_meant() -> None:
    (found,) = told({"allow": ["init"]}, init="lanch")
    assert (found.feature, found.outcome, found.reason) == ("init", "skipped", "bad-value")
    assert found.sentence.startswith("init 'lanch': ")
    assert found.fix == "richpod.io/init: launch"


def test_where_nothing_near_is_known_no_advice_is_given() -> None:
    (found,) = told({"allow": ["init"]}, init="x")
    assert found.fix == ""


def test_what_the_profile_does_not_let_pods_choose_names_the_line_that_would() -> None:
    (found,) = told({"allow": ["init", "volumes"]}, debug="java")
    assert (found.feature, found.reason) == ("debug", "not-allowed")
    assert found.sentence == "profile default does not let pods choose debug; the profile's choice holds"
    assert found.fix == "profiles.default.allow: [init, volumes, debug]"


@pytest.mark.parametrize(
    ("features", "annotations"),
    [
        ({"init": "launch"}, {"init": "launch"}),
        ({"init": "launch", "hooks": {"online": "hold"}}, {"online": "hold"}),
        ({"init": "launch", "hooks": {"onlineFile": "/srv/on"}}, {"online_file": "/srv/on"}),
        ({"init": "launch", "debug": "java"}, {"debug": "java"}),
    ],
)
def test_what_the_profile_says_itself_every_pod_may_say(features: Json, annotations: Json) -> None:
    assert told({"features": features, "allow": []}, **annotations) == []


def test_what_means_nothing_is_told_before_what_is_not_allowed() -> None:
    assert [found.reason for found in told({"allow": []}, debug="jav")] == ["bad-value"]


def test_of_what_a_profile_requires_the_way_is_to_ask_for_nothing() -> None:
    """The administrator has decided: no line of the policy is offered."""
    (found,) = told({"features": {"runtime": "gvisor"}, "required": ["runtime"], "allow": []}, runtime="kata")
    assert (found.outcome, found.reason, found.fix) == ("refused", "not-allowed", "remove richpod.io/runtime")
