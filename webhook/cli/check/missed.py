"""Pods of namespaces that opted in which run without what they should have got: created before, or while the webhook was away."""

from collections.abc import Iterator, Mapping

from webhook import __version__
from webhook.admission.context import Context
from webhook.admission.entries import Entry, match
from webhook.admission.pipeline import Outcome
from webhook.admission.verdicts import Verdict
from webhook.cli.check.facts import Facts, Json, Untreated, by_owner, known
from webhook.cli.check.finding import NAMED, Check, Finding, counted, examine, ok, problem, some, warning
from webhook.cli.check.trials import REACHABILITY
from webhook.cli.manifests.required import accepted
from webhook.cli.mark import status
from webhook.cli.offline import decided, registries
from webhook.cli.owners import AGAIN, gone, restart
from webhook.errors import Malformed
from webhook.policy import Policy

UNTOLD = "lines image-unknown of its log say why it was not told"
"""Where it was asked at all: of pods that were created while the webhook was away there are none."""

Contexts = Mapping[Entry, Context]


def today(pod: Json, labels: Mapping[str, str], contexts: Contexts) -> Outcome | None:
    """What a creation today would come to where it would change or refuse a stored pod, or ask registries, else None.

    The pipeline is the judge: a pod that has everything gets no operation again, and a mark proves nothing (requirement 29).
    """
    context = _context(pod, labels, contexts)
    if context is None:
        return None
    try:
        outcome = decided(pod, pod["metadata"]["namespace"], context)
    except Malformed:
        # Larger than what the webhook looks at: nothing of it would be changed.
        return None
    more = outcome.refused or registries(outcome, context.policy)
    return outcome if outcome.operations or (more and context.profile.mode == "enforce") else None


def outdated(metadata: Json, policy: Policy) -> bool:
    """Whether it was treated by another version or policy, so that the webhook was not away."""
    found = status(metadata)
    return found is not None and (found.get("version"), found.get("policy")) != (__version__, policy.hash)


def without_runtime(pod: Json, labels: Mapping[str, str], contexts: Contexts) -> str:
    """`runtime X, which profile Y requires` where a pod runs without it, else ""."""
    context = _context(pod, labels, contexts)
    if context is None or "runtime" not in context.profile.required:
        return ""
    if pod["spec"].get("runtimeClassName") in accepted(context.policy, context.profile):
        return ""
    return f"runtime {context.defaults['runtime']}, which profile {context.profile_name} requires"


def _context(pod: Json, labels: Mapping[str, str], contexts: Contexts) -> Context | None:
    """Of the entry that would see the pod."""
    entry = match(tuple(contexts), labels, pod["metadata"].get("labels") or {})
    return None if entry is None else contexts[entry]


def _missed(facts: Facts) -> Iterator[Finding]:
    pods = known(facts.pods)
    (reachability,) = examine((REACHABILITY,), facts)
    first = "once reachability is ok: " if reachability.result == "problem" else ""
    told = [pod for pod in pods.untreated if not pod.asked]
    for alike in by_owner((pod for pod in told if not _outdated(pod)), _how):
        pod, names = alike[0], [pod.name for pod in alike]
        run = counted(len(names), "pod runs", "pods run")
        fix = _unrefused(pod, pod.refused) if pod.refused else f"{first}{restart(pod.namespace, pod.owner, names)}"
        more = f" ({AGAIN})" if gone(pod.owner) and not pod.refused else ""
        yield problem(f"{pod.namespace}: {f'{pod.owner}: ' if pod.owner else ''}{run} {_how(pod)}: {some(names)}{more}", fix)
    if old := by_owner((pod for pod in told if _outdated(pod)), lambda _: ""):
        yield _warned(old, "as another version or policy treated it, and would be changed today")
    if asked := by_owner((pod for pod in pods.untreated if pod.asked), lambda _: ""):
        hosts = some(sorted({host for alike in asked for pod in alike for host in pod.asked}))
        yield _warned(
            asked, f"without an init: the webhook asks {hosts} what their images run, and this command does not; {UNTOLD}"
        )
    if not pods.untreated:
        yield ok(f"{counted(pods.seen, 'running pod')} of namespaces that opted in: none was missed")


def _warned(groups: list[list[Untreated]], how: str) -> Finding:
    run = counted(sum(map(len, groups)), "pod runs", "pods run")
    owners = some([f"{alike[0].namespace}/{alike[0].owner or alike[0].name}" for alike in groups])
    anew = (restart(alike[0].namespace, alike[0].owner, [pod.name for pod in alike]) for alike in groups[:NAMED])
    return warning(f"{run} {how}: {owners}", "; ".join(anew))


def _outdated(pod: Untreated) -> bool:
    """And nothing worse."""
    return pod.outdated and not pod.without


def _how(pod: Untreated) -> str:
    how = f"WITHOUT {pod.without}" if pod.without else "untreated"
    return f"{how}, and would be refused today ({pod.refused.sentence})" if pod.refused else how


def _unrefused(pod: Untreated, refused: Verdict) -> str:
    """What changes the verdict; a restart would be refused again and again."""
    return refused.fix or f"richpod explain pod/{pod.name} -n {pod.namespace}"


CHECKS = (Check("missed", _missed),)
