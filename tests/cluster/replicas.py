"""The webhook's replicas in a cluster: which there are, what each of them says of itself, and their sudden end."""

import json

from prometheus_client.parser import text_string_to_metric_families

from webhook.inpod.contract import OWN_LABEL
from webhook.installation import HEALTH_PORT, NAMESPACE, WEBHOOK

from .access import Cluster, Object, ready
from .installation import Installation


def replicas(installation: Installation) -> list[Object]:
    """Ready, and not about to end."""
    found = json.loads(installation.kubectl("get", "pods", "-l", f"{OWN_LABEL}={WEBHOOK}", "-o", "json"))["items"]
    return [pod for pod in found if ready(pod) and "deletionTimestamp" not in pod["metadata"]]


def name_of(replica: Object) -> str:
    return str(replica["metadata"]["name"])


def metrics(cluster: Cluster, replica: Object) -> dict[str, float]:
    """Those without labels, by name."""
    families = text_string_to_metric_families(cluster.answer(NAMESPACE, name_of(replica), HEALTH_PORT, "metrics"))
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def served_until(installation: Installation) -> list[float]:
    """When the certificate ends that each replica serves: seconds since 1970."""
    key = "richpod_certificate_expiry_timestamp_seconds"
    return [metrics(installation.cluster, replica)[key] for replica in replicas(installation)]


def kill(installation: Installation, replica: Object) -> None:
    """SIGKILL to its process."""
    container = replica["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    processes = f"$(cat $(find /sys/fs/cgroup/pids -type d -name {container})/cgroup.procs)"
    installation.cluster.on_node("sh", "-c", f"kill -KILL {processes}")


def restarts(installation: Installation, name: str) -> int:
    found = json.loads(installation.kubectl("get", "pod", name, "-o", "json"))
    return int(found["status"]["containerStatuses"][0]["restartCount"])
