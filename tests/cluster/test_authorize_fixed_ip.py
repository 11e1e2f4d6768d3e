"""A pod replaced under the same address is let in whenever its program runs, whatever is revoked for the one before."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from webhook.admission.entries import INJECT

from .authorizing import Authorizing, policy
from .fixed_address import ANNOTATION
from .processes import until
from .witness import witness

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

REPLACED = int(os.environ.get("RICHPOD_AUTHORIZE_REPLACED", "15"))
ADDRESS = "198.18.0.246"
POOLED = f"test-pooled-{uuid4().hex[:8]}"
"""A namespace that the policy names, and so must know before it is made."""
# Three calls for an address in a window: a longer one would only let the test wait.
POLICY = policy(window=2, fixedIP={"annotation": ANNOTATION, "form": "json-list", "pools": {POOLED: [f"{ADDRESS}/32"]}})


@pytest.fixture
def pooled(authorizing: Authorizing) -> Iterator[str]:
    metadata = {"name": POOLED, "labels": {INJECT: "true"}}
    authorizing.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    until("its account", lambda: authorizing.cluster.kubectl("-n", POOLED, "get", "serviceaccount/default"))
    yield POOLED
    authorizing.cluster.kubectl("delete", "namespace", POOLED)


def test_a_replaced_pod_never_runs_without_its_entry(authorizing: Authorizing, pooled: str, richpod_image: str) -> None:
    with witness(authorizing.entries) as seen:
        container = {"name": "main", "image": richpod_image, "imagePullPolicy": "Never", "command": [*seen.command]}
        metadata = {"labels": {"app": "subject"}, "annotations": {"richpod.io/fixed-ip": ADDRESS}}
        spec = {
            "replicas": 1,
            "serviceName": "subject",
            "selector": {"matchLabels": {"app": "subject"}},
            "template": {"metadata": metadata, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}},
        }
        subject = {"name": "subject", "namespace": pooled}
        authorizing.cluster.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": subject, "spec": spec})
        for number in range(REPLACED):
            until(f"life {number}", lambda: len(seen.lives) > number and seen.lives[number].looks >= 5)  # noqa: B023
            authorizing.cluster.kubectl("-n", pooled, "delete", "pod", "subject-0")
        until("the last life", lambda: len(seen.lives) > REPLACED and seen.lives[REPLACED].looks >= 5)
    assert {life.address for life in seen.lives} == {ADDRESS}
    granted, revoked = (len(authorizing.history(verb, address=ADDRESS)) for verb in ("POST", "DELETE"))
    looks = sum(life.looks for life in seen.lives)
    print(f"\n{len(seen.lives)} pods at {ADDRESS}, {looks} looks; granted {granted} times, revoked {revoked} times")
    assert [life.missing for life in seen.lives if life.missing] == []
