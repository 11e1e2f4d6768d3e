"""Deployments of many pods with the webhook there, and without it."""

import json
import os

import pytest

from webhook.admission.entries import INJECT
from webhook.inpod.contract import LAUNCH

from .commands import check
from .installation import Installation
from .namespaces import Namespaces
from .rich import policy, verdicts
from .workload import deployment, pods, rolled_out

pytestmark = pytest.mark.cluster

PODS = int(os.environ.get("RICHPOD_ROLLOUT_PODS", "60"))
FEW = 3
# Nothing to copy into each of many pods: the time is the webhook's own.
POLICY = policy(toolkit={"delivery": "image"})


def test_every_pod_of_a_large_deployment_is_injected(
    installation: Installation, static: str, toolkit: str, namespace: Namespaces
) -> None:
    cluster = installation.cluster
    plain, rich = namespace(), namespace({INJECT: "true"})
    without = rolled_out(cluster, deployment(plain, "many", PODS, static, "/probe", "until", "0"))
    cluster.kubectl("-n", plain, "delete", "deployment", "many", "--cascade=foreground")
    with_it = rolled_out(cluster, deployment(rich, "many", PODS, static, "/probe", "until", "0"))
    print(f"\n{PODS} pods ready: {without:.1f} s without richpod, {with_it:.1f} s with it, {with_it / without:.2f} times as long")
    made = pods(cluster, rich)
    assert len(made) == PODS
    assert all(verdicts(pod) == {"init": "applied"} for pod in made)
    assert all(pod["spec"]["containers"][0]["command"][0] == LAUNCH for pod in made)
    cluster.kubectl("-n", rich, "delete", "deployment", "many", "--cascade=foreground")


def test_with_the_webhook_away_every_pod_starts_and_check_names_them_afterwards(
    installation: Installation, static: str, toolkit: str, namespace: Namespaces
) -> None:
    cluster, opted_in = installation.cluster, namespace({INJECT: "true"})
    with installation.away():
        rolled_out(cluster, deployment(opted_in, "early", FEW, static, "/probe", "until", "0"))
        assert not any(map(verdicts, pods(cluster, opted_in)))

    code, lines = check(cluster)
    assert (code, lines["missed"]["result"]) == (1, "problem")
    restart = f"kubectl -n {opted_in} rollout restart deployment/early"
    assert restart in [finding["fix"] for finding in lines["missed"]["findings"]]

    cluster.kubectl(*restart.split()[1:])
    cluster.kubectl("-n", opted_in, "rollout", "status", "deployment/early", "--timeout=60s")
    _, after = check(cluster)
    assert opted_in not in json.dumps(after["missed"])
