"""Whether the policy lets a pod have what it asks for: told when the pod is created, and decided by the gateway."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from webhook.nearest import nearest
from webhook.policy.gateway import Application, Askers, Grant

MOST_GRANTS = 64
"""Of one pod: what anybody may write is kept by the gateway."""


class Asker(NamedTuple):
    """Who asks: the pod's namespace and ServiceAccount, and the application for which it acts."""

    namespace: str
    service_account: str
    application: str


class Denial(NamedTuple):
    """`reason` is one word: application, unknown-grant or grant."""

    reason: str
    sentence: str


def denial(
    who: Asker, names: Iterable[str], grants: Mapping[str, Grant], applications: Mapping[str, Application]
) -> Denial | None:
    """None where it may have all that it asks for: whoever asks for one thing that it may not have gets none.

    An application that the policy does not name is its namespace's own, and is called `NAMESPACE/NAME`.
    """
    named = applications.get(who.application)
    if named is None and not who.application.startswith(f"{who.namespace}/"):
        near = nearest(who.application, applications)
        return Denial("application", f"the policy has no application {who.application}{near}")
    if named is not None and not _fits(who, named):
        sentence = f"ServiceAccount {who.namespace}/{who.service_account} may not act for application {who.application}"
        return Denial("application", sentence)
    for name in names:
        grant = grants.get(name)
        if grant is None:
            sentence = f"the policy has no grant {name}{nearest(name, grants)}"
            return Denial("unknown-grant", sentence)
        if grant.to and not any(_fits(who, askers) for askers in grant.to):
            account = f"{who.namespace}/{who.service_account}"
            sentence = f"application {who.application}, ServiceAccount {account}, may not ask for {name}"
            return Denial("grant", sentence)
    return None


def _fits(who: Asker, named: Application | Askers) -> bool:
    """Every list that is not empty."""
    wanted = [(named.namespaces, who.namespace), (named.service_accounts, who.service_account)]
    if isinstance(named, Askers):
        wanted.append((named.applications, who.application))
    return all(not listed or one in listed for listed, one in wanted)
