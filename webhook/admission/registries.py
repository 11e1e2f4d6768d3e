"""The edges that a policy's registries need. Loaded only where it lists some: the HTTP client costs memory."""

from collections.abc import Collection, Mapping
from pathlib import Path

from webhook.admission.admission_call import Find
from webhook.admission.images import Images, Registries
from webhook.admission.keyrings import Keyrings, Secrets
from webhook.admission.metrics import Metrics
from webhook.images.lookup import Lookup
from webhook.images.registry import Settings
from webhook.log import Log
from webhook.policy import Policy
from webhook.policy.images import Registry


def settings(registries: Mapping[str, Registry]) -> dict[str, Settings]:
    """As the policy has them."""
    return {host: Settings(tuple(one.mirrors), one.ca, tuple(one.addresses), one.plain_http) for host, one in registries.items()}


def asking(policy: Policy, credentials: Path | None, metrics: Metrics, log: Log) -> tuple[Lookup, Find]:
    """What must be closed in the end, and what finds out by it. Raises BadInput where Secrets are to be read of no cluster."""
    lookup, namespaces = Lookup(settings(policy.images.registries)), policy.images.pull_secrets_from
    registries = Registries(lookup.programs, Keyrings(credentials, namespaces, _secrets(namespaces), log))
    return lookup, Images(policy, registries, metrics, log).known


def _secrets(namespaces: Collection[str]) -> Secrets:
    """How a Secret is read; not at all where the policy names no namespace."""
    if not namespaces:
        return lambda namespace, name: None
    from webhook.cluster import connect

    cluster = connect()
    return lambda namespace, name: cluster.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
