"""What a person reads when they apply a workload, and whom the API server calls for it: the entries as they are installed."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from webhook.admission.entries import INJECT, PROFILE
from webhook.cli.manifests.configuration import manifests
from webhook.policy.file import parse

from .access import Cluster, Object
from .endpoints import Endpoint, webhook
from .injection import Served, calls, registered, served
from .namespaces import Namespaces, namespaces
from .processes import until
from .server_log import Event

pytestmark = pytest.mark.cluster

LABEL = f"preview-{uuid4().hex[:8]}"
HERE = {"test-webhook": LABEL}


class Site(NamedTuple):
    """A namespace of profile `rich`, with addresses."""

    cluster: Cluster
    server: Served
    namespace: str

    def previewed(self, namespace: str | None = None) -> list[Event]:
        """The calls for workloads so far."""
        events = calls(self.cluster, self.server, self.namespace)
        if namespace is not None:
            events = [event for event in self.server.log.events if event.get("namespace") == namespace]
        return [event for event in events if event["decision"] == "previewed"]

    def named(self, name: str) -> list[Event]:
        return [event for event in self.previewed() if event["name"] == name]


def installed(policy_text: str, at: Endpoint, name: str, **changes: Any) -> Object:
    """The configuration as it is installed, for a server of the test and namespaces labelled `test-webhook: NAME`."""
    (shipped,) = (found.object for found in manifests(parse(policy_text)))
    shipped["metadata"] = {"name": name}
    for each in shipped["webhooks"]:
        each["clientConfig"] = webhook("", at, each["clientConfig"]["service"]["path"], {})["clientConfig"]
        each["namespaceSelector"]["matchExpressions"].append({"key": "test-webhook", "operator": "In", "values": [name]})
        if each["name"].startswith("preview."):
            each |= changes
    return shipped


@contextmanager
def previewing(cluster: Cluster, policy_text: str, folder: Path, name: str, **changes: Any) -> Iterator[Served]:
    """`changes`: fields of the preview's entries."""
    with (
        served(cluster.host, policy_text, folder) as server,
        registered(cluster, installed(policy_text, server.at, name, **changes), name),
    ):
        yield server


