"""init: elements before an argv that stays byte for byte what it was, wherever it comes from."""

import json
from typing import Any

import orjson
import pytest
import yaml

from tests.admission.features.wrapped import LAUNCH, app
from tests.reviews import answer, context, operations, patched, pod, review
from webhook.admission.features.init import parse
from webhook.admission.pipeline import mutate
from webhook.admission.review import admit
from webhook.errors import BadValue

Json = dict[str, Any]

DUMB_INIT = ["/.richpod/bin/dumb-init", "--", "/.richpod/bin/launch", "exec", "--"]


# --- the annotation commands ---


def test_one_annotation_is_advised_for_all_containers_with_what_it_says_already() -> None:
    containers = [{"name": name, "image": "x:1"} for name in ("stated", "one", "two")]
    found = admit(orjson.dumps(review(pod({"containers": containers}, {"richpod.io/commands": '{"stated": ["/s"]}'}))), context())
    unknown = [verdict for verdict in found.verdicts if verdict.reason == "argv-unknown"]
    advice = """richpod.io/commands: '{"stated":["/s"],"one":["/path/of/program"],"two":["/path/of/program"]}'"""
    assert [verdict.fix for verdict in unknown] == [advice, ""]


@pytest.mark.parametrize("value", ["", "{", "[]", '{"app": "/app"}', '{"app": []}', '{"app": [1]}', "[" * 200_000, "NaN"])
def test_a_bad_annotation_commands_is_said_and_nothing_done(value: str) -> None:
    sent = pod({"containers": [{"name": "app", "image": "x:1"}]}, {"richpod.io/commands": value})
    response = answer(sent, context())
    assert "patch" not in response
    assert response["auditAnnotations"] == {"init": "skipped: bad-value"}


def test_a_container_that_commands_names_and_that_is_not_there_is_said() -> None:
    sent = pod({"containers": [{"name": "side", "image": "x:1"}]}, {"richpod.io/commands": '{"sid": ["/x"]}'})
    said = answer(sent, context())["warnings"]
    assert said[0] == "richpod web-5c9-: init skipped: the annotation commands names sid, which is not there; did you mean side?"


def test_words_that_are_no_text_never_reach_a_patch() -> None:
    """A lone surrogate can be written in JSON and in no UTF-8: the answer could not be sent."""
    sent = pod({"containers": [{"name": "app", "image": "x:1"}]}, {"richpod.io/commands": r'{"app": ["\ud800"]}'})
    assert answer(sent, context())["auditAnnotations"] == {"init": "skipped: bad-value"}


# --- which init ---


@pytest.mark.parametrize(
    ("asked", "fix"), [("lunch", "richpod.io/init: launch"), ("dumbinit", "richpod.io/init: dumb-init"), ("runit", "")]
)
def test_an_unknown_init_is_answered_with_the_nearest(asked: str, fix: str) -> None:
    verdict = mutate(pod(annotations={"richpod.io/init": asked}), "shop", context()).verdicts[0]
    assert (verdict.reason, verdict.fix) == ("bad-value", fix)
    assert verdict.sentence.startswith(f"init '{asked}': write one of launch, dumb-init, systemd, sbin-init, none")
    with pytest.raises(BadValue, match=r"^write one of launch, dumb-init, systemd, sbin-init, none$"):
        parse(asked)


def test_dumb_init_is_pid_1_and_the_launcher_becomes_the_program() -> None:
    assert app({"command": ["/app"]}, {"richpod.io/init": "dumb-init"})["command"] == [*DUMB_INIT, "/app"]


def test_none_is_nothing() -> None:
    sent = pod(annotations={"richpod.io/init": "none"})
    assert answer(sent, context()) == {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True}


@pytest.mark.parametrize("element", [*LAUNCH[:1], *DUMB_INIT[:1]])
def test_a_container_with_a_program_of_ours_is_never_wrapped_again(element: str) -> None:
    assert app({"command": [element, "--", "/app"]}, {"richpod.io/init": "dumb-init"})["command"] == [element, "--", "/app"]


@pytest.mark.parametrize(
    ("spec", "option", "wrapped", "audit"),
    [
        ({"shareProcessNamespace": True}, "dumb-init", LAUNCH, "adapted: conflict"),
        ({"shareProcessNamespace": True}, "launch", LAUNCH, "adapted: conflict"),
        ({"hostPID": True}, "dumb-init", DUMB_INIT, "applied: conflict"),
        ({"hostPID": True}, "launch", LAUNCH, "adapted: conflict"),
        ({"runtimeClassName": "nabla-x"}, "launch", LAUNCH, "applied"),
    ],
)
def test_r42_trap_21_where_the_init_is_not_pid_1(spec: Json, option: str, wrapped: list[str], audit: str) -> None:
    sent = pod(spec, {"richpod.io/init": option})
    assert patched(sent, context())["spec"]["containers"][0]["command"] == [*wrapped, "/app"]
    assert answer(sent, context())["auditAnnotations"] == {"init": audit}


# --- where it does not belong ---


def test_a_bare_pod_that_names_its_command_is_left_alone_unless_it_asks() -> None:
    """Wrapping it would make every later `kubectl apply` of its manifest fail."""
    response = answer(pod(owner=None), context())
    assert "patch" not in response
    assert response["auditAnnotations"] == {"init": "skipped: bare-pod"}
    assert patched(pod(owner=None, annotations={"richpod.io/init": "launch"}), context())["spec"]["containers"][0]["command"][:2]


