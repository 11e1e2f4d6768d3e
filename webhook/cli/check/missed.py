"""Pods of namespaces that opted in which run without what they should have got: created before, or while the webhook was away."""

from collections.abc import Iterable, Iterator, Mapping

import orjson

from webhook import __version__
from webhook.admission.context import Context
from webhook.admission.entries import Entry, match
from webhook.admission.pipeline import mutate
from webhook.cli.check.facts import Facts, Json, Untreated, known
from webhook.cli.check.finding import Check, Finding, counted, ok, problem, some, warning
from webhook.cli.live import Owner, restart, status
from webhook.policy import Policy

Contexts = Mapping[Entry, Context]


def lacks(pod: Json, labels: Mapping[str, str], contexts: Contexts) -> bool:
    """Whether a creation today would change or refuse a stored pod.

    The pipeline is the judge: a pod that has everything gets no operation again, and a mark proves nothing (requirement 29).
    """
    metadata = pod["metadata"]
    entry = match(tuple(contexts), labels, metadata.get("labels") or {})
    if entry is None:
        return False
    context = contexts[entry]
    outcome = mutate(orjson.loads(orjson.dumps(pod)), metadata["namespace"], context)
    return bool(outcome.operations or (outcome.refused and context.profile.mode == "enforce"))


def outdated(metadata: Json, policy: Policy) -> bool:
    """Whether it was treated by another version or policy, so that the webhook was not away."""
    found = status(metadata)
    return found is not None and (found.get("version"), found.get("policy")) != (__version__, policy.hash)


def _missed(facts: Facts) -> Iterator[Finding]:
    pods = known(facts.pods)
    for (namespace, owner, _), names in _by_owner(pod for pod in pods.untreated if not pod.outdated).items():
        what, run = f"{owner}: " if owner else "", counted(len(names), "pod runs", "pods run")
        yield problem(f"{namespace}: {what}{run} untreated: {some(names)}", restart(namespace, owner, names))
    if old := _by_owner(pod for pod in pods.untreated if pod.outdated):
        run = counted(sum(map(len, old.values())), "pod runs", "pods run")
        owners = some([f"{namespace}/{owner or name}" for namespace, owner, name in old])
        yield warning(f"{run} as another version or policy treated it, and would be changed today: {owners}")
    if not pods.untreated:
        yield ok(f"{counted(pods.seen, 'running pod')} of namespaces that opted in: none was missed")


def _by_owner(pods: Iterable[Untreated]) -> dict[tuple[str, Owner | None, str], list[str]]:
    """Namespace and owner to the names of pods; each pod without an owner is a case of its own."""
    groups: dict[tuple[str, Owner | None, str], list[str]] = {}
    for pod in pods:
        groups.setdefault((pod.namespace, pod.owner, "" if pod.owner else pod.name), []).append(pod.name)
    return groups


CHECKS = (Check("missed", _missed),)
