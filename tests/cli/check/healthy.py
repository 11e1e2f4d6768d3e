"""Facts of a cluster in good health, for one fault at a time."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from certs.authority import new_authority, new_leaf
from webhook.cli.check import CHECKS
from webhook.cli.check.facts import Facts, Pods, Trial
from webhook.cli.check.finding import Examined, examine
from webhook.cli.check.registries import pulling
from webhook.cli.check.rights import DANGEROUS, needed
from webhook.cli.manifests import certificates, configuration, gateway, lxcfs, required, webhook
from webhook.cli.manifests.policy import config_map_name
from webhook.installation import GATEWAY, GATEWAY_SLICES, LXCFS, SERVER_NAMES
from webhook.policy import Policy
from webhook.policy.file import parse

Json = dict[str, Any]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTHORITY = new_authority("tests", NOW, timedelta(days=100))
LEAF = new_leaf(AUTHORITY, SERVER_NAMES, NOW, timedelta(days=50))
POLICY = parse(
    """
runtimes: {gvisor: {class: gvisor}}
profiles:
  default: {features: {init: launch}, allow: [init, lxcfs]}
  isolated: {features: {runtime: gvisor}, required: [runtime], namespaces: [payments]}
"""
)
LEADER = "richpod-gateway-1"
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def facts(policy: Policy = POLICY, **changes: Any) -> Facts:
    """`changes`: of the fields of Facts."""
    known = Facts(
        now=NOW,
        policy=policy,
        config_map=config_map_name(policy),
        running=policy,
        version={"major": "1", "minor": "36"},
        configuration=configured(policy),
        namespaces=[namespace("shop", **{"richpod.io/inject": "true"}), namespace("payments"), namespace("default")],
        webhook=deployment(policy, 0, available=2),
        certs=deployment(policy, 1, available=1),
        own_pods=[replica(config_map_name(policy))],
        serving=LEAF,
        trials=[Trial("shop", 12, ("richpod richpod-check-: the annotation richpod.io/check is not known and does nothing",))],
        unlabelled=Trial("default", 5, ()),
        webhook_rights=dict.fromkeys(DANGEROUS, False),
        webhook_bindings=[],
        certs_rights=dict.fromkeys(needed(policy), True),
        credentials=None,
        pull_rights=dict.fromkeys(pulling(policy), True),
        pull_bindings=[],
        nodes=[node("node-1")],
        agents=[agent("node-1")],
        daemon_set=daemon_set(policy),
        board=None,
        runtime_classes=[{"metadata": {"name": "gvisor"}, "handler": "runsc"}],
        required_policies=_required(policy, "ValidatingAdmissionPolicy"),
        required_bindings=_required(policy, "ValidatingAdmissionPolicyBinding"),
        pods=Pods(3, []),
        gateway=_gateway(policy),
        gateway_pods=[{"metadata": {"name": LEADER}, "status": READY}],
        gateway_lease=lease(NOW),
        gateway_slices=slices(LEADER),
        gateway_secrets={},
        grants=[],
    )
    return replace(known, **changes)


def line(name: str, known: Facts) -> Examined:
    (found,) = examine([check for check in CHECKS if check.id == name], known)
    return found


def said(name: str, known: Facts) -> list[tuple[str, str]]:
    """Result and sentence of everything that a line says."""
    return [(finding.result, finding.sentence) for finding in line(name, known).findings]


def configured(policy: Policy) -> Json:
    """With a bundle, and what the API server fills in."""
    bundle = base64.b64encode(AUTHORITY.certificate).decode()
    (held,) = (manifest.object for manifest in configuration.manifests(policy))
    for entry in held["webhooks"]:
        entry["clientConfig"] = {**entry["clientConfig"], "caBundle": bundle}
        entry.setdefault("objectSelector", {})
    return held


def deployment(policy: Policy, which: int, available: int) -> Json:
    """The webhook's, the certificates' controller's."""
    objects = [manifest.object for part in (webhook, certificates) for manifest in part.manifests(policy)]
    found = [one for one in objects if one["kind"] == "Deployment"][which]
    return {**found, "status": {"availableReplicas": available}}


def replica(config_map: str, name: str = "replica-1") -> Json:
    return {"metadata": {"name": name}, "spec": {"volumes": [{"name": "policy", "configMap": {"name": config_map}}]}}


def namespace(name: str, **labels: str) -> Json:
    return {"metadata": {"name": name, "labels": labels}}


def node(name: str, labels: dict[str, str] | None = None, **spec: Any) -> Json:
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec}


def agent(on: str) -> Json:
    return {"metadata": {"name": LXCFS}, "spec": {"nodeName": on}, "status": READY}


def daemon_set(policy: Policy) -> Json:
    (found,) = (m.object for m in lxcfs.component(policy).resources if m.object["kind"] == "DaemonSet")
    return found


def _gateway(policy: Policy) -> Json | None:
    found = [one.object for one in gateway.manifests(policy) if one.object["kind"] == "Deployment"]
    return {**found[0], "status": {"availableReplicas": 2}} if found else None


def lease(renewed: datetime) -> Json:
    spec = {"holderIdentity": LEADER, "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%fZ}", "leaseDurationSeconds": 15}
    return {"metadata": {"name": GATEWAY}, "spec": spec}


def slices(*pods: str) -> list[Json]:
    """As the leader writes them; a pod has one address, of the first family."""
    endpoints = [{"addresses": ["10.0.0.7"], "targetRef": {"kind": "Pod", "name": pod}} for pod in pods]
    first, second = GATEWAY_SLICES
    return [{"metadata": {"name": first}, "endpoints": endpoints}, {"metadata": {"name": second}, "endpoints": None}]


def _required(policy: Policy, kind: str) -> list[Json]:
    return [manifest.object for manifest in required.manifests(policy) if manifest.object["kind"] == kind]
