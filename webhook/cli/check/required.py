"""Whether the API server itself refuses pods that lack what a profile requires."""

from collections.abc import Iterator

from webhook.cli.check.configuration import APPLY, SELECTORS, expressions
from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, ok, problem, some
from webhook.cli.manifests.manifest import INSTALLED
from webhook.cli.manifests.required import manifests


def _required(facts: Facts) -> Iterator[Finding]:
    wanted = [manifest.object for manifest in manifests(facts.applied)]
    live = [*known(facts.required_policies), *known(facts.required_bindings)]
    there = {one["metadata"]["name"]: one["spec"] for one in live}
    findings = [said for one in wanted for said in _held(one, there.get(one["metadata"]["name"]))]
    findings += _left(facts)
    count = f"{len(wanted)} ValidatingAdmissionPolicies and bindings"
    yield from findings or [ok(f"what profiles require is held by {count}" if wanted else "no profile requires anything")]


def _left(facts: Facts) -> Iterator[Finding]:
    """`kubectl apply` leaves what an earlier policy rendered; what the policy that runs renders is not left but in force."""
    rendered = {manifest.object["metadata"]["name"] for policy in (facts.policy, facts.applied) for manifest in manifests(policy)}
    bindings: dict[str, list[str]] = {}
    for binding in filter(_ours, known(facts.required_bindings)):
        if binding["metadata"]["name"] not in rendered:
            bindings.setdefault(binding["spec"]["policyName"], []).append(binding["metadata"]["name"])
    left = {one["metadata"]["name"] for one in filter(_ours, known(facts.required_policies))} - rendered
    for name in sorted(bindings.keys() | left):
        objects = [f"{_BINDING}/{binding}" for binding in bindings.get(name, ())] + [f"{_POLICY}/{name}"] * (name in left)
        does = "still refuses pods" if name in bindings else "has no binding, and refuses none"
        yield problem(f"{name} {does}: an earlier policy has left {some(objects)}", f"kubectl delete {' '.join(objects)}")


_POLICY, _BINDING = "validatingadmissionpolicy", "validatingadmissionpolicybinding"


def _ours(one: Json) -> bool:
    return INSTALLED.items() <= (one["metadata"].get("labels") or {}).items()


def _held(wanted: Json, live: Json | None) -> Iterator[Finding]:
    what = f"{wanted['kind']} {wanted['metadata']['name']}"
    if live is None:
        yield problem(f"{what} is missing: pods can run without what their profile requires", APPLY)
        return
    for key in ("variables", "validations", "validationActions", "policyName", "failurePolicy"):
        if wanted["spec"].get(key) != live.get(key):
            yield problem(f"{what} has other {key} than the policy renders", APPLY)
    for key in SELECTORS:
        if expressions(_matched(wanted["spec"]).get(key)) != expressions(_matched(live).get(key)):
            yield problem(f"{what} has another {key} than the policy renders", APPLY)


def _matched(spec: Json) -> Json:
    return spec.get("matchResources") or {}


CHECKS = (Check("required", _required),)
