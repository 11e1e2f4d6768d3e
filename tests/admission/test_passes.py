"""The two passes of one admission: other policies, other versions of richpod and other webhooks meet in them."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.additive import lost
from tests.admission.passed import CLUSTER, RICH, ours
from tests.in_tree import Rejected, Webhook, create, decoded
from tests.reviews import answer, context, patched, pod, webhook
from tests.strategies import LEVEL, pods, policies
from tests.valid_pod import problems
from webhook.inpod.contract import TOOLKIT_ROOT
from webhook.policy import Level, Policy

Json = dict[str, Any]


# --- our own two passes, each under a policy and a version of its own ---


@given(pods().map(decoded), policies(), policies(), LEVEL)
def test_any_two_policies_and_versions_in_one_admission(sent: Json, first: Policy, second: Policy, level: Level) -> None:
    """A rolling update: the second replica neither fails on, alters nor doubles what the first one did."""
    seen: list[Json] = []

    def passes(received: Json) -> Json:
        seen.append(received)
        return patched(received, context(first if len(seen) == 1 else second, level=level))

    try:
        created = create(sent, [passes], CLUSTER)
    except Rejected:
        return
    assert [problem for problem in problems(created) if problem not in problems(sent)] == []
    if len(seen) == 2:
        assert missing(ours(seen[1]), ours(created)) == []
    for container in created["spec"]["containers"]:
        words = container.get("command", []) + container.get("args", [])
        starts = [words[i : i + 2] for i, word in enumerate(words) if word == f"{TOOLKIT_ROOT}/bin/launch"]
        assert sum(start[1:] != ["service"] for start in starts) <= 1
    if len(seen) == 2:
        assert "patch" not in answer(created, context(second, level=level))


def missing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The places of `before` that are gone or altered; the launcher of the one may have got hooks from the other."""
    return [place for place, part in before.items() if next(lost(part, after.get(place)), None) is not None]


def test_richpods_images_under_another_prefix_are_foreign() -> None:
    """The one change of policy that must not happen while pods are admitted: who renames the images drains first."""
    before = patched(pod(), context({"image": {"prefix": "old.example/richpod"}}))
    refused = answer(before, context({"image": {"prefix": "new.example/richpod"}}))
    assert refused["status"]["details"]["causes"][0]["field"] == "spec.initContainers[0].name"


# --- other webhooks between the two passes ---


def adding(*containers: Json) -> Webhook:
    """A later injector that appends containers once."""

    def inject(received: Json) -> Json:
        names = {container["name"] for container in received["spec"]["containers"]}
        received["spec"]["containers"] += [deepcopy(c) for c in containers if c["name"] not in names]
        return received

    return inject


def test_r26_only_the_containers_added_between_the_passes_are_treated() -> None:
    added = [{"name": name, "image": "mesh/proxy:1", "command": [f"/{name}"]} for name in ("proxy", "agent")]
    rich = webhook(context(RICH))
    alone = create(pod(), [rich])
    together = create(pod(), [rich, adding(*added)])
    assert together["spec"]["containers"][0] == alone["spec"]["containers"][0]
    assert [c["command"][:2] for c in together["spec"]["containers"]] == [["/.richpod/bin/launch", "--"]] * 3
    assert [c["command"][2:] for c in together["spec"]["containers"]] == [["/app"], ["/proxy"], ["/agent"]]
    assert len({len(c["volumeMounts"]) for c in alone["spec"]["containers"]}) == 1
    assert len(together["spec"]["initContainers"]) == 1
    assert problems(together) == []


@given(pods().map(decoded), policies(), LEVEL, st.booleans())
def test_r26_earlier_containers_are_left_alone(sent: Json, policy: Policy, level: Level, before_us: bool) -> None:
    rich = webhook(context(policy, level=level))
    try:
        once = rich(create(sent, [], CLUSTER))
        foreign = adding({"name": "proxy", "image": "mesh/proxy:1", "command": ["/proxy"], "futureField": 1})
        created = create(sent, [foreign, rich] if before_us else [rich, foreign], CLUSTER)
    except Rejected:
        return
    assert [problem for problem in problems(created) if problem not in problems(sent)] == []
    for treated in once["spec"]["containers"]:
        again = next(c for c in created["spec"]["containers"] if c["name"] == treated["name"])
        assert again.get("command") == treated.get("command")
        assert {m["name"] for m in treated.get("volumeMounts", [])} <= {m["name"] for m in again.get("volumeMounts", [])}


def test_an_injector_that_inserts_rebuilds_no_list_of_ours() -> None:
    """A mesh puts its init container first, where ours stood: ours stays what it is and where it is."""

    def first(received: Json) -> Json:
        if all(c["name"] != "mesh-init" for c in received["spec"]["initContainers"]):
            received["spec"]["initContainers"].insert(0, {"name": "mesh-init", "image": "mesh/init:1"})
        return received

    created = create(pod(), [webhook(context(RICH)), first])
    assert [c["name"] for c in created["spec"]["initContainers"]] == ["mesh-init", "richpod-toolkit"]


@pytest.mark.parametrize("into", ["command", "args"])
def test_an_argv_that_another_webhook_wrapped_around_ours_is_not_wrapped_again(into: str) -> None:
    """Secret injectors put a program of theirs before ours, and some move what was the command into args."""

    def wrap(received: Json) -> Json:
        app = received["spec"]["containers"][0]
        if app["command"][0] != "/vault/vault-env":
            if into == "args":
                app["command"], app["args"] = ["/vault/vault-env"], app["command"] + app.get("args", [])
            else:
                app["command"].insert(0, "/vault/vault-env")
        return received

    app = create(pod(), [webhook(context(RICH)), wrap])["spec"]["containers"][0]
    assert app["command"] + app.get("args", []) == ["/vault/vault-env", "/.richpod/bin/launch", "--", "/app"]
