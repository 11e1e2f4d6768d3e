"""What images run is found out before a pod is decided on: in the call's time, as whom the policy says, and only if it must."""

import asyncio
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.reviews import pod, review
from tests.running import DEFAULT, Files, InThread, Log, thread
from webhook.admission.images import MOST, WAITING_LIMIT, Images, Registries
from webhook.admission.metrics import Metrics
from webhook.admission.pipeline import Wanted
from webhook.errors import BadImage
from webhook.images.credentials import Keyring
from webhook.images.platform import Allowed, Platform
from webhook.images.program import Program, Programs
from webhook.images.reference import Reference
from webhook.log import log_to
from webhook.policy.file import parse

Json = dict[str, Any]

AMD64, ARM64, S390X = (Platform("linux", name) for name in ("amd64", "arm64", "s390x"))
ENTRY = Program(("/entry",), ("serve",))
POLICY = "images: {registries: {docker.io: {}}}"


class Told:
    """Stands in for registries: notes what it is asked, and says of each image what a test says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.secrets: list[tuple[str, list[str]]] = []
        self.fits: list[Allowed] = []
        self.says: Callable[[Reference], Programs] = lambda image: {"": ENTRY}
        self.never = ""

    async def programs(self, image: Reference, keyrings: Sequence[Keyring], allowed: Allowed) -> Programs:
        self.asked.append(str(image))
        self.fits.append(allowed)
        if self.never and self.never in str(image):
            await asyncio.Event().wait()
        return self.says(image)

    async def keyrings(self, namespace: str, names: Sequence[str]) -> list[Keyring]:
        self.secrets.append((namespace, list(names)))
        return []


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def serving(tmp_path: Path, told: Told) -> Iterator[Callable[..., Any]]:
    @contextmanager
    def with_policy(policy: str = POLICY) -> Iterator[InThread]:
        with thread(Files(tmp_path), parse(policy), Registries(told.programs, told.keyrings)) as running:
            yield running

    return with_policy


def commands(answer: bytes) -> dict[str, list[str]]:
    """Container's path to what was put before its args."""
    response = orjson.loads(answer)["response"]
    operations = orjson.loads(b64decode(response["patch"])) if "patch" in response else []
    return {one["path"]: one["value"][2:] for one in operations if one["path"].endswith("/command")}


def body(*images: str, spec: Json | None = None, **changes: Any) -> bytes:
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    return orjson.dumps(review(pod({"containers": containers, **(spec or {})}), **changes))


def test_a_pod_that_names_no_command_gets_its_images_own(serving: Any, told: Told) -> None:
    with serving() as running:
        answer = running.post(body("nginx:1.27"))
    assert commands(answer.body) == {"/spec/containers/0/command": ["/entry", "serve"]}
    assert told.asked == ["docker.io/library/nginx:1.27"]


def test_a_pod_that_names_its_command_asks_nobody(serving: Any, told: Told) -> None:
    with serving() as running:
        running.post(orjson.dumps(review(pod())))
    assert (told.asked, told.secrets) == ([], [])


def test_an_image_that_two_containers_run_is_asked_for_once(serving: Any, told: Told) -> None:
    with serving() as running:
        answer = running.post(body("nginx", "nginx", "redis"))
    assert len(commands(answer.body)) == 3
    assert sorted(told.asked) == ["docker.io/library/nginx:latest", "docker.io/library/redis:latest"]


def test_the_answer_comes_before_the_api_server_gives_up(serving: Any, told: Told) -> None:
    """Requirement 11; one image that nobody answers for keeps no other one from its init."""
    told.never = "slow"
    with serving() as running:
        answer = running.post(body("nginx", "slow"), f"{DEFAULT}?timeout=1s")
        assert running.log.event("image-unknown")["why"] == "docker.io did not answer in time"
        late = {"registry": "docker.io", "result": "late"}
        assert running.metric("richpod_image_lookup_duration_seconds_count", **late) == 1
    assert list(commands(answer.body)) == ["/spec/containers/0/command"]
    assert "c1: docker.io did not answer in time" in orjson.loads(answer.body)["response"]["warnings"][0]


