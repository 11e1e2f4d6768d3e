"""The component `lxcfs`: the node agent, which runs lxcfs on every node that rich pods may use it on (docs/lxcfs.md)."""

from webhook.cli.manifests.component import Component
from webhook.cli.manifests.manifest import Json, Manifest, named, own
from webhook.cli.manifests.namespace import critical_pods, namespace
from webhook.cli.manifests.pods import HEALTH, HEALTHY, READY, container, network_policy
from webhook.installation import HEALTH_PORT, LXCFS, LXCFS_NAMESPACE
from webhook.policy import Policy

CRITICAL = "system-node-critical"
"""The PriorityClass of the agent: evicted and, when the node shuts down, ended after the pods that look through it."""
SCRATCH = "/run"


def component(policy: Policy) -> Component:
    """A second namespace, because the agent's pods cannot pass what the first one enforces."""
    account = named("v1", "ServiceAccount", LXCFS, LXCFS_NAMESPACE, automountServiceAccountToken=False)
    return Component(
        "the node agent for the feature lxcfs; privileged, on every node",
        (
            Manifest(namespace(LXCFS_NAMESPACE, "privileged"), "Whoever may create pods here owns the nodes."),
            critical_pods(LXCFS, LXCFS_NAMESPACE, CRITICAL, "10k"),
            Manifest(account, "No Role is bound to it: the agent asks the API server nothing."),
            Manifest(
                _daemon_set(policy), "A new agent lays its lxcfs over the old one's before that ends: no pod notices an update."
            ),
            Manifest(network_policy(LXCFS, [HEALTH_PORT], [], LXCFS_NAMESPACE), "It shows probes and metrics, and calls nobody."),
        ),
    )


def _daemon_set(policy: Policy) -> Json:
    spec = {
        "selector": {"matchLabels": own(LXCFS)},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "10%", "maxUnavailable": 0}},
        "template": {"metadata": {"labels": own(LXCFS)}, "spec": _pod(policy)},
    }
    return named("apps/v1", "DaemonSet", LXCFS, LXCFS_NAMESPACE, spec=spec)


def _pod(policy: Policy) -> Json:
    """`hostPID`: lxcfs finds the cgroup of whoever reads by the number of the process, which must be the node's."""
    return {
        "serviceAccountName": LXCFS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "hostPID": True,
        "priorityClassName": CRITICAL,
        "terminationGracePeriodSeconds": 10,
        "nodeSelector": node_selector(policy),
        "tolerations": [{"operator": "Exists"}],
        "containers": [_agent(policy)],
        "volumes": [
            {"name": "files", "hostPath": {"path": policy.lxcfs.path, "type": "DirectoryOrCreate"}},
            {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
        ],
    }


def node_selector(policy: Policy) -> dict[str, str]:
    return {"kubernetes.io/os": "linux", **policy.lxcfs.node_selector}


def _agent(policy: Policy) -> Json:
    """`privileged`: mounts that the node and its pods see (Bidirectional) need it, and so do /dev/fuse and mount(2).

    No limit of processor time: who reads /proc/meminfo would wait for it.
    """
    return container(
        policy,
        "lxcfs",
        f"--folder={policy.lxcfs.path}",
        f"--scratch={SCRATCH}",
        ports=[HEALTH],
        livenessProbe={**HEALTHY, "periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 6},
        readinessProbe={**READY, "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 1},
        resources={"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        volumeMounts=[
            {"name": "files", "mountPath": policy.lxcfs.path, "mountPropagation": "Bidirectional"},
            {"name": "scratch", "mountPath": SCRATCH},
        ],
    ) | {"securityContext": {"privileged": True, "runAsUser": 0, "readOnlyRootFilesystem": True}}
