"""Every object of every kind, to see what somebody leaves behind."""

from .access import Cluster

UNINTENDED = {"events", "events.events.k8s.io"}
"""Kinds that the cluster itself writes about others, and forgets after a while."""
_LINE = '{range .items[*]}{.kind}{" "}{.metadata.namespace}{"/"}{.metadata.name}{"\\n"}{end}'


def everything(cluster: Cluster) -> set[str]:
    """`Kind namespace/name` of all that can be listed, without namespaces of tests and what is in them."""
    kinds = set(cluster.kubectl("api-resources", "--verbs=list", "-o", "name").split()) - UNINTENDED
    found = cluster.kubectl("get", ",".join(sorted(kinds)), "--all-namespaces", "-o", f"jsonpath={_LINE}").splitlines()
    return {line for line in found if " test-" not in line and "/test-" not in line}
