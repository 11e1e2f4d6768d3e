"""Where a profile requires it no pod starts unauthorized, whatever is written into it and whatever becomes of the webhook."""

from collections.abc import Iterator
from copy import deepcopy
from uuid import uuid4

import pytest

from webhook.installation import CONFIGURATION

from .access import Object
from .authorizing import Authorizing, policy
from .creation import create
from .pods import pod
from .processes import until
from .rich import verdicts
from .workload import deployment, pods

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

REQUIRED = f"test-required-{uuid4().hex[:8]}"
"""A namespace that the policy lists, and so must know before it is made."""
STRICT = {"features": {"authorize": ["acl"]}, "required": ["authorize"], "namespaces": [REQUIRED]}
POLICY = policy(window=2, profiles={"strict": STRICT})
FEW = 3
FORGERIES: dict[str, Object] = {
    "another image": {"image": "localhost/busybox:test"},
    "another program": {"command": ["/bin/true"]},
    "other arguments": {"args": ["--help"]},
    "nobody waits for it": {"restartPolicy": "Always"},
}


@pytest.fixture(scope="module")
def required(authorizing: Authorizing) -> Iterator[str]:
    authorizing.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": REQUIRED}})
    until("its account", lambda: authorizing.cluster.kubectl("-n", REQUIRED, "get", "serviceaccount/default"))
    yield REQUIRED
    authorizing.cluster.kubectl("delete", "namespace", REQUIRED)


def authorized(authorizing: Authorizing, namespace: str, image: str) -> Object:
    """As the webhook makes it."""
    answer = create(authorizing.cluster, pod(namespace, image, "sleep", "1000"))
    assert verdicts(answer.body)["authorize"] == "applied"
    spec = {key: value for key, value in answer.body["spec"].items() if key in ("initContainers", "containers", "volumes")}
    made = pod(namespace, image, **spec)
    made["metadata"]["labels"] = answer.body["metadata"]["labels"]
    return made


def forged(made: Object, how: str) -> Object:
    other = deepcopy(made)
    other["spec"]["initContainers"][0] |= FORGERIES[how]
    return other


@pytest.mark.parametrize("how", FORGERIES)
def test_the_webhook_refuses_a_forged_authorizer(authorizing: Authorizing, required: str, busybox: str, how: str) -> None:
    made = authorized(authorizing, required, busybox)
    assert create(authorizing.cluster, made).accepted
    refused = create(authorizing.cluster, forged(made, how))
    assert not refused.accepted
    # The admission policy names the container, too, and says that it is not as it should be.
    assert "admission webhook" in refused.body["message"]
    assert "richpod-authorizer" in refused.body["message"]
    assert "are richpod's own" in refused.body["message"] or "is richpod's own" in refused.body["message"]


def test_with_the_webhook_away_nothing_starts_and_with_its_configuration_gone_only_what_is_authorized(
    authorizing: Authorizing, required: str, busybox: str, static: str
) -> None:
    cluster, installation = authorizing.cluster, authorizing.installation
    made = authorized(authorizing, required, busybox)
    with installation.away():
        cluster.apply(deployment(required, "few", FEW, static, "/probe", "until", "0"))
        failed = ("wait", "deployment/few", "--for=condition=ReplicaFailure", "--timeout=60s")
        cluster.kubectl("-n", required, *failed)
        assert "failed calling webhook" in create(cluster, made).body["message"]
        assert pods(cluster, required) == []

        cluster.kubectl("delete", "mutatingwebhookconfiguration", CONFIGURATION)
        plain = pod(required, busybox, "sleep", "1000")
        until("no call", lambda: "webhook" not in create(cluster, plain).body.get("message", ""))
        for each in (plain, *(forged(made, how) for how in FORGERIES)):
            refused = create(cluster, each)
            assert (refused.status, "richpod profile strict" in refused.body["message"]) == (422, True)
        assert create(cluster, made).accepted
        assert pods(cluster, required) == []
        installation.apply()
    authorizing.agree(FEW)
