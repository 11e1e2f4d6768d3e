"""Whether the API server itself refuses pods that lack what a profile requires."""

from collections.abc import Iterator

from webhook.cli.check.configuration import APPLY, SELECTORS, expressions
from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, ok, problem, warning
from webhook.cli.manifests.manifest import INSTALLED
from webhook.cli.manifests.required import manifests


def _required(facts: Facts) -> Iterator[Finding]:
    wanted = [manifest.object for manifest in manifests(facts.policy)]
    live = [*known(facts.required_policies), *known(facts.required_bindings)]
    there = {one["metadata"]["name"]: one["spec"] for one in live}
    findings = [said for one in wanted for said in _held(one, there.get(one["metadata"]["name"]))]
    findings += _left(known(facts.required_bindings), {one["metadata"]["name"] for one in wanted})
    count = f"{len(wanted)} ValidatingAdmissionPolicies and bindings"
    yield from findings or [ok(f"what profiles require is held by {count}" if wanted else "no profile requires anything")]


def _left(bindings: list[Json], wanted: set[str]) -> Iterator[Finding]:
    """`kubectl apply` leaves what an earlier policy rendered."""
    for metadata in (binding["metadata"] for binding in bindings):
        if metadata["name"] not in wanted and INSTALLED.items() <= (metadata.get("labels") or {}).items():
            sentence = f"ValidatingAdmissionPolicyBinding {metadata['name']} refuses pods for a profile that requires nothing now"
            yield warning(sentence, f"kubectl delete validatingadmissionpolicybinding {metadata['name']}")


def _held(wanted: Json, live: Json | None) -> Iterator[Finding]:
    what = f"{wanted['kind']} {wanted['metadata']['name']}"
    if live is None:
        yield problem(f"{what} is missing: pods can run without what their profile requires", APPLY)
        return
    for key in ("validations", "validationActions", "policyName", "failurePolicy"):
        if wanted["spec"].get(key) != live.get(key):
            yield problem(f"{what} has other {key} than the policy renders", APPLY)
    for key in SELECTORS:
        if expressions(_matched(wanted).get(key)) != expressions(_matched({"spec": live}).get(key)):
            yield problem(f"{what} has another {key} than the policy renders", APPLY)


def _matched(one: Json) -> Json:
    return one["spec"].get("matchResources") or {}


CHECKS = (Check("required", _required),)
