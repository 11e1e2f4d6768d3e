"""Whether pods that ask for grants are answered, and whether what has ended is given back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, Result, counted, follows, ok, problem, some, warning
from webhook.cli.check.replicas import replicated
from webhook.cli.live import ready
from webhook.cli.stored_policy import policy_config_map
from webhook.gateway.grants import stored
from webhook.gateway.grants.grant import Grant
from webhook.gateway.replicas.election import CLOSE as CLOSED
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import GATEWAY, GATEWAY_SLICES, NAMESPACE

CLOSE = f"kubectl -n {NAMESPACE} annotate --overwrite lease {GATEWAY} {CLOSED}=true"
OPEN = f"kubectl -n {NAMESPACE} annotate lease {GATEWAY} {CLOSED}- && kubectl -n {NAMESPACE} rollout restart deployment/{GATEWAY}"
"""Whoever leads while it is closed grants nothing any more."""
DEFINITION = f"{stored.PLURAL}.{stored.GROUP}"
LONG = timedelta(minutes=10)
"""That an upstream may take to give something back, after a first try that failed."""
_LATE = timedelta(minutes=1)
"""That a clock here may be before the leader's."""
_LOG = f"kubectl -n {NAMESPACE} logs -l {OWN_LABEL}={GATEWAY} --prefix"
_NEEDLESS = ok("the policy has no grants, and needs no gateway")


def _gateway(facts: Facts) -> Iterator[Finding]:
    deployment, secrets, grants = known(facts.gateway), known(facts.gateway_secrets), known(facts.grants)
    if not facts.applied.grants:
        yield _left(deployment is not None, grants or [])
        return
    yield replicated(GATEWAY, deployment, "the gateway")
    runs, named = (
        policy_config_map(one["spec"]["template"]["spec"]) if one else "" for one in (deployment, known(facts.webhook))
    )
    if runs and named and runs != named:
        yield problem(f"the gateway runs {runs}, the webhook {named}: they judge pods differently", APPLY)
    if grants is None:
        yield problem(f"there is no CustomResourceDefinition {DEFINITION}: nobody can be authorized", APPLY)
    for name, secret in sorted(secrets.items()):
        if secret is None:
            upstreams = [key for key, upstream in facts.applied.gateway.upstreams.items() if upstream.credentials == name]
            sentence = f"there is no Secret {NAMESPACE}/{name}, which {some(upstreams)} needs: new replicas wait for it"
            yield problem(sentence, f"kubectl -n {NAMESPACE} create secret generic {name} --from-file=HEADER=FILE")


def _left(runs: bool, grants: list[Json]) -> Finding:
    """By an earlier policy."""
    held = [grant["metadata"]["name"] for grant in grants if (grant.get("status") or {}).get("phase") != "Ended"]
    if runs:
        sentence = f"the policy has no grants, and the gateway of an earlier one still holds {counted(len(held), 'Grant')}"
        return warning(sentence, f"{CLOSE}; docs/gateway.md says how the rest is taken out")
    if held:
        sentence = (
            f"{counted(len(held), 'Grant is', 'Grants are')} left of a gateway that is gone: upstreams still hold their entries"
        )
        return problem(
            sentence, f"kubectl richpod grants -A -o json names the entries; then kubectl -n {NAMESPACE} delete grants --all"
        )
    return _NEEDLESS


def _leader(facts: Facts) -> Iterator[Finding]:
    lease, slices, pods = known(facts.gateway_lease), known(facts.gateway_slices), known(facts.gateway_pods)
    if not facts.applied.grants:
        yield _NEEDLESS
        return
    if lease and (lease["metadata"].get("annotations") or {}).get(CLOSED) == "true":
        yield problem("the gateway was closed: it sends every pod away, and revokes what others hold", OPEN)
    holder = _holder(lease, facts.now)
    if not holder:
        yield problem("no replica of the gateway leads: whoever asks waits", _LOG)
    if missing := sorted(GATEWAY_SLICES.keys() - {each["metadata"]["name"] for each in slices}):
        yield problem(f"there is no EndpointSlice {some(missing)}", APPLY)
    found = {_target(endpoint) for each in slices for endpoint in each.get("endpoints") or ()}
    if strangers := sorted(found - {pod["metadata"]["name"] for pod in pods if ready(pod)}):
        yield problem(f"pods are sent to {some(strangers)}, which is no replica that is ready", _LOG)
    elif not found:
        yield problem("pods are sent nowhere: no EndpointSlice has an address", _LOG if holder else follows("gateway"))
    else:
        yield ok(f"{some(sorted(found))} leads, and is who pods are sent to")


def _holder(lease: Json | None, now: datetime) -> str:
    """Who leads, "" for nobody."""
    spec: Json = (lease or {}).get("spec") or {}
    renewed = spec.get("renewTime")
    if not renewed or now > _moment(renewed) + timedelta(seconds=spec.get("leaseDurationSeconds", 0)) + _LATE:
        return ""
    return str(spec.get("holderIdentity") or "")


def _target(endpoint: Json) -> str:
    """The name of its pod."""
    return str((endpoint.get("targetRef") or {}).get("name") or some(endpoint["addresses"]))


def _grants(facts: Facts) -> Iterator[Finding]:
    """Of what upstreams have not given back the next try comes by itself: what ails them is said by their answers."""
    grants = known(facts.grants)
    held = grants or []
    failed: dict[tuple[Result, str], list[str]] = {}
    for one in held:
        try:
            grant = stored.read(one)
        except stored.Unreadable as error:
            yield problem(
                str(error), f"kubectl -n {NAMESPACE} delete grant {one['metadata']['name']}, once upstreams hold nothing"
            )
            continue
        result: Result = "problem" if facts.now > _written(one) + LONG else "warning"
        for said in _failures(grant):
            failed.setdefault((result, said), []).append(f"{grant.owner.namespace}/{grant.owner.pod}")
    for (result, said), pods in failed.items():
        sentence = f"{counted(len(pods), 'entry waits', 'entries wait')} to be revoked: {said}: {some(sorted({*pods}))}"
        yield Finding(result, sentence, "the upstream; kubectl richpod grants -A shows what is left")
    if not failed:
        yield ok(f"{counted(len(held), 'Grant')}, none waits for an upstream to give it back")


def _failures(grant: Grant) -> Iterator[str]:
    """What upstreams answered that were asked to give back."""
    for entry in grant.held:
        if grant.ended and entry.reason:
            yield f"{entry.key.upstream}: {entry.reason}"


def _written(held: Json) -> datetime:
    """When its status changed last, which writes that change nothing do not touch."""
    times = [each["time"] for each in held["metadata"].get("managedFields") or () if each.get("subresource") == "status"]
    return _moment(max(times, default=held["metadata"]["creationTimestamp"]))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


CHECKS = (Check("gateway", _gateway), Check("gateway-leader", _leader), Check("grants", _grants))
