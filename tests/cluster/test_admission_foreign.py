"""Other people's webhooks before and behind us, in real configurations: every outcome is defined, and the same each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from webhook.admission.entries import PROFILE
from webhook.inpod.contract import TOOLKIT_CONTAINER

from .access import Cluster, Object
from .creation import Answer, create
from .foreign import Call, Change, foreign
from .injection import Served, calls, in_force
from .namespaces import Namespaces, namespaces
from .pods import pod
from .stored import comparable

pytestmark = pytest.mark.cluster

NAME = f"neighbours-{uuid4().hex[:8]}"
POLICY = "profiles: {rich: {features: {init: launch, lxcfs: true}}}"
HERE = {"test-webhook": NAME, PROFILE: "rich"}
BEFORE_US, BEHIND_US = f"a-{NAME}", f"z-{NAME}"
"""The API server asks in the order of the configurations' names."""
PROXY: Object = {"name": "proxy", "image": "mesh/proxy:1", "command": ["/proxy"]}


class Site(NamedTuple):
    cluster: Cluster
    server: Served
    namespace: str
    folder: Path

    @contextmanager
    def neighbour(self, name: str, change: Change, reinvocation: str = "IfNeeded") -> Iterator[list[Call]]:
        with foreign(self.cluster, self.folder, name, NAME, change, reinvocation) as asked:
            yield asked

    def answer(self) -> Answer:
        """To a pod of a ReplicaSet whose container names its command. Asked twice: the same pod gets the same answer."""
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "r1", "controller": True}
        sent = pod(self.namespace, "app:1", "/app")
        sent["metadata"]["ownerReferences"] = [owner]
        first, second = create(self.cluster, sent), create(self.cluster, sent)
        assert first.status == second.status
        assert not first.accepted or comparable(first.body) == comparable(second.body)
        return first

    def stored(self) -> Object:
        answer = self.answer()
        assert answer.accepted, answer.body
        return comparable(answer.body)

    def decisions(self) -> list[str]:
        """For each of the two pods of one answer."""
        found = [event["decision"] for event in calls(self.cluster, self.server, self.namespace)]
        half = len(found) // 2
        assert found[:half] == found[half:]
        return found[:half]