def test_a_bare_pod_is_advised_to_ask_for_what_its_profile_says() -> None:
    two = {"containers": [{"name": name, "image": "x:1", "command": ["/x"]} for name in ("app", "side")]}
    profile = {"features": {"init": "systemd"}, "namespaces": ["shop"]}
    machines = context({"profiles": {"default": profile}, "systemd": {"cgroup": "runtime"}})
    assert {verdict.fix for verdict in mutate(pod(two, owner=None), "shop", machines).verdicts} == {"richpod.io/init: systemd"}


def test_a_bare_pod_whose_image_names_the_command_is_wrapped() -> None:
    images = {"images": {"map": {"shop/app:1": {"entrypoint": ["/entry"]}}}}
    sent = pod({"containers": [{"name": "app", "image": "shop/app:1"}]}, owner=None)
    assert patched(sent, context(images))["spec"]["containers"][0]["command"] == [*LAUNCH, "/entry"]


@pytest.mark.parametrize("path", ["/.richpod/", "/.richpod/.", "//.richpod", ".richpod"])
def test_a_container_that_mounts_something_at_our_path_is_left_alone_and_the_others_are_not(path: str) -> None:
    mount = {"name": "own", "mountPath": path}
    containers = [
        {"name": "app", "image": "a:1", "command": ["/app"]},
        {"name": "web", "image": "b:1", "command": ["/web"], "volumeMounts": [mount]},
    ]
    sent = pod({"containers": containers, "volumes": [{"name": "own", "emptyDir": {}}]})
    after = patched(sent, context())["spec"]["containers"]
    assert [c["command"] for c in after] == [[*LAUNCH, "/app"], ["/web"]]
    assert after[1]["volumeMounts"] == [mount]
    assert answer(sent, context())["auditAnnotations"] == {"init": "applied; skipped: path-taken"}


def test_init_containers_and_native_sidecars_are_not_wrapped() -> None:
    others = [
        {"name": "migrate", "image": "m:1", "command": ["/migrate"]},
        {"name": "log", "image": "l:1", "command": ["/log"], "restartPolicy": "Always"},
    ]
    after = patched(pod({"initContainers": others}), context())["spec"]["initContainers"]
    assert after[1:] == others


def test_only_the_chosen_containers_are_wrapped() -> None:
    containers = [{"name": name, "image": "a:1", "command": [f"/{name}"]} for name in ("app", "web", "log")]
    after = patched(pod({"containers": containers}, {"richpod.io/containers": "web, log"}), context())
    assert [c["command"][0] for c in after["spec"]["containers"]] == ["/app", LAUNCH[0], LAUNCH[0]]


def test_what_cannot_be_chosen_is_skipped_and_the_profiles_own_choice_holds() -> None:
    """A pod author gets no way out of what the profile does not let pods choose, not even by a typo."""
    policy = {"profiles": {"default": {"features": {"init": "launch"}, "allow": []}}}
    for value in ("none", "dumb-init", "lunch"):
        sent = pod(annotations={"richpod.io/init": value})
        assert patched(sent, context(policy))["spec"]["containers"][0]["command"] == [*LAUNCH, "/app"]
        assert " init skipped: " in answer(sent, context(policy))["warnings"][0]


def test_operations_on_argv_are_insertions_one_by_one() -> None:
    found = [o for o in operations(answer(pod(), context())) if "/command" in o["path"]]
    assert found == [
        {"op": "add", "path": "/spec/containers/0/command/0", "value": LAUNCH[0]},
        {"op": "add", "path": "/spec/containers/0/command/1", "value": LAUNCH[1]},
    ]


def test_the_advice_can_be_copied_into_a_manifest() -> None:
    sent = pod({"containers": [{"name": "app", "image": "x:1"}]})
    advice = next(v.fix for v in verdicts(sent) if v.reason == "argv-unknown")
    key, _, value = advice.partition(": ")
    assert key == "richpod.io/commands"
    assert json.loads(value.strip("'")) == {"app": ["/path/of/program"]}


def verdicts(sent: Json) -> list[Any]:
    return mutate(sent, "shop", context()).verdicts


def test_an_argument_that_only_looks_like_ours_is_no_way_out() -> None:
    container = {"name": "app", "image": "a:1", "command": ["/a"], "args": ["/.richpod/"]}
    assert patched(pod({"containers": [container]}), context())["spec"]["containers"][0]["command"] == [*LAUNCH, "/a"]


def test_the_advice_quotes_whatever_a_container_is_called() -> None:
    sent = pod({"containers": [{"name": "a\"]}'; touch x #", "image": "x:1"}]})
    advice = next(v.fix for v in verdicts(sent) if v.reason == "argv-unknown")
    key, value = yaml.safe_load(advice).popitem()
    assert (key, json.loads(value)) == ("richpod.io/commands", {"a\"]}'; touch x #": ["/path/of/program"]})


@pytest.mark.parametrize("init", ["launch", "systemd"])
def test_a_pod_with_no_container_is_left_to_the_api_server(init: str) -> None:
    policy = {"systemd": {"cgroup": "runtime"}, "profiles": {"default": {"features": {"init": init}}}}
    assert answer(pod({"containers": []}), context(policy))["allowed"]
