"""init: elements before an argv that stays byte for byte what it was, wherever it comes from."""

import json
import tracemalloc
from typing import Any

import jsonpatch
import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.reviews import answer, context, operations, patched, pod, review
from webhook.admission.features.init import parse
from webhook.admission.pipeline import mutate
from webhook.admission.review import admit
from webhook.errors import BadImage, BadValue
from webhook.images.program import Program, Programs, program

Json = dict[str, Any]

LAUNCH = ["/.richpod/bin/launch", "--"]
DUMB_INIT = ["/.richpod/bin/dumb-init", "--", "/.richpod/bin/launch", "exec", "--"]
LISTED = {"images": {"registries": {"docker.io": {}}}}
AWKWARD = ["a b", "it's", 'q"q', "%s", "$HOME", "$(HOME)", "$$", "", "line\nline", "\t", "ü", "\\n", "-", "--"]


def app(container: Json, annotations: Json | None = None, policy: Json | None = None, **spec: Any) -> Json:
    """The container `app` after admission."""
    container = {"name": "app", "image": "shop/app:1", **container}
    after = patched(pod({"containers": [container], **spec}, annotations), context(policy))
    found: Json = after["spec"]["containers"][0]
    return found


# --- where argv comes from ---


def test_trap_2_the_pods_own_command_stays_where_it_was() -> None:
    container = app({"command": [*AWKWARD], "args": [*AWKWARD]})
    assert container["command"] == LAUNCH + AWKWARD
    assert container["args"] == AWKWARD


@given(st.lists(st.text(), min_size=1), st.lists(st.text()))
def test_trap_2_any_argv_survives(command: list[str], args: list[str]) -> None:
    container = app({"command": command, "args": args})
    assert container["command"][-len(command) :] == command
    assert container["args"] == args


def test_the_annotation_commands_says_what_the_image_runs() -> None:
    container = app({"args": ["serve"]}, {"richpod.io/commands": '{"app": ["/entry", "-x"]}'})
    assert container["command"] == [*LAUNCH, "/entry", "-x"]
    assert container["args"] == ["serve"]


def test_the_policys_image_map_says_what_the_image_runs() -> None:
    images = {"images": {"map": {"shop/app:1": {"entrypoint": ["/entry"], "cmd": ["serve"]}}}}
    assert app({}, None, images)["command"] == [*LAUNCH, "/entry", "serve"]
    assert app({"args": ["other"]}, None, images)["command"] == [*LAUNCH, "/entry"]
    assert app({"command": ["/own"]}, None, images)["command"] == [*LAUNCH, "/own"]


def test_what_nothing_else_says_is_asked_for_under_the_name_that_will_be_pulled() -> None:
    policy = {
        "images": {"map": {"known:1": {"entrypoint": ["/mapped"]}}, "registries": {"mirror.example": {}}},
        "mirrors": {"docker.io/": "mirror.example/hub/"},
        "profiles": {"default": {"features": {"init": "launch", "mirrors": True}}},
    }
    containers = [
        {"name": "own", "image": "a:1", "command": ["/own"]},
        {"name": "stated", "image": "b:1"},
        {"name": "mapped", "image": "docker.io/library/known:1"},
        {"name": "asked", "image": "d:1"},
    ]
    given = pod({"containers": containers}, {"richpod.io/commands": '{"stated": ["/stated"]}'})
    sent = orjson.dumps(review(given))
    wanted = admit(sent, context(policy)).wanted
    assert wanted is not None
    assert wanted.images == {"asked": "mirror.example/hub/library/d:1"}
    found = admit(sent, context(policy), {"asked": {"": Program(("/asked",), ())}})
    after = jsonpatch.apply_patch(given, operations(orjson.loads(found.body)["response"]))
    assert [c["command"][2] for c in after["spec"]["containers"]] == ["/own", "/stated", "/mapped", "/asked"]
    assert found.wanted is None


def test_little_of_a_large_pod_waits_for_registries() -> None:
    required = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "NotIn", "values": MANY}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    spec = {"tolerations": [{}] * 50_000, "imagePullSecrets": [{}, {"name": "a"}, *[{}] * 50_000], "affinity": affinity}
    sent = orjson.dumps(review(pod({"containers": [{"name": "app", "image": "x:1"}], **spec})))
    context_of_all = context(LISTED)
    tracemalloc.start()
    try:
        wanted = admit(sent, context_of_all).wanted
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
    assert wanted is not None
    assert (wanted.secrets, "arm64" in wanted.architectures, "s390x" in wanted.architectures) == (["a"], True, False)


MANY = ["s390x", *map(str, range(50_000))]


def test_where_architectures_differ_the_launcher_chooses_between_them() -> None:
    programs = {"amd64": Program(("/a",), ("1",)), "arm64": Program(("/b",), ())}
    assert known({}, programs)["command"] == [
        "/.richpod/bin/launch",
        "--by-architecture",
        "amd64=2,arm64=1",
        "--",
        "/a",
        "1",
        "/b",
    ]
    policy = {"profiles": {"default": {"features": {"init": "dumb-init"}}}}
    chosen = ["/.richpod/bin/launch", "exec", "--by-architecture", "amd64=2,arm64=1", "--", "/a", "1", "/b"]
    assert known({}, programs, policy)["command"] == ["/.richpod/bin/dumb-init", "--", *chosen]
    assert known({"args": ["-x"]}, programs)["args"] == ["-x"]


