"""What the API server itself asks of pods of a profile that requires authorization: the webhook's own, and nothing that only
looks like it. The webhook is not there.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from webhook.admission.context import Context
from webhook.admission.pipeline import mutate
from webhook.cli.manifests.required import manifests
from webhook.policy.file import parse

from .access import Cluster, Object
from .creation import Answer, create
from .pods import pod
from .processes import until

pytestmark = pytest.mark.cluster

NAMESPACE = "test-vault"
POLICY = parse(
    json.dumps(
        {
            "grants": {"orders": {"ports": [5432]}, "stock": {"ports": [443]}, "dns": {"ports": [53]}},
            "profiles": {
                "vault": {
                    "features": {"authorize": ["orders", "stock"]},
                    "allow": ["authorize", "hooks", "init"],
                    "required": ["authorize"],
                    "namespaces": [NAMESPACE],
                }
            },
        }
    )
)
PEM = "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n"
CONTEXT = replace(Context(POLICY, "vault", "privileged"), authority=PEM)

Forge = Callable[[Object, Object], object]
"""What somebody changes of the authorizer, and of the pod's spec."""


@pytest.fixture(scope="module")
def api_server(alone: Cluster) -> Cluster:
    alone.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    alone.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": NAMESPACE}})
    alone.apply(*(manifest.object for manifest in manifests(POLICY)))
    until("the policy", lambda: not create(alone, pod(NAMESPACE, "app:1")).accepted)
    return alone


def ours(annotations: dict[str, str] | None = None, **spec: Any) -> Object:
    """A pod as the webhook leaves it."""
    made = pod(NAMESPACE, "app:1", "/app", **spec)
    made["metadata"]["annotations"] = annotations or {}
    outcome = mutate(made, NAMESPACE, CONTEXT)
    assert outcome.operations, outcome.verdicts
    return made


@pytest.mark.parametrize(
    "made",
    [
        ours(),
        ours({"richpod.io/authorize": "dns,stock,orders"}),
        ours({"richpod.io/init": "launch", "richpod.io/check-url": "http://:8080/"}),
        ours(initContainers=[{"name": "migrate", "image": "migrate:1"}]),
        ours(dnsPolicy="ClusterFirst", hostAliases=[{"ip": "192.0.2.7", "hostnames": ["db"]}]),
        ours(dnsConfig={"searches": ["shop.example"], "options": [{"name": "ndots", "value": "2"}]}),
    ],
    ids=["plain", "more grants", "sidecar", "init containers", "dns", "searches"],
)
def test_what_the_webhook_makes_is_accepted(api_server: Cluster, made: Object) -> None:
    answer = create(api_server, made)
    assert answer.accepted, answer.body["message"]


def words(*changed: str) -> Forge:
    return lambda authorizer, _: authorizer.update(command=[*authorizer["command"], *changed])


def other_word(at: int, word: str) -> Forge:
    return lambda authorizer, _: authorizer["command"].__setitem__(at, word)


def field(**changed: Any) -> Forge:
    return lambda authorizer, _: authorizer.update(changed)


def mounted(**changed: Any) -> Forge:
    mount = {"name": "richpod-gateway-token", "mountPath": "/x", **changed}
    return lambda authorizer, _: authorizer["volumeMounts"].append(mount)


def environment(*env: Object) -> Forge:
    return lambda authorizer, _: authorizer.update(env=[*env])


def of_pod(**changed: Any) -> Forge:
    return lambda _, spec: spec.update(changed)


def source(**projected: Any) -> Forge:
    def forge(_: Object, spec: Object) -> None:
        volume = next(volume for volume in spec["volumes"] if volume["name"] == "richpod-gateway-token")
        volume.clear()
        volume.update(name="richpod-gateway-token", **projected)

    return forge


