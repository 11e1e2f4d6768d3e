"""The two passes of one admission: other policies, other versions of richpod and other webhooks meet in them."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.additive import lost
from tests.in_tree import Cluster, Rejected, RuntimeClass, Webhook, create, decoded
from tests.reviews import answer, context, operations, patched, pod, webhook
from tests.strategies import LEVEL, RUNTIMES, pods, policies
from tests.valid_pod import problems
from webhook.inpod.contract import RESERVED, TOOLKIT_ROOT
from webhook.policy import Level, Policy

Json = dict[str, Any]

CLUSTER = Cluster({r["class"]: RuntimeClass() for r in RUNTIMES.values()})
RICH: Json = {"profiles": {"default": {"features": {"init": "launch", "lxcfs": True}}}}


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
        assert sum(word == f"{TOOLKIT_ROOT}/bin/launch" for word in words) <= 1
    if len(seen) == 2:
        assert "patch" not in answer(created, context(second, level=level))


def ours(found: Json) -> dict[str, Any]:
    """All that richpod put into a pod, by its place: containers, volumes, mounts and the elements before each argv."""
    spec = found["spec"]
    parts: dict[str, Any] = {}
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        if container["name"].startswith(RESERVED):
            parts[container["name"]] = container
        for mount in container.get("volumeMounts", []):
            if mount["name"].startswith(RESERVED):
                parts[f"{container['name']} {mount['name']}"] = mount
        if any(word.startswith(TOOLKIT_ROOT) for word in container.get("command", [])):
            parts[f"{container['name']} argv"] = container["command"]
    return parts | {volume["name"]: volume for volume in spec.get("volumes", []) if volume["name"].startswith(RESERVED)}


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


# --- parts of ours that another webhook removed, altered or rewrote (requirement 27) ---


def without_init_containers(received: Json) -> None:
    received["spec"].pop("initContainers", None)


def without_volumes(received: Json) -> None:
    received["spec"]["volumes"] = [v for v in received["spec"]["volumes"] if not v["name"].startswith(RESERVED)]


def without_mounts(received: Json) -> None:
    received["spec"]["containers"][0].pop("volumeMounts", None)


def without_our_argv(received: Json) -> None:
    received["spec"]["containers"][0]["command"] = ["/app"]


@pytest.mark.parametrize("delivery", ["copy", "image"])
@pytest.mark.parametrize("remove", [without_init_containers, without_volumes, without_mounts, without_our_argv])
def test_r27_what_was_removed_is_brought_again_and_then_left(remove: Any, delivery: str) -> None:
    entry = context({"kubernetes": "1.35", "toolkit": {"delivery": delivery}, **RICH})
    whole = create(pod(), [webhook(entry)])
    broken = deepcopy(whole)
    remove(broken)
    mended = patched(broken, entry)
    assert problems(mended) == []
    assert set(ours(mended)) == set(ours(whole))
    assert "patch" not in answer(mended, entry)
    assert operations(answer(broken, entry)) == operations(answer(deepcopy(broken), entry))


def altered(received: Json) -> None:
    copier = received["spec"]["initContainers"][0]
    copier |= {"resources": {}, "imagePullPolicy": "Always", "env": [{"name": "PROXY", "value": "x"}], "securityContext": {}}
    received["spec"]["containers"][0]["volumeMounts"][0]["readOnly"] = False


def test_r27_what_was_altered_is_accepted_as_it_is() -> None:
    """No ping-pong: whoever came after us has the last word over what is ours."""
    entry = context(RICH)
    created = create(pod(), [webhook(entry)])
    altered(created)
    assert "patch" not in answer(created, entry)


def test_r27_a_toolkit_image_rewritten_to_a_foreign_repository_is_refused_every_time() -> None:
    """Where another webhook moves images to a mirror, `image.prefix` must name the mirror; the denial says which container."""
    entry = context(RICH)
    created = create(pod(), [webhook(entry)])
    created["spec"]["initContainers"][0]["image"] = "mirror.example/richpod-toolkit:1"
    first, second = answer(created, entry), answer(created, entry)
    assert first == second
    assert first["status"]["details"]["causes"][0]["field"] == "spec.initContainers[0].name"


def test_two_injectors_of_one_field_settle() -> None:
    """We fill an empty runtimeClassName; one that another webhook set between the passes is the pod's own request."""
    policy = {"runtimes": {"gvisor": {"class": "gvisor", "kind": "gvisor"}}, "profiles": {"default": {"allow": ["runtime"]}}}

    def classify(received: Json) -> Json:
        received["spec"].setdefault("runtimeClassName", "gvisor")
        return received

    created = create(pod(annotations={"richpod.io/runtime": "gvisor"}), [webhook(context(policy)), classify], CLUSTER)
    assert created["spec"]["runtimeClassName"] == "gvisor"