def known(container: Json, programs: Programs, policy: Json | None = None) -> Json:
    """The container, which names no command, once it is known what its image runs."""
    sent = pod({"containers": [{"name": "app", "image": "shop/app:1", **container}]})
    found = admit(orjson.dumps(review(sent)), context(policy), {"app": programs})
    after = jsonpatch.apply_patch(sent, operations(orjson.loads(found.body)["response"]))
    return after["spec"]["containers"][0]


@pytest.mark.parametrize("architectures", [[""], [f"a{number}" for number in range(32)]])
def test_a_small_pod_of_many_containers_and_a_large_image_is_no_large_answer(architectures: list[str]) -> None:
    programs = {name: program(orjson.dumps({"config": {"Cmd": [f"{name:4}" * 30_000]}})) for name in architectures}
    sent = orjson.dumps(review(pod({"containers": [{"name": f"c{i}", "image": "x:1"} for i in range(1000)]})))
    found = admit(sent, context(), {f"c{i}": programs for i in range(1000)})
    assert len(found.body) < 2 << 20
    assert "what the pod's images run is longer than 512 KiB together" in found.verdicts[-1].sentence


def test_why_an_image_does_not_tell_is_said() -> None:
    sent = orjson.dumps(review(pod({"containers": [{"name": "app", "image": "x:1"}]})))
    found = orjson.loads(admit(sent, context(), {"app": BadImage("registry.example has no x:1")}).body)["response"]
    sentence = "container app: registry.example has no x:1"
    assert found["warnings"][0] == f"richpod web-5c9-: init skipped: {sentence}"
    assert "patch" not in found


@pytest.mark.parametrize("image", ["", "UPPER/Case", "a b", "x" * 5000])
def test_what_is_no_name_of_an_image_is_not_asked_for(image: str) -> None:
    found = admit(orjson.dumps(review(pod({"containers": [{"name": "app", "image": image}]}))), context(LISTED))
    assert found.wanted is None
    assert "is no name of an image" in found.verdicts[0].sentence


def test_where_no_registry_is_listed_nothing_is_wanted() -> None:
    sent = orjson.dumps(review(pod({"containers": [{"name": "app", "image": "x:1"}]})))
    assert admit(sent, context()).wanted is None
    assert admit(sent, context(LISTED)).wanted is not None


def test_a_pod_that_is_refused_anyway_asks_no_registry() -> None:
    spec = {"runtimeClassName": "other", "containers": [{"name": "app", "image": "x:1"}]}
    policy = {
        **LISTED,
        "runtimes": {"g": {"class": "gvisor"}},
        "profiles": {"default": {"features": {"init": "launch", "runtime": "g"}}},
    }
    found = admit(orjson.dumps(review(pod(spec))), context(policy))
    assert found.decision == "refused"
    assert found.wanted is None


def test_words_of_an_image_are_not_expanded_by_the_kubelet() -> None:
    """The kubelet expands `$(VAR)` in a pod's command and leaves an image's own ENTRYPOINT alone."""
    images = {"images": {"map": {"shop/app:1": {"entrypoint": ["/e", "$(HOME)", "$X", "$$(Y)"], "cmd": ["$"]}}}}
    assert app({}, None, images)["command"] == [*LAUNCH, "/e", "$$(HOME)", "$X", "$$$$(Y)", "$"]


def test_an_image_without_entrypoint_runs_the_args_of_the_pod() -> None:
    """Kubernetes: args given and no ENTRYPOINT, so args is the whole argv, and it is known."""
    images = {"images": {"map": {"shop/app:1": {"cmd": ["/default"]}}}}
    container = app({"args": ["/other", "$(X)"]}, None, images)
    assert container["command"] == LAUNCH
    assert container["args"] == ["/other", "$(X)"]
    assert app({}, None, images)["command"] == [*LAUNCH, "/default"]


def test_a_container_whose_argv_nobody_knows_is_left_as_it_is_and_said_so() -> None:
    sent = pod({"containers": [{"name": "app", "image": "x:1"}, {"name": "web", "image": "x:1", "command": ["/web"]}]})
    response = answer(sent, context())
    assert response["warnings"] == [
        "richpod web-5c9-: init skipped: container app: no command, and what its image runs is unknown",
        'richpod web-5c9-: to change, an annotation of the pod: richpod.io/commands: \'{"app":["/path/of/program"]}\'',
    ]
    after = patched(sent, context())["spec"]["containers"]
    assert "command" not in after[0]
    assert "volumeMounts" not in after[0]
    assert after[1]["command"] == [*LAUNCH, "/web"]


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
    assert verdict.sentence.startswith(f"richpod.io/init: '{asked}': write one of launch, dumb-init, none")
    with pytest.raises(BadValue, match=r"^write one of launch, dumb-init, none$"):
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
