"""What webhook and gateway have in common: two replicas of which one is there whatever happens to a node (requirement 78)."""

from webhook.cli.manifests.manifest import Json, Manifest, named, own
from webhook.cli.manifests.namespace import CRITICAL
from webhook.cli.manifests.pods import UNPRIVILEGED, deployment
from webhook.cli.manifests.policy import config_map_name
from webhook.installation import POLICY_KEY, SERVING_SECRET
from webhook.policy import Policy

POLICY_FOLDER = "/etc/richpod/policy"
TLS_FOLDER = "/etc/richpod/tls"
GRACE = 60
"""Seconds; a replica that is told to stop serves on for up to 45 (requirement 68)."""
SERVING = (f"--policy={POLICY_FOLDER}/{POLICY_KEY}", f"--tls-cert={TLS_FOLDER}/tls.crt", f"--tls-key={TLS_FOLDER}/tls.key")
"""Options of both commands."""

Files = dict[str, tuple[str, Json]]
"""Name of a volume to where it is mounted and what it is."""

ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where every client of the API looks inside a pod."""
TOKEN_LIFE = 600
"""Seconds, the least that the API server gives."""


def pair(workload: str, container: Json, files: Files) -> list[Manifest]:
    """A Deployment and its budget."""
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    disruption = {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": {"matchLabels": own(workload)}}
    return [
        Manifest(deployment(workload, 2, rolling, _pod(workload, container, files))),
        Manifest(
            named("policy/v1", "PodDisruptionBudget", workload, spec=disruption),
            "`kubectl apply` calls it configured each time, since it sends selectors of budgets always; nothing changes.",
        ),
    ]


def files(policy: Policy) -> Files:
    """What both read."""
    return {
        "policy": (POLICY_FOLDER, {"configMap": {"name": config_map_name(policy)}}),
        "tls": (TLS_FOLDER, {"secret": {"secretName": SERVING_SECRET}}),
    }


def account() -> tuple[str, Json]:
    """The ServiceAccount's token. One that the API server adds by itself would be good for a year (kube-apiserver
    --service-account-extend-token-expiration); one that is asked for is as short as it says."""
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": TOKEN_LIFE}}
    authority = {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
    return ACCOUNT_FOLDER, {"projected": {"sources": [token, authority]}}


def _pod(workload: str, container: Json, files: Files) -> Json:
    mounts = [{"name": name, "mountPath": folder, "readOnly": True} for name, (folder, _) in files.items()]
    return {
        "serviceAccountName": workload,
        "automountServiceAccountToken": False,
        "priorityClassName": CRITICAL,
        "securityContext": UNPRIVILEGED,
        "terminationGracePeriodSeconds": GRACE,
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "topologySpreadConstraints": [
            _spread(workload, key) for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
        ],
        "containers": [{**container, "volumeMounts": mounts}],
        "volumes": [{"name": name, **source} for name, (_, source) in files.items()],
    }


def _spread(workload: str, key: str) -> Json:
    """Over nodes and zones where there are several; a cluster of one node gets its replicas, too."""
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": own(workload)},
        "matchLabelKeys": ["pod-template-hash"],
    }
