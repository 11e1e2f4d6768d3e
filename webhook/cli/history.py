"""What became of a pod when it was created, as far as it can be told afterwards. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.entries import INJECT, PROFILE
from webhook.admission.features import NAMES
from webhook.admission.verdicts import summary
from webhook.cli.mark import status
from webhook.cli.offline import registries
from webhook.cli.owners import AGAIN, Owner, gone, restart
from webhook.cli.preview import Preview
from webhook.cli.trace import Gate
from webhook.installation import CONFIGURATION

Json = dict[str, Any]


class Surroundings(NamedTuple):
    """Of a pod: its Namespace and the MutatingWebhookConfiguration, None where they may not be read or are not there, and the
    owner that would make it anew."""

    namespace: Json | None
    configuration: Json | None
    owner: Owner | None


def created(pod: Json, today: Preview, around: Surroundings) -> Gate:
    """`today` is what a creation would come to now."""
    said = status(pod["metadata"])
    if said is not None:
        return _changed(said, _since(said, today))
    if today.audited or not (today.outcome.operations or today.outcome.refused):
        return Gate("created", "not changed", _unasked(today) or "a creation today would not change it either")
    would = "refuse" if today.outcome.denied else "change"
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    sentence = f"a creation today would {would} it"
    fix = (restart(namespace, around.owner, [name]), *((AGAIN,) if gone(around.owner) else ()))
    return Gate("created", "not changed", sentence, fix, tuple(_reasons(pod, around)))


def _unasked(today: Preview) -> str:
    hosts = ", ".join(() if today.audited else registries(today.outcome, today.circumstances.policy))
    return hosts and f"whether a creation today would change it the webhook asks {hosts}, and this command does not"


def recorded(pod: Json) -> Gate:
    """Where no policy is known that a creation today would follow."""
    said = status(pod["metadata"])
    if said is not None:
        return _changed(said, "today's is not known")
    return Gate("created", "not changed", "whether a creation today would change it is not known")


def not_judged_as_before(pod: Json, today: Preview) -> tuple[str, ...]:
    """Features of a changed pod on which the policy does not say of what it made the same as it said of what it was given.

    A second look at a pod changes nothing and comes to the same verdicts, unless the pod is not what the first one made.
    """
    said = status(pod["metadata"])
    if said is None:
        return ()
    if said.get("policy") != today.circumstances.policy.hash or today.outcome.refused:
        return NAMES
    now = summary(today.outcome.verdicts)
    return tuple(name for name in NAMES if now.get(name) != said["verdicts"].get(name))


def _since(said: Json, today: Preview) -> str:
    current = today.circumstances.policy.hash
    return "today's" if said.get("policy") == current else f"today's is {current}"


def _changed(said: Json, since: str) -> Gate:
    """By its own annotation, whose words are whoever's wrote it."""
    by = f"by richpod {said.get('version')}, profile {said.get('profile')}, policy {said.get('policy')} ({since})"
    return Gate("created", "changed", by, (), tuple(f"{feature}: {became}" for feature, became in said["verdicts"].items()))


def _reasons(pod: Json, around: Surroundings) -> Iterator[str]:
    """Why it may have been passed over; the last holds where nothing else does."""
    at = pod["metadata"]["creationTimestamp"]
    known = False
    if around.configuration is not None and (since := around.configuration["metadata"]["creationTimestamp"]) > at:
        known = True
        yield f"the pod was created at {at}, the configuration {CONFIGURATION} at {since}"
    for since, manager in _labelled(around.namespace):
        if since > at:
            known = True
            yield f"may be: the pod was created at {at}, {manager} wrote labels of the namespace at {since}"
    if not known:
        yield f"may be: the webhook was away at {at}, which does not keep pods from being created"


def _labelled(namespace: Json | None) -> Iterator[tuple[str, str]]:
    """When the labels that opt in were written last, and by whom."""
    for entry in (namespace or {"metadata": {}})["metadata"].get("managedFields") or ():
        labels = (entry.get("fieldsV1") or {}).get("f:metadata", {}).get("f:labels", {})
        if {f"f:{INJECT}", f"f:{PROFILE}"} & labels.keys():
            yield entry.get("time", ""), entry.get("manager", "")
