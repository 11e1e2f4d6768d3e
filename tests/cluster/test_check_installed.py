"""`richpod check` of a real installation: well, and then with the webhook away while pods are created."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from webhook.admission.entries import INJECT
from webhook.installation import WEBHOOK

from .access import Cluster, Object
from .installation import Installation, installed
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import verdicts

pytestmark = pytest.mark.cluster
POLICY = '{kubernetes: "1.36", image: {prefix: localhost, tag: test}}'
REPLICAS = 3


@pytest.fixture(scope="module")
def installation(cluster: Cluster, richpod_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    assert richpod_image == "localhost/richpod:test"
    with installed(cluster, POLICY, tmp_path_factory.mktemp("installed")) as installation:
        yield installation


def check(cluster: Cluster) -> tuple[int, dict[str, Object]]:
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    command = [sys.executable, "-m", "webhook", "check", "-o", "json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, {line["id"]: line for line in map(json.loads, ran.stdout.splitlines())}


def deployment(namespace: str) -> Object:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": pod(namespace, "app:1", "/app", restartPolicy="Always")["spec"]}
    spec = {"replicas": REPLICAS, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def pods(cluster: Cluster, namespace: str) -> list[Object]:
    """Those that stay."""
    found: list[Object] = json.loads(cluster.kubectl("-n", namespace, "get", "pods", "-o", "json"))["items"]
    return [one for one in found if "deletionTimestamp" not in one["metadata"]]


def scale(installation: Installation, replicas: int) -> None:
    installation.kubectl("scale", f"deployment/{WEBHOOK}", f"--replicas={replicas}")


def test_an_installation_is_well(installation: Installation, namespace: Namespaces) -> None:
    """The image of the tests has a tag of its own, and other tests have namespaces with labels of their own."""
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
    scale(installation, 0)
    try:
        gone = f"pods -l richpod.io/component={WEBHOOK} --for=delete --timeout=90s"
        installation.kubectl("wait", *gone.split())
        cluster.apply(deployment(opted_in))
        until("every pod", lambda: len(pods(cluster, opted_in)) == REPLICAS)
        code, away = check(cluster)
    finally:
        scale(installation, 2)
        installation.wait()
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
    cluster.apply(deployment(opted_in))
    until("every pod", lambda: len(pods(cluster, opted_in)) == REPLICAS)
    name = pods(cluster, opted_in)[0]["metadata"]["name"]
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    command = [sys.executable, "-m", "webhook", "explain", f"pod/{name}", "-n", opted_in, "-o", "json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    gates = {gate["name"]: gate for gate in json.loads(ran.stdout)["gates"]}
    assert gates["created"]["result"] == "changed"
    assert gates["today"]["sentence"].startswith("what follows is what a creation from replicaset/web-")
    assert gates["init"]["result"] == "applied"