TOKEN = {"audience": "richpod-gateway", "expirationSeconds": 3600, "path": "token"}
PROBE = {"exec": {"command": ["true"]}}
FORGED: dict[str, tuple[Forge, str]] = {
    "another image": (field(image="ghcr.io/richpod/richpod:0.0.1"), "must be richpod-authorizer"),
    "another name": (field(name="richpod-asker"), "must be richpod-authorizer"),
    "not the first": (
        lambda _, spec: spec["initContainers"].insert(0, {"name": "first", "image": "a:1"}),
        "must be richpod-authorizer",
    ),
    "none": (lambda _, spec: spec.pop("initContainers"), "must be richpod-authorizer"),
    "another program": (field(command=["/bin/true"]), "must be given the gateway"),
    "no command": (field(command=[]), "must be given the gateway"),
    "without isolation": (other_word(1, "-E"), "must be given the gateway"),
    "another module": (other_word(3, "this"), "must be given the gateway"),
    "another gateway": (other_word(5, "https://gateway.example/authorize"), "must be given the gateway"),
    "another wait": (other_word(7, "1"), "must be given the gateway"),
    "another grant": (other_word(11, "dns"), "must be given the gateway"),
    "fewer grants": (lambda authorizer, _: authorizer.update(command=authorizer["command"][:-2]), "must be given the gateway"),
    "a second gateway": (words("--gateway", "https://gateway.example/"), "must be given the gateway"),
    "a second gateway in one word": (words("--gateway=https://gateway.example/"), "must be given the gateway"),
    "another token": (words("--token", "/etc/hostname"), "must be given the gateway"),
    "help": (words("--help"), "must be given the gateway"),
    "short help": (words("-h"), "must be given the gateway"),
    "help for an application": (other_word(9, "-h"), "must be given the gateway"),
    "a second application": (words("--application", "other"), "must be given the gateway"),
    "a word that the kubelet replaces": (words("$(RICHPOD_AUTHORITY)"), "must be given the gateway"),
    "very many words": (words(*["--grant", "dns"] * 300), "must be given the gateway"),
    "arguments": (field(args=["--help"]), "must have none of"),
    "a sidecar": (field(restartPolicy="Always"), "must have none of"),
    "a hook": (field(restartPolicy="Always", lifecycle={"postStart": PROBE}), "must have none of"),
    "another folder": (field(workingDir="/tmp"), "must have none of"),
    "its message over a program": (field(terminationMessagePath="/opt/richpod/lib/x.py"), "must have none of"),
    "variables of a ConfigMap": (field(envFrom=[{"configMapRef": {"name": "a"}}]), "must have none of"),
    "no environment": (environment(), "in its environment"),
    "another variable": (environment({"name": "A", "value": PEM}), "in its environment"),
    "one more variable": (
        environment({"name": "RICHPOD_AUTHORITY", "value": PEM}, {"name": "A", "value": "a"}),
        "in its environment",
    ),
    "a variable of a ConfigMap": (
        environment({"name": "RICHPOD_AUTHORITY", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "a"}}}),
        "in its environment",
    ),
    "a mount over the program": (mounted(mountPath="/opt/richpod"), "must mount the gateway's token"),
    "a mount of another volume": (mounted(name="richpod-no-token", mountPath="/opt"), "must mount the gateway's token"),
    "a mount of a part": (
        lambda authorizer, _: authorizer["volumeMounts"][0].update(subPath="x"),
        "must mount the gateway's token",
    ),
    "another audience": (
        source(projected={"sources": [{"serviceAccountToken": {**TOKEN, "audience": "api"}}]}),
        "only for the gateway",
    ),
    "a token of somebody else's": (source(secret={"secretName": "token"}), "only for the gateway"),
    "a token beside another": (
        source(projected={"sources": [{"serviceAccountToken": TOKEN}, {"secret": {"name": "token"}}]}),
        "only for the gateway",
    ),
    "another file": (source(projected={"sources": [{"serviceAccountToken": {**TOKEN, "path": "x"}}]}), "only for the gateway"),
    "the node's network": (of_pod(hostNetwork=True), "the cluster's DNS"),
    "the node's DNS": (of_pod(dnsPolicy="Default"), "the cluster's DNS"),
    "a DNS of its own": (of_pod(dnsPolicy="None", dnsConfig={"nameservers": ["192.0.2.7"]}), "the cluster's DNS"),
    "a DNS server beside the cluster's": (of_pod(dnsConfig={"nameservers": ["192.0.2.7"]}), "the cluster's DNS"),
    "an alias": (
        of_pod(hostAliases=[{"ip": "192.0.2.7", "hostnames": ["richpod-gateway.richpod-system.svc"]}]),
        "the cluster's DNS",
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_what_only_looks_like_it_is_refused(api_server: Cluster, how: str) -> None:
    forge, why = FORGED[how]
    made = deepcopy(ours())
    forge(made["spec"]["initContainers"][0], made["spec"])
    refused = create(api_server, made)
    assert refused.status == 422, refused.body
    assert "richpod profile vault requires authorization: the pod's first init container" in refused.body["message"]
    assert why in refused.body["message"]


def test_no_label_and_no_annotation_opens_a_way(api_server: Cluster) -> None:
    disguised = pod(NAMESPACE, "app:1")
    disguised["metadata"] |= {
        "labels": {"richpod.io/component": "richpod-webhook", "richpod.io/inject": "false"},
        "annotations": {"kubernetes.io/config.mirror": "x"},
    }
    answer: Answer = create(api_server, disguised)
    assert answer.status == 422
