"""The gateway, where the policy has grants: what it may do, how pods find whoever leads, and where its upstreams are."""

from urllib.parse import urlsplit

from webhook.cli.manifests.manifest import INSTALLED, RBAC, Json, Manifest, named
from webhook.cli.manifests.pair import SERVING, Files, account, files, pair
from webhook.cli.manifests.pods import HEALTH, TO_API_SERVER, TO_DNS, container, network_policy, port, probes
from webhook.gateway.grants.definition import definition
from webhook.gateway.grants.stored import GROUP, PLURAL
from webhook.installation import GATEWAY, GATEWAY_PORT, GATEWAY_SLICES, GRANTS_ROLE, HEALTH_PORT, NAMESPACE
from webhook.policy import Policy

CREDENTIALS_FOLDER = "/etc/richpod/credentials"
"""Below it one folder for each upstream that has credentials, named like it."""
POD = {"POD_NAME": "metadata.name", "POD_IPS": "status.podIPs"}
"""Variables of a replica, and what of its pod they hold."""


def manifests(policy: Policy) -> list[Manifest]:
    if not policy.grants:
        return []
    return [
        Manifest({**definition(), "metadata": {**definition()["metadata"], "labels": dict(INSTALLED)}}),
        Manifest(named("v1", "ServiceAccount", GATEWAY, automountServiceAccountToken=False)),
        *_rights(),
        Manifest(
            named(RBAC, "Role", GRANTS_ROLE, rules=[_rule(GROUP, PLURAL, "get", "list")]),
            "What `richpod grants` reads. It is bound to nobody: a Grant tells of its pod, whosever that is.",
        ),
        Manifest(
            _service(), "No selector: of all replicas only the one that leads is called, which writes its addresses itself."
        ),
        *(Manifest(_slice(name, family), _SLICE if family == "IPv4" else "") for name, family in GATEWAY_SLICES.items()),
        *pair(GATEWAY, _gateway(policy), files(policy) | {"account": account()} | _credentials(policy)),
        Manifest(
            network_policy(GATEWAY, [GATEWAY_PORT, HEALTH_PORT], _egress(policy)),
            "Every pod may ask it. It calls DNS, the API server, and the ports of its upstreams, wherever these are.",
        ),
    ]


_SLICE = "No endpoints: the leader writes them, and applying this file again leaves them there."


def _rights() -> list[Manifest]:
    """A Lease is made by whoever comes first, and so may be deleted; by its name nothing can be created."""
    everywhere = [_rule("", "pods", "get", "list", "watch"), _rule("authentication.k8s.io", "tokenreviews", "create")]
    here = [
        _rule(GROUP, PLURAL, "get", "list", "watch", "create", "delete"),
        _rule(GROUP, f"{PLURAL}/status", "update"),
        _rule("coordination.k8s.io", "leases", "create"),
        {**_rule("coordination.k8s.io", "leases", "get", "update"), "resourceNames": [GATEWAY]},
        {**_rule("discovery.k8s.io", "endpointslices", "get", "update"), "resourceNames": list(GATEWAY_SLICES)},
    ]
    found = []
    for kind, namespace, rules in (("ClusterRole", None, everywhere), ("Role", NAMESPACE, here)):
        role = {"apiGroup": RBAC.split("/")[0], "kind": kind, "name": GATEWAY}
        subject = {"kind": "ServiceAccount", "name": GATEWAY, "namespace": NAMESPACE}
        found.append(Manifest(named(RBAC, kind, GATEWAY, namespace, rules=rules)))
        found.append(Manifest(named(RBAC, f"{kind}Binding", GATEWAY, namespace, roleRef=role, subjects=[subject])))
    return found


def _rule(group: str, resource: str, *verbs: str) -> Json:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}


def _service() -> Json:
    return named("v1", "Service", GATEWAY, spec={"ports": [{"name": "https", "port": 443, "targetPort": GATEWAY_PORT}]})


def _slice(name: str, family: str) -> Json:
    """The second label keeps controllers away that would write it."""
    made = named(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        name,
        addressType=family,
        ports=[{"name": "https", "port": GATEWAY_PORT, "protocol": "TCP"}],
    )
    made["metadata"]["labels"] |= {
        "kubernetes.io/service-name": GATEWAY,
        "endpointslice.kubernetes.io/managed-by": GATEWAY,
    }
    return made


def _gateway(policy: Policy) -> Json:
    return container(
        policy,
        "gateway",
        *SERVING,
        f"--credentials={CREDENTIALS_FOLDER}",
        "--name=$(POD_NAME)",
        "--address=$(POD_IPS)",
        env=[{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in POD.items()],
        ports=[port("https", GATEWAY_PORT), HEALTH],
        **probes(),
        resources={"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
    )


def _credentials(policy: Policy) -> Files:
    """None is optional: a call without its credential would be refused, and with it the pod for which it asks.

    A replica waits for a Secret that is not there, and the ones before it go on.
    """
    named_ones = ((name, upstream.credentials) for name, upstream in sorted(policy.gateway.upstreams.items()))
    return {
        f"credentials-{number}": (f"{CREDENTIALS_FOLDER}/{name}", {"secret": {"secretName": secret}})
        for number, (name, secret) in enumerate((name, secret) for name, secret in named_ones if secret)
    }


def _egress(policy: Policy) -> list[Json]:
    calls = [call for upstream in policy.gateway.upstreams.values() for call in (upstream.grant, upstream.revoke)]
    ports = {urlsplit(call.url).port or (443 if call.url.startswith("https:") else 80) for call in calls}
    upstreams = [{"ports": [{"protocol": "TCP", "port": number} for number in sorted(ports)]}] if ports else []
    return [TO_DNS, TO_API_SERVER, *upstreams]
