"""Pods of namespaces that opted in which cannot start because an image of richpod's own cannot be pulled."""

from collections.abc import Iterator

from webhook.cli.check.facts import Facts, Waiting, by_owner, known
from webhook.cli.check.finding import Check, Finding, counted, ok, problem, some
from webhook.cli.owners import AGAIN, Owner, restart
from webhook.cli.pulls import corrected
from webhook.printable import one_line

SENTENCE = 400
"""Of the kubelet: a registry's own words stand at its end."""


def _toolkit(facts: Facts) -> Iterator[Finding]:
    pods, current = known(facts.pods), facts.applied.image.toolkit
    left: list[Waiting] = []
    alike: dict[str, list[Waiting]] = {}
    for pod in pods.waiting:
        elsewhere = pod.outdated and pod.image != current
        (left if elsewhere else alike.setdefault(pod.image, [])).append(pod)
    for waiting in alike.values():
        why, namespaces = one_line(waiting[0].why, SENTENCE), some(sorted({pod.namespace for pod in waiting}))
        look = f"kubectl -n {waiting[0].namespace} describe pod {waiting[0].name}"
        yield problem(f"{_wait(waiting)}; the kubelet says: {why}; to be corrected: {corrected(namespaces)}", look)
    yield from _left(left)
    if not pods.waiting:
        yield ok("no pod of namespaces that opted in waits for an image of richpod's own")


def _wait(pods: list[Waiting]) -> str:
    owners = some(sorted({f"{pod.namespace}/{pod.owner or pod.name}" for pod in pods}))
    return f"{counted(len(pods), 'pod waits', 'pods wait')} for {pods[0].image}, which cannot be pulled: {owners}"


def _left(pods: list[Waiting]) -> Iterator[Finding]:
    """They wait for what an earlier policy named, and nothing but another pod changes that."""
    for alike in by_owner(pods, lambda pod: pod.image):
        owner = alike[0].owner
        again = "" if owner else f" ({AGAIN})"
        fix = _anew(alike[0].namespace, owner, [pod.name for pod in alike])
        yield problem(f"{_wait(alike)}; the policy names another by now{again}", fix)


def _anew(namespace: str, owner: Owner | None, pods: list[str]) -> str:
    """A StatefulSet and a Job wait for the pod that they have, whatever is rolled out."""
    if owner is None or owner.kind in ("Deployment", "DaemonSet"):
        return restart(namespace, owner, pods)
    return f"kubectl -n {namespace} delete pod {' '.join(pods)}"


CHECKS = (Check("toolkit", _toolkit),)
