"""What pods that were created as dry runs tell: whether the webhook answers, and which Pod Security level is the default."""

import re
from collections.abc import Iterable, Iterator

from webhook.admission.entries import ENFORCE, INJECT
from webhook.cli.check.certificates import BUNDLE, CERTIFICATE
from webhook.cli.check.facts import Facts, Json, Trial, available, known
from webhook.cli.check.finding import Check, Finding, examine, follows, ok, problem, warning
from webhook.cli.check.nodes import RUNTIME_CLASSES
from webhook.errors import ApiError
from webhook.inpod.contract import PREFIX
from webhook.installation import NAMESPACE, WEBHOOK

ASKED = f"{PREFIX}check"
"""An annotation that nobody knows: whatever the profile, the webhook says so."""
SLOW = 1000
"""Milliseconds; a creation takes a few of the API server's own, and the webhook's call has 5 seconds."""


def harmless(namespace: str) -> Json:
    """A pod that any quota and Pod Security level lets pass, and whose answer cannot be anybody's but the webhook's."""
    container = {
        "name": "main",
        "image": "registry.invalid/check",
        "command": ["/check"],
        "resources": {key: {"cpu": "10m", "memory": "16Mi"} for key in ("requests", "limits")},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {"securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}}
    metadata = {"generateName": "richpod-check-", "namespace": namespace, "annotations": {ASKED: "true"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "containers": [container]}}


def beyond_baseline(namespace: str) -> Json:
    """The same in the node's process namespace, which baseline forbids and nothing else does; it asks for nothing of ours."""
    pod = harmless(namespace)
    pod["metadata"] |= {"annotations": {}, "labels": {INJECT: "false"}}
    pod["spec"]["hostPID"] = True
    return pod


def _reachability(facts: Facts) -> Iterator[Finding]:
    trials = known(facts.trials)
    if not trials:
        yield warning("no namespace opted in, so that nothing can be tried", f"kubectl label namespace NAME {INJECT}=true")
        return
    if not isinstance(facts.configuration, ApiError) and facts.configuration is None:
        yield problem("there is no configuration, so that the webhook is asked about no pod", follows("configuration"))
        return
    findings = [said for trial in trials for said in _unanswered(trial, facts)]
    slowest = max(trials, key=lambda trial: trial.milliseconds)
    took = f"a creation took {slowest.milliseconds} ms at most, in namespace {slowest.namespace}"
    if slowest.milliseconds >= SLOW:
        findings.append(warning(took, f"kubectl -n {NAMESPACE} top pod"))
    yield from findings or [ok(f"pods in {', '.join(trial.namespace for trial in trials)} are answered; {took}")]


def _unanswered(trial: Trial, facts: Facts) -> Iterator[Finding]:
    if any(f"{ASKED} is not known" in said for said in (*trial.warnings, trial.refusal)):
        return
    if "failed calling webhook" in trial.refusal:
        yield problem(
            f"namespace {trial.namespace}: {trial.refusal}",
            _away(facts) or (_untrusted(facts) if "x509" in trial.refusal else "") or _LOOK,
        )
    elif trial.refusal:
        first = _follows(facts, (RUNTIME_CLASSES,)) if _NO_CLASS in trial.refusal else ""
        yield Finding("unknown", f"namespace {trial.namespace} refuses the pod that tries it: {trial.refusal}", first or _LET)
    else:
        yield problem(
            f"a pod in namespace {trial.namespace} came back without a word of the webhook: it was not reached",
            _away(facts) or _untrusted(facts) or _LOOK,
        )


def _away(facts: Facts) -> str:
    """The advice where no replica is there to answer."""
    there = isinstance(facts.webhook, ApiError) or available(facts.webhook)
    return "" if there else follows("replicas")


def _untrusted(facts: Facts) -> str:
    return _follows(facts, (BUNDLE, CERTIFICATE))


def _follows(facts: Facts, checks: Iterable[Check]) -> str:
    """The advice where one of these has a problem, which is then the reason; else ""."""
    return next((follows(each.id) for each in examine(checks, facts) if each.result == "problem"), "")


_NO_CLASS = "pod rejected: RuntimeClass"
"""The API server's words for a class that is not there."""
_LET = "let a pod of 10m CPU and 16Mi memory pass there: quotas and other webhooks say what they want"
_LOOK = f"kubectl -n {NAMESPACE} get pods,endpointslices; kubectl -n {NAMESPACE} logs deployment/{WEBHOOK}"


_LEVEL = re.compile(r'violates PodSecurity "(\w+):')


def _pod_security(facts: Facts) -> Iterator[Finding]:
    trial, claimed = known(facts.unlabelled), facts.policy.pod_security_default
    if trial is None:
        yield warning(f"every namespace has the label {ENFORCE}, so that there is nothing to prove")
        return
    violated = _LEVEL.search(trial.refusal)
    if trial.refusal and violated is None:
        yield Finding("unknown", f"namespace {trial.namespace} refuses the pod that tries it: {trial.refusal}", _LET)
        return
    proved = violated[1] if violated else "privileged"
    where = f"namespaces without the label {ENFORCE} enforce {proved} (tried in {trial.namespace})"
    if proved == claimed:
        yield ok(where)
    else:
        yield problem(f"{where}, the policy says {claimed}", f"podSecurityDefault: {proved}")


REACHABILITY = Check("reachability", _reachability)
CHECKS = (REACHABILITY, Check("pod-security", _pod_security))
