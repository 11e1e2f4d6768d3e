"""Parts of ours that another webhook removed, altered or rewrote (requirement 27)."""

from copy import deepcopy
from typing import Any

import pytest

from tests.admission.passed import CLUSTER, RICH, ours
from tests.in_tree import create
from tests.reviews import answer, context, operations, patched, pod, webhook
from tests.valid_pod import problems
from webhook.inpod.contract import RESERVED

Json = dict[str, Any]


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