@pytest.fixture(scope="module")
def server(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with in_force(api_server, POLICY, tmp_path_factory.mktemp("served"), NAME) as running:
        yield running


@pytest.fixture(scope="module")
def alone(api_server: Cluster, server: Served, tmp_path_factory: pytest.TempPathFactory) -> Object:
    """What becomes of the pod without neighbours."""
    with namespaces(api_server) as make:
        return Site(api_server, server, make(HERE), tmp_path_factory.mktemp("alone")).stored()


@pytest.fixture
def site(api_server: Cluster, server: Served, namespace: Namespaces, tmp_path: Path) -> Site:
    return Site(api_server, server, namespace(HERE), tmp_path)


def init_containers(found: Object) -> list[str]:
    return [container["name"] for container in found["spec"].get("initContainers", ())]


def our_index(found: Object) -> int:
    return init_containers(found).index(TOOLKIT_CONTAINER)


# --- those that add ---


def adds_a_container(found: Object) -> list[Object]:
    present = [container["name"] for container in found["spec"]["containers"]]
    return [] if "proxy" in present else [{"op": "add", "path": "/spec/containers/-", "value": PROXY}]


def test_a_container_added_behind_us_is_treated_and_nothing_else_is_touched(site: Site, alone: Object) -> None:
    """Requirement 26."""
    with site.neighbour(BEHIND_US, adds_a_container) as asked:
        together = site.stored()
        assert len(asked) == 4
    main, proxy = together["spec"]["containers"]
    assert main == alone["spec"]["containers"][0]
    assert proxy["command"] == ["/.richpod/bin/launch", "--", "/proxy"]
    assert [mount["mountPath"] for mount in proxy["volumeMounts"]] == [mount["mountPath"] for mount in main["volumeMounts"]]
    for part in ("initContainers", "volumes"):
        assert together["spec"][part] == alone["spec"][part]
    assert site.decisions() == ["patched", "patched"]


def test_a_container_added_before_us_is_treated_at_once(site: Site) -> None:
    """Its token mount comes behind our patch and calls us again, for nothing."""
    with site.neighbour(BEFORE_US, adds_a_container):
        main, proxy = site.stored()["spec"]["containers"]
    assert [main["command"][-1], proxy["command"]] == ["/app", ["/.richpod/bin/launch", "--", "/proxy"]]
    assert site.decisions() == ["patched", "unchanged"]


def test_an_init_container_put_before_ours_stays_there(site: Site) -> None:
    def puts_itself_first(found: Object) -> list[Object]:
        if "mesh-init" in init_containers(found):
            return []
        return [{"op": "add", "path": "/spec/initContainers/0", "value": {"name": "mesh-init", "image": "mesh/init:1"}}]

    with site.neighbour(BEHIND_US, puts_itself_first):
        assert init_containers(site.stored()) == ["mesh-init", TOOLKIT_CONTAINER]
    assert site.decisions() == ["patched", "unchanged"]


# --- those that rewrite what is ours: requirement 27 ---


def test_other_resources_for_our_container_stay_as_somebody_set_them(site: Site) -> None:
    theirs = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1", "memory": "1Gi"}}

    def sets_resources(found: Object) -> list[Object]:
        if found["spec"]["initContainers"][our_index(found)]["resources"] == theirs:
            return []
        return [{"op": "replace", "path": f"/spec/initContainers/{our_index(found)}/resources", "value": theirs}]

    with site.neighbour(BEHIND_US, sets_resources):
        (init,) = site.stored()["spec"]["initContainers"]
    assert init["resources"] == theirs
    assert site.decisions() == ["patched", "unchanged"]


def removes_our_container(found: Object) -> list[Object]:
    if TOOLKIT_CONTAINER not in init_containers(found):
        return []
    return [{"op": "remove", "path": f"/spec/initContainers/{our_index(found)}"}]


def test_a_container_of_ours_that_somebody_removed_once_comes_again(site: Site, alone: Object) -> None:
    with site.neighbour(BEHIND_US, removes_our_container, "Never") as asked:
        assert site.stored() == alone
        assert len(asked) == 2
    assert site.decisions() == ["patched", "patched"]


def test_who_always_removes_our_container_has_the_last_word(site: Site) -> None:
    """Two passes and no third: each side is asked twice, and the one behind wins."""
    with site.neighbour(BEHIND_US, removes_our_container) as asked:
        assert init_containers(site.stored()) == []
        assert len(asked) == 4
    assert site.decisions() == ["patched", "patched"]


def test_words_that_somebody_puts_before_ours_are_not_wrapped_again(site: Site) -> None:
    def wraps(found: Object) -> list[Object]:
        if found["spec"]["containers"][0]["command"][0] == "/vault/env":
            return []
        return [{"op": "add", "path": "/spec/containers/0/command/0", "value": "/vault/env"}]

    with site.neighbour(BEHIND_US, wraps):
        assert site.stored()["spec"]["containers"][0]["command"] == ["/vault/env", "/.richpod/bin/launch", "--", "/app"]
    assert site.decisions() == ["patched", "unchanged"]


@pytest.mark.parametrize("name", [BEFORE_US, BEHIND_US], ids=["before us", "behind us"])
def test_who_moves_our_image_to_another_repository_gets_the_pod_refused(site: Site, name: str) -> None:
    """What carries our name and not our image is foreign; `image.prefix` is where a mirror belongs."""

    def mirrors(found: Object) -> list[Object]:
        return [
            {"op": "replace", "path": f"/spec/initContainers/{i}/image", "value": f"mirror.example/{container['image']}"}
            for i, container in enumerate(found["spec"].get("initContainers", ()))
            if not container["image"].startswith("mirror.example/")
        ]

    with site.neighbour(name, mirrors):
        answer = site.answer()
    assert answer.status == 422
    (cause,) = answer.body["details"]["causes"]
    assert cause["field"] == "spec.initContainers[0].name"
    assert site.decisions() == ["patched", "refused"]
