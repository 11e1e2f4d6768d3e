"""`richpod check` of a real installation: well, and then with the webhook away while pods are created."""

import json

import pytest

from webhook.admission.entries import INJECT

from .commands import check, richpod
from .installation import Installation
from .namespaces import Namespaces
from .processes import until
from .rich import verdicts
from .workload import deployment, pods

pytestmark = pytest.mark.cluster
POLICY = '{kubernetes: "1.36", image: {prefix: localhost, tag: test}}'
REPLICAS = 3


def test_an_installation_is_well(installation: Installation, namespace: Namespaces) -> None:
    """But for what other tests write on namespaces of their own."""
    opted_in = namespace({INJECT: "true"})
    code, lines = check(installation.cluster)
    red = {name: line["findings"] for name, line in lines.items() if line["result"] in ("problem", "unknown")}
    assert red.keys() <= {"labels"}, red
    assert lines["reachability"]["result"] == "ok"
    assert code == (1 if red else 0)
    assert opted_in not in str(red)


def test_pods_created_while_the_webhook_was_away_start_and_are_named_afterwards(
    installation: Installation, namespace: Namespaces
) -> None:
    cluster, opted_in = installation.cluster, namespace({INJECT: "true"})
    with installation.away():
        cluster.apply(deployment(opted_in, "web", REPLICAS, "app:1", "/app"))
        until("every pod", lambda: len(pods(cluster, opted_in)) == REPLICAS)
        code, away = check(cluster)
    assert code == 1
    assert away["replicas"]["result"] == "problem"
    assert away["reachability"]["result"] == "problem"
    assert [verdicts(one) for one in pods(cluster, opted_in)] == [{}] * REPLICAS

    _, back = check(cluster)
    assert back["reachability"]["result"] == "ok"
    (missed,) = [finding for finding in back["missed"]["findings"] if opted_in in finding["sentence"]]
    assert missed["sentence"].startswith(f"{opted_in}: deployment/web: {REPLICAS} pods run untreated: web-")
    assert missed["fix"] == f"kubectl -n {opted_in} rollout restart deployment/web"

    cluster.kubectl(*missed["fix"].split()[1:])
    until("treated pods", lambda: any(verdicts(one) for one in pods(cluster, opted_in)))
    cluster.kubectl("-n", opted_in, "delete", "pods", "--all", "--force", "--grace-period=0")
    until("none but treated", lambda: all(verdicts(one) for one in pods(cluster, opted_in)))
    assert opted_in not in str(check(cluster)[1]["missed"])


def test_explain_tells_of_a_pod_that_the_real_controllers_made(installation: Installation, namespace: Namespaces) -> None:
    cluster, opted_in = installation.cluster, namespace({INJECT: "true"})
    cluster.apply(deployment(opted_in, "web", REPLICAS, "app:1", "/app"))
    until("every pod", lambda: len(pods(cluster, opted_in)) == REPLICAS)
    name = pods(cluster, opted_in)[0]["metadata"]["name"]
    ran = richpod(cluster.kubeconfig, "explain", f"pod/{name}", "-n", opted_in, "-o", "json")
    gates = {gate["name"]: gate for gate in json.loads(ran.stdout)["gates"]}
    assert gates["created"]["result"] == "changed"
    assert gates["today"]["sentence"].startswith("what follows is what a creation from deployment/web would")
    assert gates["init"]["result"] == "applied"
