"""A pod that waits for an image of ours: told by what a real kubelet writes, in both deliveries."""

from typing import Any

import pytest

from webhook.cli.pulls import corrected, unpulled

Json = dict[str, Any]

IMAGE = "registry.example.com/richpod-toolkit:9"
REFUSED = (
    f'failed to pull and unpack image "{IMAGE}": failed to resolve image: failed to do request: '
    'Head "https://registry.example.com/v2/richpod-toolkit/manifests/9": dial tcp 192.0.2.1:443: connect: connection refused'
)
INITIALIZING = {"reason": "PodInitializing"}


def copying(waiting: Json) -> Json:
    """A pod whose init container copies the toolkit."""
    spec = {"initContainers": [{"name": "richpod-toolkit", "image": IMAGE}], "containers": [{"name": "main", "image": "app"}]}
    return {"spec": spec, "status": statuses(initContainerStatuses=("richpod-toolkit", waiting))}


def mounting(waiting: Json) -> Json:
    """A pod with the toolkit as an image volume."""
    volumes = [{"name": "tmp", "emptyDir": {}}, {"name": "richpod-toolkit", "image": {"reference": IMAGE}}]
    spec = {"volumes": volumes, "containers": [{"name": "main", "image": "app"}]}
    return {"spec": spec, "status": statuses(containerStatuses=("main", waiting))}


def statuses(**of: tuple[str, Json]) -> Json:
    return {key: [{"name": name, "state": {"waiting": waiting}}] for key, (name, waiting) in of.items()}


@pytest.mark.parametrize("pod", [copying, mounting])
@pytest.mark.parametrize(
    ("waiting", "why"),
    [
        ({"reason": "ErrImagePull", "message": REFUSED}, REFUSED),
        (
            {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{IMAGE}": ErrImagePull: {REFUSED}'},
            REFUSED,
        ),
        (
            {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{IMAGE}"'},
            f'Back-off pulling image "{IMAGE}"',
        ),
        (
            {
                "reason": "ErrImageNeverPull",
                "message": f'Container image "{IMAGE}" is not present with pull policy of Never',
            },
            f'Container image "{IMAGE}" is not present with pull policy of Never',
        ),
        (
            {"reason": "InvalidImageName", "message": f'Failed to apply default image tag "{IMAGE}": couldn\'t parse'},
            f'Failed to apply default image tag "{IMAGE}": couldn\'t parse',
        ),
    ],
)
def test_the_image_is_named_with_what_the_kubelet_says(pod: Any, waiting: Json, why: str) -> None:
    assert unpulled(pod(waiting)) == (IMAGE, why)


def test_an_init_container_of_ours_without_a_sentence_tells_by_its_reason() -> None:
    assert unpulled(copying({"reason": "ErrImagePull"})) == (IMAGE, "ErrImagePull")


@pytest.mark.parametrize("pod", [copying, mounting])
@pytest.mark.parametrize("waiting", [INITIALIZING, {"reason": "CrashLoopBackOff", "message": IMAGE}, {}])
def test_what_waits_for_something_else_waits_for_no_image(pod: Any, waiting: Json) -> None:
    assert unpulled(pod(waiting)) is None


def test_an_image_of_the_application_is_not_ours() -> None:
    foreign = {"reason": "ErrImagePull", "message": 'failed to pull and unpack image "registry.example.com/app:1": not found'}
    assert unpulled(mounting(foreign)) is None
    pod = copying(INITIALIZING)
    pod["spec"]["initContainers"].append({"name": "migrate", "image": "registry.example.com/app:1"})
    pod["status"]["initContainerStatuses"].append({"name": "migrate", "state": {"waiting": foreign}})
    assert unpulled(pod) is None


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": {"phase": "Pending"}}])
def test_a_pod_that_no_kubelet_has_seen_waits_for_none(status: Json) -> None:
    assert unpulled({"spec": copying({})["spec"], **status}) is None


def test_name_and_right_are_corrected_in_different_places() -> None:
    assert "the policy's image.prefix and image.tag" in corrected("shop")
    assert "imagePullSecrets of the ServiceAccounts in shop" in corrected("shop")


def test_what_fills_a_volume_waits_for_the_application_s_image() -> None:
    waiting = {"reason": "ErrImagePull", "message": REFUSED}
    spec = {"initContainers": [{"name": "richpod-fill-0", "image": "app"}], "containers": [{"name": "main", "image": "app"}]}
    assert unpulled({"spec": spec, "status": statuses(initContainerStatuses=("richpod-fill-0", waiting))}) is None
