"""Annotations that are no feature's: what is said of them."""

import json
import string
import time
from random import Random
from typing import Any

import orjson
import pytest

from tests.reviews import answer, context, operations, pod
from tests.strategies import FIXED_IP
from webhook.admission.features import FEATURES, NAMES
from webhook.admission.pipeline import mutate
from webhook.policy import Choice, Features

Json = dict[str, Any]

ALPHABET = string.ascii_letters + string.digits + string.punctuation

sample = Random(1).sample


def test_an_unknown_annotation_is_said_with_the_nearest_name() -> None:
    response = answer(pod(annotations={"richpod.io/intt": "launch", "richpod.io/status": "x"}), context())
    assert response["warnings"] == [
        "richpod web-5c9-: the annotation richpod.io/intt is not known and does nothing; did you mean richpod.io/init?"
    ]
    assert "patch" in response


@pytest.mark.parametrize("key", ["richpod.io/inject", "richpod.io/profile"])
def test_a_label_among_the_annotations_is_said_to_be_one(key: str) -> None:
    response = answer(pod(annotations={key: "true"}), context())
    assert response["warnings"] == [f"richpod web-5c9-: {key} does nothing here: it is a label, not an annotation"]


def test_of_a_refused_pod_nothing_is_said_to_be_applied() -> None:
    policy = {"profiles": {"default": {"features": {"init": "launch"}, "allow": ["volumes"]}}}
    refused = mutate(pod(annotations={"richpod.io/volumes": "dta"}), "shop", context(policy))
    assert [(verdict.feature, verdict.outcome) for verdict in refused.verdicts] == [("volumes", "refused")]


def test_trap_23_the_containers_to_treat_are_named() -> None:
    containers = [{"name": name, "image": "a:1", "command": ["/a"]} for name in ("app", "web")]
    response = answer(pod({"containers": containers}, {"richpod.io/containers": "web, wbe"}), context())
    assert response["warnings"] == [
        "richpod web-5c9-: the annotation containers names wbe, which is not there; did you mean web?"
    ]
    assert [o["path"] for o in operations(response) if "command" in o["path"]] == [
        "/spec/containers/1/command/0",
        "/spec/containers/1/command/1",
    ]


def test_every_feature_that_a_pod_may_choose_is_in_the_policys_list() -> None:
    choices = {feature.name for feature in FEATURES if feature.annotations}
    choices |= {choice for feature in FEATURES for choice in feature.permissions.values()}
    assert choices == set(Choice.__args__)  # type: ignore[attr-defined]
    assert set(NAMES) - {"fixed-ip", "persist"} == set(Features.model_fields)


@pytest.mark.parametrize(
    "annotations",
    [
        {f"richpod.io/x{i}": "" for i in range(20_000)},
        {"richpod.io/containers": ",".join(f"apq{i}" for i in range(20_000))},
        {"richpod.io/volumes": ",".join(f"apq{i}" for i in range(20_000))},
        {"richpod.io/fixed-ip": "198.51.100.7," * 20_000},
        {"richpod.io/commands": "[" * 200},
        {"richpod.io/persist": json.dumps([{"path": f"/{i}", "claim": f"c{i}"} for i in range(20_000)])},
        {"richpod.io/containers": "".join(sample(ALPHABET * 1_000, 90_000))},
    ],
    ids=lambda annotations: next(iter(annotations)),
)
def test_what_is_said_of_a_pod_does_not_grow_with_what_it_asks(annotations: Json) -> None:
    """Annotations are not limited yet when we are asked: a pod's author must not keep the others waiting."""
    containers = [{"name": f"app{i}", "image": "a:1"} for i in range(999)]
    containers.append({"name": "".join(sample(ALPHABET * 1_000, 90_000)), "image": "a:1"})
    policy = {
        "fixedIP": FIXED_IP,
        "profiles": {"default": {"features": {"init": "launch"}, "allow": ["fixed-ip", "persist", "volumes"]}},
    }
    began = time.monotonic()
    response = answer(pod({"containers": containers}, annotations), context(policy))
    assert time.monotonic() - began < 3  # a name compared with every container took half a minute
    assert len(orjson.dumps(response)) < 4_000
