"""What is sent as a pod and is none."""

from typing import Any

import orjson
import pytest

from tests.admission.rich import RICH
from tests.reviews import answer, context, review
from webhook.admission.review import admit
from webhook.errors import BadReview


@pytest.mark.parametrize(
    "broken",
    [
        [],
        "pod",
        1,
        {},
        {"metadata": {}},
        {"spec": None},
        {"spec": []},
        {"spec": {"containers": [None]}},
        {"spec": {"containers": ["app"]}},
        {"spec": {"containers": [{"name": 1, "command": ["/a"]}]}},
        {"metadata": {"annotations": {"richpod.io/init": "launch"}}, "spec": {"containers": [{"name": "a", "command": "/a"}]}},
        {"spec": {"containers": [{"name": "a", "command": [[1]]}]}},
        {
            "metadata": {"annotations": {"richpod.io/init": "launch"}},
            "spec": {"containers": [{"name": "a", "command": ["/a"], "resources": {"limits": {"cpu": {"a": 1}}}}]},
        },
        {"metadata": {"generateName": {"a": 1}}, "spec": {"containers": [{"name": 1, "command": ["/a"]}]}},
        {"spec": {"containers": [{"name": "a", "volumeMounts": [{}]}]}},
        {"spec": {"containers": [], "volumes": [{}]}},
        {"spec": {"containers": [], "volumes": ["v"]}},
        {"spec": {"containers": [], "initContainers": 3}},
        {"metadata": {"annotations": ["a"]}, "spec": {"containers": []}},
        {"metadata": {"annotations": {"richpod.io/volumes": 1}}, "spec": {"containers": []}},
        {"metadata": {"ownerReferences": ["x"]}, "spec": {"containers": []}},
    ],
)
def test_what_is_no_pod_is_answered_400_and_says_where(broken: Any) -> None:
    with pytest.raises(BadReview, match=r"request\.object") as raised:
        admit(orjson.dumps(review(broken)), context(RICH))
    assert raised.value.status == 400
    assert str(raised.value).isprintable()


def test_a_pod_without_containers_is_the_api_servers_to_refuse() -> None:
    assert answer({"metadata": {}, "spec": {"containers": None}}, context())["allowed"]
