"""Reads the pods of namespaces that opted in, and judges each."""

from functools import cache

from webhook.admission.context import Context
from webhook.admission.entries import entries
from webhook.cli.check.facts import Json, Pods, Untreated, Waiting
from webhook.cli.check.missed import outdated, today, without_runtime
from webhook.cli.check.namespaces import labels_of
from webhook.cli.check.nodes import uses_lxcfs
from webhook.cli.live import stays
from webhook.cli.offline import registries
from webhook.cli.owners import made_by, owner_of
from webhook.cli.pulls import unpulled
from webhook.cli.terminal import progress
from webhook.cluster import Cluster
from webhook.policy import Policy


def pods(cluster: Cluster, namespaces: list[Json], policy: Policy) -> Pods:
    """Every running pod that an entry could see, judged one by one: no more than a page of them is held."""
    contexts = {e: Context(policy, e.profile, e.level) for e in entries(policy) if e.level is not None}
    asked = [n for n in namespaces if any(all(r.holds(labels_of(n)) for r in e.namespace) for e in contexts)]
    maker = cache(lambda owner, namespace: made_by(cluster, owner, namespace))
    seen, found, lxcfs, waiting = 0, [], [], []
    for namespace in progress(asked, "reading pods"):
        name, labels = namespace["metadata"]["name"], labels_of(namespace)
        running = "status.phase!=Succeeded,status.phase!=Failed"
        for pod in filter(stays, cluster.items(f"/api/v1/namespaces/{name}/pods", fieldSelector=running)):
            seen += 1
            metadata, outcome, served = pod["metadata"], today(pod, labels, contexts), uses_lxcfs(pod)
            pull = unpulled(pod)
            if not (outcome or served or pull):
                continue
            first, old = owner_of(metadata), outdated(metadata, policy)
            owner = maker(first, name) if first else None
            if served:
                lxcfs.append(f"{name}/{owner or metadata['name']}")
            if pull:
                waiting.append(Waiting(name, metadata["name"], owner, old, *pull))
            if outcome:
                without = without_runtime(pod, labels, contexts)
                # Of a treated pod the refusal may be of what another policy put into it, and of nothing in its template.
                refused = None if old else next(iter(outcome.refused), None)
                untold = () if outcome.operations or without else registries(outcome, policy)
                found.append(Untreated(name, metadata["name"], owner, old, without, refused, tuple(untold)))
    return Pods(seen, found, tuple(lxcfs), tuple(waiting))