@pytest.fixture(scope="module")
def site(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A condition that fails on an object would refuse it here; installed, it would skip the call in silence."""
    with namespaces(api_server) as make:
        name = make({**HERE, PROFILE: "rich"})
        policy = {
            "podOptIn": True,
            "fixedIP": {"annotation": "example.com/ips", "form": "json-list", "pools": {name: ["198.51.100.0/28"]}},
            "profiles": {"rich": {"features": {"init": "launch"}, "allow": ["init", "fixed-ip"]}},
        }
        folder = tmp_path_factory.mktemp("preview")
        with previewing(api_server, json.dumps(policy), folder, LABEL, failurePolicy="Fail", timeoutSeconds=10) as server:
            yield Site(api_server, server, name)


def deployment(namespace: str, name: str = "", annotations: Object | None = None, **spec: Any) -> Object:
    """Its pods, if somebody makes them, are never scheduled. `annotations`: of the template."""
    labels = {"app": name or "web"}
    template = {
        "metadata": {"labels": labels, "annotations": annotations or {}},
        "spec": {
            "containers": [{"name": "main", "image": "a:1", "command": ["/a"]}],
            "schedulingGates": [{"name": "example.com/never"}],
        },
    }
    metadata = {"name": name or f"web-{uuid4().hex[:8]}", "namespace": namespace}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def apply(cluster: Cluster, manifest: Object, *words: str) -> list[str]:
    """The lines that kubectl writes on stderr."""
    command = [cluster.kubectl_program, f"--kubeconfig={cluster.kubeconfig}", "apply", "-f", "-", *words]
    said = subprocess.run(command, input=json.dumps(manifest), capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return said.stderr.splitlines()


def typo(manifest: Object) -> str:
    known = "the annotation richpod.io/intt is not known and does nothing; did you mean richpod.io/init?"
    return f"Warning: richpod {manifest['metadata']['name']}: {known}"


# --- what people read ---


def test_a_typo_in_an_annotation_is_said_with_the_right_key(site: Site) -> None:
    manifest = deployment(site.namespace, annotations={"richpod.io/intt": "launch"})
    assert apply(site.cluster, manifest) == [typo(manifest)]


def test_of_many_objects_each_is_named(site: Site) -> None:
    """kubectl prints no line twice."""
    items = [deployment(site.namespace, annotations={"richpod.io/intt": "launch"}) for _ in range(2)]
    assert apply(site.cluster, {"apiVersion": "v1", "kind": "List", "items": items}) == [typo(item) for item in items]


def test_an_annotation_on_the_deployment_instead_of_its_template_is_said(site: Site) -> None:
    manifest = deployment(site.namespace)
    manifest["metadata"]["annotations"] = {"richpod.io/init": "launch"}
    assert apply(site.cluster, manifest)[-2:] == [
        f"Warning: richpod {manifest['metadata']['name']}: {said}"
        for said in (
            "richpod.io/init does nothing here: it is an annotation of pods, not of a Deployment",
            "to change: move it to spec.template.metadata.annotations",
        )
    ]


def test_more_replicas_than_addresses_are_said_when_they_are_applied(site: Site) -> None:
    asked = {"richpod.io/fixed-ip": "198.51.100.1"}
    manifest = deployment(site.namespace, annotations=asked, replicas=1, strategy={"type": "Recreate"})
    assert not [line for line in apply(site.cluster, manifest) if "address" in line]
    manifest["spec"]["replicas"] = 3
    said = f"Warning: richpod {manifest['metadata']['name']}: fixed-ip applied: up to 3 pods at once (replicas 3) for 1 address"
    assert said in apply(site.cluster, manifest)


def test_the_pod_of_a_cron_job_is_previewed(site: Site) -> None:
    template = deployment(site.namespace, annotations={"richpod.io/intt": "x"})["spec"]["template"]
    template["spec"]["restartPolicy"] = "Never"
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": site.namespace},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}},
    }
    assert typo(manifest) in apply(site.cluster, manifest)
    (event,) = site.named("nightly")
    assert (event["kind"], event["operation"], event["profile"]) == ("CronJob", "CREATE", "rich")


def test_an_unknown_profile_is_said_with_the_known_ones(site: Site, namespace: Namespaces) -> None:
    manifest = deployment(namespace({**HERE, PROFILE: "rihc"}))
    said, advised = apply(site.cluster, manifest)
    assert said.endswith("asks for a profile that no label selects: NOT treated (known: default, rich)")
    assert advised.endswith("to change: richpod.io/profile: default among the labels of the namespace")


def test_what_no_longer_fits_is_told_by_explain_of_the_workload_itself(site: Site) -> None:
    manifest = deployment(site.namespace, "wordy", {f"richpod.io/{word}": "x" for word in ("intt", "a", "b", "c", "d", "e")})
    last = apply(site.cluster, manifest)[-1]
    assert last == f"Warning: richpod: 2 more; run `richpod explain deployment/wordy -n {site.namespace}` once applied"


def test_a_dry_run_is_told_the_same(site: Site) -> None:
    manifest = deployment(site.namespace, annotations={"richpod.io/intt": "launch"})
    assert apply(site.cluster, manifest, "--dry-run=server") == [typo(manifest)]


# --- who is called ---


def test_a_change_is_previewed_and_what_changes_nothing_is_not(site: Site) -> None:
    manifest = deployment(site.namespace, "changed")
    apply(site.cluster, manifest, "--server-side")
    apply(site.cluster, manifest, "--server-side")
    manifest["metadata"]["finalizers"] = ["example.com/held"]
    apply(site.cluster, manifest, "--server-side")
    assert [event["operation"] for event in site.named("changed")] == ["CREATE"]
    manifest["metadata"] |= {"finalizers": [], "labels": {"richpod.io/inject": "true"}}
    assert "richpod.io/inject does nothing here" in apply(site.cluster, manifest, "--server-side")[0]
    manifest["spec"]["template"]["metadata"]["annotations"] = {"richpod.io/intt": "x"}
    assert typo(manifest) in apply(site.cluster, manifest, "--server-side")
    assert [event["operation"] for event in site.named("changed")] == ["CREATE", "UPDATE", "UPDATE"]


def test_scaling_makes_no_call(site: Site) -> None:
    """As people and autoscalers do it."""
    apply(site.cluster, deployment(site.namespace, "scaled"))
    site.cluster.kubectl("-n", site.namespace, "scale", "deployment/scaled", "--replicas=0")
    assert [event["operation"] for event in site.named("scaled")] == ["CREATE"]


def job(namespace: str, name: str) -> Object:
    template = deployment(namespace)["spec"]["template"]
    template["spec"]["restartPolicy"] = "Never"
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template}}


def test_controllers_make_no_call(site: Site) -> None:
    """Neither with an account of their own nor with the one they share."""
    own = "--as=system:serviceaccount:kube-system:cronjob-controller"
    shared = ("--as=system:kube-controller-manager", "--as-group=system:masters")
    for name, identity in (("own", (own,)), ("shared", shared)):
        command = ("create", "-f", "-", *identity)
        site.cluster.kubectl(*command, input=json.dumps(job(site.namespace, name)))
        assert site.named(name) == []
    apply(site.cluster, job(site.namespace, "mine"))
    assert len(site.named("mine")) == 1


def test_a_rollout_is_one_call(site: Site, cluster: Cluster) -> None:
    """Whatever its controllers write on the way."""
    apply(cluster, deployment(site.namespace, "rolled", replicas=2))
    pods = ("-n", site.namespace, "get", "pods", "-l", "app=rolled", "-o", "name")
    until("pods", lambda: len(cluster.kubectl(*pods).split()) == 2, seconds=30)
    revision = "jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}{.status.observedGeneration}"
    get = ("-n", site.namespace, "get", "deployment", "rolled", "-o", revision)
    until("status", lambda: cluster.kubectl(*get) == "11", seconds=30)
    assert [event["operation"] for event in site.named("rolled")] == ["CREATE"]


@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
def test_where_pods_opt_in_one_by_one_only_templates_that_do_are_sent(site: Site, namespace: Namespaces, kind: str) -> None:
    unlabelled = namespace(HERE)
    for name, labels in (("silent", {}), ("asking", {INJECT: "true"})):
        manifest = deployment(unlabelled, name, {"richpod.io/intt": "x"})
        manifest["spec"]["template"]["metadata"]["labels"] |= labels
        if kind == "CronJob":
            held = job(unlabelled, name)["spec"]
            held["template"]["metadata"] = manifest["spec"]["template"]["metadata"]
            manifest |= {"apiVersion": "batch/v1", "kind": kind, "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": held}}}
        apply(site.cluster, manifest)
    assert [(event["name"], event["profile"]) for event in site.previewed(unlabelled)] == [("asking", "default")]


def test_r51_no_condition_fails_on_what_an_object_lacks(site: Site, namespace: Namespaces) -> None:
    """Here a condition that failed would refuse the object, with `resulted in error`; it must reach its own validation."""
    for place in (site.namespace, namespace(HERE)):
        for kind, version in (("Deployment", "apps/v1"), ("DaemonSet", "apps/v1"), ("Job", "batch/v1"), ("CronJob", "batch/v1")):
            for spec in ({}, {"template": {}}, {"jobTemplate": {}}, {"template": {"metadata": {"labels": {"a": "b"}}}}):
                manifest = {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": place}, "spec": spec}
                command = ("create", "-f", "-", "--validate=false")
                with pytest.raises(subprocess.CalledProcessError) as raised:
                    site.cluster.kubectl(*command, input=json.dumps(manifest))
                assert "is invalid: " in raised.value.stderr


def test_r51_no_condition_fails_on_what_a_change_adds_or_takes_away(site: Site) -> None:
    manifest = {**job(site.namespace, "bare"), "kind": "CronJob"}
    manifest["spec"] = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": manifest["spec"]}}
    metadata = manifest["metadata"]
    for more in ({}, {"annotations": {"a": "b"}}, {"labels": {"a": "b"}}, {"finalizers": ["example.com/held"]}, {}):
        manifest["metadata"] = metadata | more
        apply(site.cluster, manifest, "--server-side")
    assert [event["operation"] for event in site.named("bare")] == ["CREATE", "UPDATE", "UPDATE", "UPDATE"]


def test_r51_conditions_afford_the_largest_objects(site: Site) -> None:
    """A comparison has its price, the highest where nothing differs, and the API server a budget for it."""
    manifest = deployment(site.namespace, "large")
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": f"V{i}", "value": "x" * 100} for i in range(7_000)]
    for label in ("created", "changed"):
        manifest["metadata"]["labels"] = {"is": label}
        apply(site.cluster, manifest, "--server-side")
    # More often where the Deployment's controller writes in between: the API server then begins anew.
    assert {event["operation"] for event in site.named("large")} == {"CREATE", "UPDATE"}


# --- the webhook is away ---


def test_with_the_server_down_an_apply_goes_through(api_server: Cluster, namespace: Namespaces, tmp_path: Path) -> None:
    """At once where nobody listens; within the entry's second where nobody answers."""
    name = f"deaf-{uuid4().hex[:8]}"
    place = namespace({"test-webhook": name, INJECT: "true"})
    with served(api_server.host, "{}", tmp_path) as server:
        authority = server.at.authority
        with registered(api_server, installed("{}", server.at, name), name):
            apply(api_server, deployment(place, "before", {"richpod.io/intt": "x"}))
            server.log.wait(lambda event: event.get("name") == "before")
            with socket.create_server((api_server.host, 0)) as deaf:
                unanswered = Endpoint(api_server.host, deaf.getsockname()[1], authority)
                api_server.apply(installed("{}", unanswered, name))
                waits = [_seconds(api_server, deployment(place)) for _ in range(3)]
            # The API server learns of the change a moment later, so the first may still have been answered.
            assert 0.9 < max(waits) < 3
            assert api_server.kubectl("-n", place, "get", "deployments", "-o", "name").count("\n") == 4
            assert _seconds(api_server, deployment(place)) < 0.9


def _seconds(cluster: Cluster, manifest: Object) -> float:
    begun = monotonic()
    apply(cluster, manifest)
    return monotonic() - begun
