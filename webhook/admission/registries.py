"""The edges that a policy's registries need. Loaded only where it lists some: the HTTP client costs memory."""

from collections.abc import Mapping
from pathlib import Path

from webhook.admission.images import Registries
from webhook.admission.keyrings import Keyrings, Secrets
from webhook.images.lookup import Lookup
from webhook.images.registry import Settings
from webhook.log import Log
from webhook.policy.images import Images, Registry


def settings(registries: Mapping[str, Registry]) -> dict[str, Settings]:
    """As the policy has them."""
    return {host: Settings(tuple(one.mirrors), one.ca, tuple(one.addresses), one.plain_http) for host, one in registries.items()}


def asked(images: Images, credentials: Path | None, log: Log) -> tuple[Registries, Lookup]:
    """What asks them, and what must be closed in the end. Raises BadInput where Secrets are to be read of no cluster."""
    lookup = Lookup(settings(images.registries))
    return Registries(lookup.programs, Keyrings(credentials, images.pull_secrets_from, _secrets(images), log)), lookup


def _secrets(images: Images) -> Secrets:
    """How a Secret is read; not at all where the policy names no namespace."""
    if not images.pull_secrets_from:
        return lambda namespace, name: None
    from webhook.cluster import connect

    cluster = connect()
    return lambda namespace, name: cluster.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
