"""Deployments of many pods with the webhook there, and without it."""

import json
import os
from collections.abc import Iterator

import pytest

from webhook.admission.entries import INJECT
from webhook.inpod.contract import LAUNCH
from webhook.installation import WEBHOOK

from .access import Cluster, Object
from .installation import Installation, installed
from .namespaces import Namespaces
from .patient import Patient
from .rich import policy, verdicts
from .workload import deployment, rolled_out

pytestmark = pytest.mark.cluster

PODS = int(os.environ.get("RICHPOD_ROLLOUT_PODS", "60"))
FEW = 3


@pytest.fixture(scope="module")
def installation(cluster: Cluster, richpod_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    assert richpod_image
    # Nothing to copy into each of many pods: the time is the webhook's own.
    text = policy(toolkit={"delivery": "image"})
    with installed(cluster, text, tmp_path_factory.mktemp("rollouts")) as found:
        yield found


def pods(cluster: Cluster, namespace: str) -> list[Object]:
    found: list[Object] = json.loads(cluster.kubectl("-n", namespace, "get", "pods", "-o", "json"))["items"]
    return found


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
    installation.kubectl("scale", f"deployment/{WEBHOOK}", "--replicas=0")
    installation.kubectl("wait", "--for=delete", "pod", "-l", f"richpod.io/component={WEBHOOK}", "--timeout=90s")
    rolled_out(cluster, deployment(opted_in, "early", FEW, static, "/probe", "until", "0"))
    assert not any(map(verdicts, pods(cluster, opted_in)))
    installation.kubectl("scale", f"deployment/{WEBHOOK}", "--replicas=2")
    installation.wait()

    code, lines = Patient(cluster).check()
    assert (code, lines["missed"]["result"]) == (1, "problem")
    restart = f"kubectl -n {opted_in} rollout restart deployment/early"
    assert restart in [finding["fix"] for finding in lines["missed"]["findings"]]

    cluster.kubectl(*restart.split()[1:])
    cluster.kubectl("-n", opted_in, "rollout", "status", "deployment/early", "--timeout=60s")
    _, after = Patient(cluster).check()
    assert opted_in not in json.dumps(after["missed"])
