"""Whether the configuration in the cluster is the one that the policy renders, entry by entry."""

from collections.abc import Iterator

from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, counted, ok, problem, some, warning
from webhook.cli.manifests.configuration import manifests
from webhook.installation import CONFIGURATION
from webhook.policy import Policy

APPLY = "richpod manifests --policy FILE | kubectl apply -f -"
SELECTORS = ("namespaceSelector", "objectSelector")
_HARMLESS = frozenset(("timeoutSeconds", "reinvocationPolicy", "matchPolicy"))
"""What somebody may tune without a pod being lost or sent twice."""


def _configuration(facts: Facts) -> Iterator[Finding]:
    live = known(facts.configuration)
    if live is None:
        yield problem(f"there is no MutatingWebhookConfiguration {CONFIGURATION}: no pod is treated", APPLY)
        return
    wanted = _entries(facts.applied)
    there = {entry["name"]: entry for entry in live.get("webhooks") or ()}
    alike: dict[Finding, list[str]] = {}
    for name in {**wanted, **there}:
        for difference in _differences(wanted.get(name), there.get(name)):
            alike.setdefault(difference, []).append(name)
    for difference, names in alike.items():
        yield difference._replace(sentence=f"{some(names)}: {difference.sentence}")
    if not alike:
        yield ok(f"{len(there)} entries, as policy {facts.applied.hash} renders them")
    if facts.applied.hash != facts.policy.hash:
        yield _to_come(wanted, _entries(facts.policy))


def _entries(policy: Policy) -> dict[str, Json]:
    return {entry["name"]: entry for entry in manifests(policy)[0].object["webhooks"]}


def _to_come(now: dict[str, Json], then: dict[str, Json]) -> Finding:
    """What the policy that was given will change once it is applied."""
    changed = sum(now[name] != then[name] for name in now.keys() & then.keys())
    new, gone = counted(len(then.keys() - now.keys()), "entry is new", "entries are new"), len(now.keys() - then.keys())
    sentence = f"the policy that was given is not applied yet: {new}, {changed} changed, {gone} gone; see kubectl diff"
    return warning(sentence, APPLY)


def _differences(wanted: Json | None, there: Json | None) -> Iterator[Finding]:
    """Of one entry, in words that do not name it: most are of many."""
    if there is None:
        yield problem("missing", APPLY)
        return
    if wanted is None:
        yield problem("not of this policy", APPLY)
        return
    called, live = wanted["clientConfig"]["service"], there.get("clientConfig") or {}
    if "url" in live or called != live.get("service", called):
        yield problem(f"calls {_target(live)}, not {_target(wanted['clientConfig'])}", APPLY)
    for key in SELECTORS:
        expected, found = expressions(wanted.get(key)), expressions(there.get(key))
        yield from (problem(f"{key} lacks {one}", APPLY) for one in sorted(expected - found))
        yield from (warning(f"{key} has what somebody added: {one}") for one in sorted(found - expected))
    conditions = {condition["name"]: condition for condition in wanted.get("matchConditions") or ()}
    for condition in there.get("matchConditions") or ():
        if conditions.pop(condition["name"], None) != condition:
            yield warning(f"has a condition that somebody added or changed: {condition['name']}", APPLY)
    yield from (problem(f"lacks the condition {missing}", APPLY) for missing in conditions)
    for key in wanted:
        if key not in ("name", "clientConfig", "matchConditions", *SELECTORS) and wanted[key] != there.get(key):
            said = warning if key in _HARMLESS else problem
            yield said(_differs(key, wanted[key], there.get(key)), APPLY)


def _target(client: Json) -> str:
    service = client.get("service") or {}
    path, port = service.get("path", ""), service.get("port", 443)
    return client.get("url") or f"service {service.get('namespace')}/{service.get('name')}:{port}{path}"


def expressions(selector: Json | None) -> frozenset[str]:
    """Each as people read it; the order of expressions, and of values in one, means nothing."""
    held = selector or {}
    labels = (f"{key} In [{value}]" for key, value in (held.get("matchLabels") or {}).items())
    expressions = (_expression(one) for one in held.get("matchExpressions") or ())
    return frozenset((*labels, *expressions))


def _expression(one: Json) -> str:
    values = ", ".join(sorted(one.get("values") or ()))
    return f"{one['key']} {one['operator']}" + (f" [{values}]" if values else "")


def _differs(key: str, wanted: object, there: object) -> str:
    return f"has {key} {there}, not {wanted}" if isinstance(wanted, str | int) else f"has other {key} than the policy renders"


CHECKS = (Check("configuration", _configuration),)
