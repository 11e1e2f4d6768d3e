"""Mirrors of the policy: which parts of an image's name they may replace."""

import pytest

from webhook.policy import Policy
from webhook.policy.contradictions import contradictions


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("docker.io", "docker.io.mirror.example/hub"),
        ("docker.io/", "mirror.example/hub/"),
        ("docker.io/library/nginx", "mirror.example/nginx"),
        ("docker.io/shop/", "mirror.example/shop/"),
        ("docker.io/shop", "mirror.example/shop"),
        ("docker.io/library", "mirror.example"),
        ("localhost/x", "mirror.example/x"),
        ("registry:5000", "mirror.example"),
    ],
)
def test_a_mirror_may_replace_any_whole_part_of_a_name_from_the_registry_on(source: str, target: str) -> None:
    assert not list(contradictions(Policy.model_validate({"mirrors": {source: target}})))
