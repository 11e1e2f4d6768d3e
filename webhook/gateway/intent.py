"""What a pod asks for, as admission wrote it into its authorizer, and whether the policy lets it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from webhook.gateway.errors import Denied
from webhook.gateway.grant import Owner
from webhook.gateway.identity import Caller
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZER_CONTAINER, GRANT_OPTION
from webhook.policy.gateway import Application, Askers, Grant

Json = dict[str, Any]


class Intent(NamedTuple):
    application: str
    grants: tuple[str, ...]


def intent(pod: Json) -> Intent:
    """Raises Denied where the pod has no authorizer, or one that names nothing.

    It is read from the pod, and never from the call: a pod cannot be changed there once it is created.
    """
    containers = pod["spec"].get("initContainers") or ()
    words = next((container.get("command") or () for container in containers if container["name"] == AUTHORIZER_CONTAINER), ())
    applications, grants = tuple(_values(words, APPLICATION_OPTION)), tuple(dict.fromkeys(_values(words, GRANT_OPTION)))
    if len(applications) != 1 or not grants:
        raise Denied(
            403, "no-intent", f"the pod has no container {AUTHORIZER_CONTAINER} of richpod's, which says what it asks for"
        )
    return Intent(applications[0], grants)


def _values(words: Sequence[str], option: str) -> Iterator[str]:
    return (value for word, value in pairwise(words) if word == option)


def owner(who: Caller, asked: Intent) -> Owner:
    return Owner(who.namespace, who.pod, who.uid, who.service_account, asked.application)


def permit(who: Owner, asked: Intent, grants: Mapping[str, Grant], applications: Mapping[str, Application]) -> None:
    """Raises Denied. Whoever asks for one thing that it may not have gets none.

    An application that the policy does not name is its namespace's own, and is called `NAMESPACE/NAME`.
    """
    named = applications.get(who.application)
    if named is None and not who.application.startswith(f"{who.namespace}/"):
        raise Denied(403, "application", f"the policy has no application {who.application}")
    if named is not None and not _fits(who, named):
        raise Denied(403, "application", f"{who.namespace}/{who.service_account} may not act for {who.application}")
    for name in asked.grants:
        grant = grants.get(name)
        if grant is None:
            raise Denied(403, "unknown-grant", f"the policy has no grant {name}")
        if grant.to and not any(_fits(who, askers) for askers in grant.to):
            raise Denied(403, "grant", f"{who.application} of {who.namespace}/{who.service_account} may not ask for {name}")


def _fits(who: Owner, named: Application | Askers) -> bool:
    """Every list that is not empty."""
    wanted = [(named.namespaces, who.namespace), (named.service_accounts, who.service_account)]
    if isinstance(named, Askers):
        wanted.append((named.applications, who.application))
    return all(not listed or one in listed for listed, one in wanted)
