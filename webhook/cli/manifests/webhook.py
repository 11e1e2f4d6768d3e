"""The webhook: who calls it, how many there are, and what they may do: what the policy needs (requirements 77 to 79)."""

from webhook.cli.manifests import registries
from webhook.cli.manifests.manifest import Json, Manifest, named, own
from webhook.cli.manifests.namespace import CRITICAL
from webhook.cli.manifests.pods import HEALTH, UNPRIVILEGED, container, deployment, network_policy, port, probes
from webhook.cli.manifests.policy import config_map_name
from webhook.installation import (
    ADMISSION_PORT,
    HEALTH_PORT,
    POLICY_KEY,
    REPLICAS_SERVICE,
    SERVICE,
    SERVING_SECRET,
    WEBHOOK,
)
from webhook.policy import Policy

POLICY_FOLDER = "/etc/richpod/policy"
TLS_FOLDER = "/etc/richpod/tls"
GRACE = 60
"""Seconds; a replica that is told to stop serves on for up to 45 (requirement 68)."""


def manifests(policy: Policy) -> list[Manifest]:
    account = named("v1", "ServiceAccount", WEBHOOK, automountServiceAccountToken=False)
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    disruption = {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": {"matchLabels": own(WEBHOOK)}}
    return [
        Manifest(account, registries.rights_said(policy.images)),
        *registries.rights(policy.images),
        Manifest(_service(SERVICE)),
        Manifest(
            _service(REPLICAS_SERVICE, clusterIP="None", publishNotReadyAddresses=True),
            "Names each replica, those that are not ready included: the certificates' controller sees what each of them serves.",
        ),
        Manifest(deployment(WEBHOOK, 2, rolling, _pod(policy))),
        Manifest(
            named("policy/v1", "PodDisruptionBudget", WEBHOOK, spec=disruption),
            "`kubectl apply` calls it configured each time, since it sends selectors of budgets always; nothing changes.",
        ),
        Manifest(
            network_policy(WEBHOOK, [ADMISSION_PORT, HEALTH_PORT], registries.egress(policy.images)),
            registries.egress_said(policy.images),
        ),
    ]


def _service(name: str, **fields: object) -> Json:
    ports = [{"name": "https", "port": 443, "targetPort": ADMISSION_PORT}]
    return named("v1", "Service", name, spec={**fields, "selector": own(WEBHOOK), "ports": ports})


def _pod(policy: Policy) -> Json:
    files: dict[str, tuple[str, Json]] = {
        "policy": (POLICY_FOLDER, {"configMap": {"name": config_map_name(policy)}}),
        "tls": (TLS_FOLDER, {"secret": {"secretName": SERVING_SECRET}}),
        **registries.files(policy.images),
    }
    serve = container(
        policy,
        "serve",
        f"--policy={POLICY_FOLDER}/{POLICY_KEY}",
        f"--tls-cert={TLS_FOLDER}/tls.crt",
        f"--tls-key={TLS_FOLDER}/tls.key",
        *registries.arguments(policy.images),
        ports=[port("https", ADMISSION_PORT), HEALTH],
        **probes(),
        resources={
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "1", "memory": registries.memory(policy.images)},
        },
        volumeMounts=[{"name": name, "mountPath": folder, "readOnly": True} for name, (folder, _) in files.items()],
    )
    return {
        "serviceAccountName": WEBHOOK,
        "automountServiceAccountToken": False,
        "priorityClassName": CRITICAL,
        "securityContext": UNPRIVILEGED,
        "terminationGracePeriodSeconds": GRACE,
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "topologySpreadConstraints": [_spread("kubernetes.io/hostname"), _spread("topology.kubernetes.io/zone")],
        "containers": [serve],
        "volumes": [{"name": name, **source} for name, (_, source) in files.items()],
    }


def _spread(key: str) -> Json:
    """Over nodes and zones where there are several; a cluster of one node gets its replicas, too."""
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": own(WEBHOOK)},
        "matchLabelKeys": ["pod-template-hash"],
    }
