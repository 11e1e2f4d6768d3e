"""Where init finds the argv that it stands before: pod, annotation, policy, registry."""

import tracemalloc
from typing import Any

import jsonpatch
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.admission.features.wrapped import LAUNCH, app
from tests.reviews import answer, context, operations, patched, pod, review
from webhook.admission.review import admit
from webhook.errors import BadImage
from webhook.images.program import Program, Programs, program

Json = dict[str, Any]

LISTED = {"images": {"registries": {"docker.io": {}}}}

AWKWARD = ["a b", "it's", 'q"q', "%s", "$HOME", "$(HOME)", "$$", "", "line\nline", "\t", "ü", "\\n", "-", "--"]


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
