"""What a pod asks for, as admission wrote it into its authorizer, and whether the policy lets it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from webhook.gateway.errors import Denied
from webhook.gateway.grants.grant import Owner
from webhook.gateway.pods.identity import Caller
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZER_CONTAINER, GRANT_OPTION
from webhook.policy.gateway import Application, Grant
from webhook.policy.permission import MOST_GRANTS, Asker, denial
from webhook.policy.text import is_application

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
    if len(applications) != 1 or not is_application(applications[0]) or not grants:
        raise Denied(
            403, "no-intent", f"the pod has no container {AUTHORIZER_CONTAINER} of richpod's, which says what it asks for"
        )
    if len(grants) > MOST_GRANTS:
        raise Denied(403, "no-intent", f"the pod asks for {len(grants)} grants, and {MOST_GRANTS} are the most")
    return Intent(applications[0], grants)


def _values(words: Sequence[str], option: str) -> Iterator[str]:
    return (value for word, value in pairwise(words) if word == option)


def owner(who: Caller, asked: Intent) -> Owner:
    return Owner(who.namespace, who.pod, who.uid, who.service_account, asked.application)


def permit(who: Owner, asked: Intent, grants: Mapping[str, Grant], applications: Mapping[str, Application]) -> None:
    """Raises Denied, whatever admission let pass."""
    if found := denial(Asker(who.namespace, who.service_account, who.application), asked.grants, grants, applications):
        raise Denied(403, found.reason, found.sentence)
