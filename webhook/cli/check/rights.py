"""Whether richpod's ServiceAccounts may do what they must, and the one that is called by everybody nothing that is dangerous."""

import shlex
from collections.abc import Iterator

from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts, Json, Right, known
from webhook.cli.check.finding import Check, Finding, ok, problem
from webhook.cli.check.registries import rendered
from webhook.cli.manifests.certificates import manifests
from webhook.errors import ApiError
from webhook.installation import AUTHORITY_SECRET, CERTS, CONFIGURATION, NAMESPACE, WEBHOOK
from webhook.policy import Policy

DANGEROUS = (
    Right("*", "*", "*"),
    Right("list", "", "secrets"),
    Right("get", "", "secrets", AUTHORITY_SECRET, NAMESPACE),
    Right("create", "", "pods"),
    Right("list", "", "pods"),
    Right("create", "", "serviceaccounts/token", WEBHOOK, NAMESPACE),
    Right("patch", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", CONFIGURATION),
)
"""What an intruder in the webhook could use (requirement 77)."""


def needed(policy: Policy) -> tuple[Right, ...]:
    """By the certificates' controller: what its roles in the manifests say."""
    roles = [m.object for m in manifests(policy) if m.object["kind"] in ("Role", "ClusterRole")]
    return tuple(
        Right(verb, group, resource, name, role["metadata"].get("namespace", ""))
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames") or ("",)
        for verb in rule["verbs"]
    )


def _certs(facts: Facts) -> Iterator[Finding]:
    if known(facts.certs) is None:
        yield ok("there is no certificates' controller that would need rights")
        return
    lacking = [right for right, allowed in known(facts.certs_rights).items() if not allowed]
    yield from [problem(f"{_account(CERTS)} may not {right}", APPLY) for right in lacking] or [
        ok(f"{_account(CERTS)} has the rights that it needs")
    ]


def _webhook(facts: Facts) -> Iterator[Finding]:
    held = [right for right, allowed in known(facts.webhook_rights).items() if allowed]
    # What may do all may do each.
    held = held[:1] if DANGEROUS[0] in held else held
    if not held:
        yield ok(f"{_account(WEBHOOK)} has no right that is dangerous")
        return
    look = f"kubectl auth can-i --list --as=system:serviceaccount:{NAMESPACE}:{WEBHOOK}"
    found = [] if isinstance(facts.webhook_bindings, ApiError) else facts.webhook_bindings
    fix = "; ".join(_taken(binding) for binding in found if not rendered(binding, facts.applied)) or look
    yield from (problem(f"{_account(WEBHOOK)} may {right}, and must not", fix) for right in held)


def _taken(binding: Json) -> str:
    """The command that takes away what a binding gives: whole, where it is nobody else's."""
    metadata, subjects = binding["metadata"], binding["subjects"]
    verb = "delete" if [one["kind"] for one in subjects] == ["ServiceAccount"] else "edit"
    where, kind = (f" -n {metadata['namespace']}", "rolebinding") if "namespace" in metadata else ("", "clusterrolebinding")
    # With its kind before it no name is an option: RBAC lets them begin with a dash.
    named = shlex.quote(f"{kind}/{metadata['name']}")
    return f"kubectl{where} {verb} {named}"


def _account(name: str) -> str:
    return f"ServiceAccount {NAMESPACE}/{name}"


CHECKS = (Check("rights-certs", _certs), Check("rights-webhook", _webhook))