def test_why_an_image_does_not_tell_is_told_to_people_log_and_metrics(serving: Any, told: Told) -> None:
    def denied(image: Reference) -> Programs:
        raise BadImage(f"docker.io forbids {image.repository}")

    told.says = denied
    with serving() as running:
        answer = orjson.loads(running.post(body("team/app:1")).body)["response"]
        line = running.log.event("image-unknown")
        unknown = {"registry": "docker.io", "result": "unknown"}
        assert running.metric("richpod_image_lookup_duration_seconds_count", **unknown) == 1
    assert answer["warnings"][0] == "richpod web-5c9-: init skipped: container c0: docker.io forbids team/app"
    assert (line["namespace"], line["image"], line["why"]) == ("shop", "team/app:1", "docker.io forbids team/app")


def test_only_registries_of_the_policy_are_labels_of_a_metric(serving: Any, told: Told) -> None:
    with serving() as running:
        running.post(body("elsewhere.example/app"))
        assert "elsewhere" not in running.health("/metrics").body.decode()


def test_secrets_are_those_the_pod_names_in_the_namespace_it_goes_to(serving: Any, told: Told) -> None:
    spec = {"imagePullSecrets": [{"name": "a"}, {}, {"name": "b"}]}
    with serving() as running:
        running.post(body("nginx", spec=spec, namespace="team-a"))
    assert told.secrets == [("team-a", ["a", "b"])]


def test_platforms_are_those_of_the_pod_and_of_the_policy(serving: Any, told: Told) -> None:
    with serving(f"{POLICY[:-1]}, architectures: [amd64, arm64]}}") as running:
        running.post(body("nginx"))
        running.post(body("redis", spec={"nodeSelector": {"kubernetes.io/arch": "arm64"}}))
    platforms = (AMD64, ARM64, S390X)
    assert [[fits(one) for one in platforms] for fits in told.fits] == [[True, True, False], [False, True, False]]


def test_the_name_that_is_asked_for_is_the_one_that_will_be_pulled(serving: Any, told: Told) -> None:
    policy = "images: {registries: {mirror.example: {}}}\n"
    policy += "mirrors: {docker.io/: mirror.example/hub/}\nprofiles: {default: {features: {init: launch, mirrors: true}}}"
    with serving(policy) as running:
        running.post(body("nginx:1"))
    assert told.asked == ["mirror.example/hub/library/nginx:1"]


def test_a_preview_of_a_workload_asks_as_its_pods_will(serving: Any, told: Told) -> None:
    told.never = "slow"
    template = {"metadata": {}, "spec": {"containers": [{"name": "app", "image": "nginx"}, {"name": "other", "image": "slow"}]}}
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
    held = {"metadata": {"name": "web"}, "spec": {"replicas": 1, "template": template}}
    with serving() as running:
        answer = running.post(orjson.dumps(review(held, kind=kind)), "/preview/default/privileged?timeout=1s")
    said = orjson.loads(answer.body)["response"]
    assert "patch" not in said
    assert "container other: docker.io did not answer in time" in said["warnings"][0]


def test_one_pod_asks_for_a_bounded_number_of_images(serving: Any, told: Told) -> None:
    with serving() as running:
        answer = running.post(body(*(f"app{number}" for number in range(MOST + 1))))
    assert commands(answer.body) == {}
    assert told.asked == []
    assert f"at most {MOST} are looked up" in orjson.loads(answer.body)["response"]["warnings"][0]


def test_pods_that_wait_for_registries_take_bounded_memory(told: Told) -> None:
    """Nobody waits behind those that fill it, and it is free again when they have ended."""
    told.never = "slow"
    wanted = Wanted({"app": "slow"}, frozenset(), [])

    async def story() -> None:
        images = Images(parse(POLICY), Registries(told.programs, told.keyrings), Metrics([]), log_to(Log().write))
        first = asyncio.create_task(images.known(wanted, "shop", 0.2, WAITING_LIMIT))
        await asyncio.sleep(0)
        assert "too many pods wait" in str((await images.known(wanted, "shop", 1, 1))["app"])
        assert "in time" in str((await first)["app"])
        assert "in time" in str((await images.known(wanted, "shop", 0, 1))["app"])

    asyncio.run(story())
