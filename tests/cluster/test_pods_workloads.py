"""Pods of controllers: they are treated without asking, and their controllers go on as before."""

import json

import pytest

from webhook.inpod.contract import PREFIX

from .access import Object
from .pods import pod
from .rich import End, Place, policy, verdicts

pytestmark = pytest.mark.cluster

POLICY = policy()


def test_a_deployment_rolls_out_and_applying_it_again_is_no_change(rich: Place, busybox: str) -> None:
    """Only pods are patched, never the template they are made from."""
    first, second = deployment(rich, busybox, "first"), deployment(rich, busybox, "second")
    for manifest in (first, second):
        apply(rich, manifest)
        kubectl(rich, "rollout", "status", "deployment/web", "--timeout=60s")
        assert kubectl(rich, "diff", "-f", "-", input=json.dumps(manifest)) == ""
        assert apply(rich, manifest) == "deployment.apps/web unchanged\n"
    (replica_set,) = (found for found in listed(rich, "replicasets") if found["spec"]["replicas"])
    assert "richpod" not in json.dumps(replica_set["spec"])
    for made in listed(rich, "pods", "-l", "version=second"):
        assert verdicts(made) == {"init": "applied"}
        assert rich.argv(1, name=made["metadata"]["name"]) == ["/.richpod/bin/launch"]


def test_a_pod_without_controller_stays_applicable_unless_it_asks(rich: Place, busybox: str) -> None:
    """A wrapped one could never be applied again: nobody may change the command of a pod."""
    manifest = pod(rich.namespace, busybox, "sleep", "1000")
    apply(rich, manifest)
    rich.started()
    assert rich.argv(1) == ["sleep", "1000"]
    assert apply(rich, manifest) == "pod/subject unchanged\n"


def test_jobs_finish_with_the_outcome_of_their_program(rich: Place, static: str, init: str) -> None:
    """Trap 10."""
    apply(rich, job(rich, static, "succeeding", "0", init))
    apply(rich, job(rich, static, "failing", "42", init))
    kubectl(rich, "wait", "--for=condition=Complete", "job/succeeding", "--timeout=60s")
    kubectl(rich, "wait", "--for=condition=Failed", "job/failing", "--timeout=60s")
    for name, end in {"succeeding": End(0, "Completed", ""), "failing": End(42, "Error", "")}.items():
        (made,) = listed(rich, "pods", "-l", f"job-name={name}")
        assert verdicts(made) == {"init": "applied"}
        assert rich.end(made["metadata"]["name"]) == end


def deployment(place: Place, image: str, version: str) -> Object:
    template = template_of(pod(place.namespace, image, "httpd", "-f", "-p", "8080"), version=version)
    template["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": place.namespace},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "subject"}}, "template": template},
    }


def job(place: Place, image: str, name: str, code: str, init: str) -> Object:
    template = template_of(pod(place.namespace, image, "/probe", "exit", code))
    template["metadata"]["annotations"] = {f"{PREFIX}init": init}
    template["spec"]["restartPolicy"] = "Never"
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": place.namespace},
        "spec": {"backoffLimit": 0, "template": template},
    }


def template_of(pod: Object, **labels: str) -> Object:
    spec = {key: value for key, value in pod["spec"].items() if key != "restartPolicy"}
    return {"metadata": {"labels": {**pod["metadata"]["labels"], **labels}}, "spec": spec}


def apply(place: Place, manifest: Object) -> str:
    return kubectl(place, "apply", "-f", "-", input=json.dumps(manifest))


def listed(place: Place, *what: str) -> list[Object]:
    found: list[Object] = json.loads(kubectl(place, "get", *what, "-o", "json"))["items"]
    return found


def kubectl(place: Place, *arguments: str, input: str | None = None) -> str:
    return place.cluster.kubectl("-n", place.namespace, *arguments, input=input)
