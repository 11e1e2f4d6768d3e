"""mirrors: the prefix of an image, longest first, once; tag and digest stay."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reviews import answer, context, operations, patched, pod
from webhook.admission.features.mirrors import full_name, mirror

Json = dict[str, Any]

DIGEST = "sha256:" + "0" * 64
RULES = (("docker.io/library/", "m.example/lib/"), ("quay.io/org", "m.example/q"), ("docker.io/", "m.example/hub/"))


def policy(**rules: str) -> Json:
    return {"mirrors": rules, "profiles": {"default": {"features": {"mirrors": True}}}}


@pytest.mark.parametrize(
    ("image", "mirrored"),
    [
        ("nginx", "m.example/lib/nginx"),
        ("nginx:1.25", "m.example/lib/nginx:1.25"),
        ("docker.io/nginx", "m.example/lib/nginx"),
        ("docker.io/library/nginx", "m.example/lib/nginx"),
        ("shop/web:2", "m.example/hub/shop/web:2"),
        (f"shop/web:2@{DIGEST}", f"m.example/hub/shop/web:2@{DIGEST}"),
        ("index.docker.io/library/nginx", "m.example/lib/nginx"),
        ("registry-1.docker.io/shop/web", "m.example/hub/shop/web"),
        ("QUAY.IO/org/x", "m.example/q/x"),
        ("quay.io:443/org/x", "m.example/q/x"),
        ("m.example/qq/x", "m.example/qq/x"),
        ("quay.io/org/x", "m.example/q/x"),
        ("quay.io/org:1", "m.example/q:1"),
        ("quay.io/organisation/x", "quay.io/organisation/x"),
        ("ghcr.io/x/y:1", "ghcr.io/x/y:1"),
        ("localhost/x", "localhost/x"),
        ("localhost:5000/x", "localhost:5000/x"),
        ("m.example/hub/shop/web:2", "m.example/hub/shop/web:2"),
        ("docker.io.evil.example/x", "docker.io.evil.example/x"),
        ("", ""),
    ],
)
def test_an_image_gets_the_name_it_has_at_its_mirror(image: str, mirrored: str) -> None:
    assert (mirror(image, RULES) if image else image) == mirrored


def test_a_prefix_ends_where_a_name_ends() -> None:
    rules = (("docker.io", "m.example/hub"),)
    assert mirror("docker.io/shop/web", rules) == "m.example/hub/shop/web"
    assert mirror("docker.io.evil.example/web", rules) == "docker.io.evil.example/web"


@given(st.text("abc./:@-", min_size=1, max_size=20), st.sampled_from([RULES, (("docker.io/", "hub/copies/"),)]))
def test_twice_is_once_for_any_name(image: str, rules: tuple[tuple[str, str], ...]) -> None:
    """Also where a target names no registry, so that it looks like one more image of Docker Hub."""
    once = mirror(image, rules)
    assert mirror(once, rules) == once
    assert full_name(full_name(image)) == full_name(image)


def test_containers_init_containers_and_image_volumes_are_renamed() -> None:
    spec = {
        "initContainers": [{"name": "a", "image": "a:1"}],
        "containers": [{"name": "b", "image": f"b@{DIGEST}"}],
        "volumes": [{"name": "c", "image": {"reference": "models/c:1"}}, {"name": "d", "emptyDir": {}}],
    }
    response = answer(pod(spec), context(policy(**{"docker.io/": "m.example/"})))
    assert [(o["op"], o["path"], o["value"]) for o in operations(response)[:3]] == [
        ("replace", "/spec/initContainers/0/image", "m.example/library/a:1"),
        ("replace", "/spec/containers/0/image", f"m.example/library/b@{DIGEST}"),
        ("replace", "/spec/volumes/0/image/reference", "m.example/models/c:1"),
    ]


def test_our_own_images_are_never_renamed() -> None:
    """They come from `image.prefix`, which names a mirror where one is needed."""
    profile = {"default": {"features": {"mirrors": True, "init": "launch"}}}
    for delivery in ("copy", "image"):
        sections = {"kubernetes": "1.35", "toolkit": {"delivery": delivery}, "mirrors": {"ghcr.io/": "m.example/"}}
        spec = patched(pod(), context(sections | {"profiles": profile}))["spec"]
        used = [c["image"] for c in spec.get("initContainers", [])]
        used += [v["image"]["reference"] for v in spec["volumes"] if "image" in v]
        assert len(used) == 1
        assert used[0].startswith("ghcr.io/richpod/richpod-toolkit:")


def test_argv_is_looked_up_by_the_name_the_pod_gives() -> None:
    profile = {"default": {"features": {"mirrors": True, "init": "launch"}}}
    sections = {"mirrors": {"docker.io/": "m.example/"}, "images": {"map": {"app:1": {"entrypoint": ["/entry"]}}}}
    after = patched(pod({"containers": [{"name": "app", "image": "app:1"}]}), context(sections | {"profiles": profile}))
    assert after["spec"]["containers"][0]["command"] == ["/.richpod/bin/launch", "--", "/entry"]
    assert after["spec"]["containers"][0]["image"] == "m.example/library/app:1"
    assert "patch" not in answer(after, context(sections | {"profiles": profile}))


def test_a_pod_without_images_to_rename_is_not_touched() -> None:
    assert "patch" not in answer(pod(), context(policy(**{"quay.io/": "m.example/"})))
