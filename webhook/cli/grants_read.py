"""Grants of a live cluster, as the gateway's ledger holds them."""

from typing import Any, NamedTuple

from webhook.cluster import Cluster
from webhook.errors import ApiError, BadInput
from webhook.gateway.grants import stored
from webhook.gateway.grants.grant import Grant
from webhook.installation import GRANTS_ROLE, NAMESPACE

Json = dict[str, Any]

ALLOW = f"kubectl -n {NAMESPACE} create rolebinding grants-TEAM --role={GRANTS_ROLE} --group=GROUP"
"""What an administrator runs."""
DEFINITION = f"{stored.PLURAL}.{stored.GROUP}"
"""The CustomResourceDefinition."""


class Held(NamedTuple):
    """A Grant; None where it is not as richpod writes it, and the sentence says so. `name` is the uid of its pod."""

    name: str
    since: str
    grant: Grant | None
    sentence: str = ""


def grants(cluster: Cluster) -> list[Held]:
    """Of pods of all namespaces, sorted by pod, the oldest first. Raises BadInput where there can be none, or they may not be
    read, and ApiError."""
    try:
        found = [held(one) for one in cluster.items(stored.PATH)]
    except ApiError as error:
        if error.status == 404:
            missing = f"the cluster has no CustomResourceDefinition {DEFINITION}, and so no gateway"
            raise BadInput(f"{missing}: a policy with grants renders them into 35-gateway.yaml") from None
        if error.status == 403:
            raise BadInput(f"Grants may not be read: {error}\nan administrator allows it: {ALLOW}") from None
        raise
    return sorted(found, key=lambda one: (one.grant.owner[:2] if one.grant else (), one.since))


def held(one: Json) -> Held:
    metadata = one["metadata"]
    try:
        return Held(metadata["name"], metadata["creationTimestamp"], stored.read(one))
    except stored.Unreadable as error:
        return Held(metadata["name"], metadata["creationTimestamp"], None, str(error))
