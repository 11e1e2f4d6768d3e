"""Whether the configuration in the cluster is the one that the policy renders, entry by entry."""

from collections.abc import Iterator

from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, ok, problem, warning
from webhook.cli.manifests.configuration import manifests
from webhook.installation import CONFIGURATION

APPLY = "richpod manifests --policy FILE | kubectl apply -f -"
_SELECTORS = ("namespaceSelector", "objectSelector")
_HARMLESS = frozenset(("timeoutSeconds", "reinvocationPolicy", "matchPolicy"))
"""What somebody may tune without a pod being lost or sent twice."""


def _configuration(facts: Facts) -> Iterator[Finding]:
    live = known(facts.configuration)
    if live is None:
        yield problem(f"there is no MutatingWebhookConfiguration {CONFIGURATION}: no pod is treated", APPLY)
        return
    wanted = {entry["name"]: entry for entry in manifests(facts.policy)[0].object["webhooks"]}
    there = {entry["name"]: entry for entry in live.get("webhooks") or ()}
    findings = [problem(f"entry {name} is missing", APPLY) for name in wanted if name not in there]
    findings += [problem(f"entry {name} is not the policy's", APPLY) for name in there if name not in wanted]
    for name, entry in wanted.items():
        findings += _differences(entry, there.get(name, entry))
    yield from findings or [ok(f"{len(there)} entries, as policy {facts.policy.hash} renders them")]


def _differences(wanted: Json, there: Json) -> Iterator[Finding]:
    name = wanted["name"]
    called, live = wanted["clientConfig"]["service"], there.get("clientConfig") or {}
    if "url" in live or called != live.get("service", called):
        yield problem(f"entry {name} calls {_target(live)}, not {_target(wanted['clientConfig'])}", APPLY)
    for key in _SELECTORS:
        expected, found = _expressions(wanted.get(key)), _expressions(there.get(key))
        for one in sorted(expected - found):
            yield problem(f"entry {name} lacks in its {key}: {one}", APPLY)
        for one in sorted(found - expected):
            yield warning(f"entry {name} has in its {key} what somebody added: {one}")
    conditions = {condition["name"]: condition for condition in wanted.get("matchConditions") or ()}
    for condition in there.get("matchConditions") or ():
        if conditions.pop(condition["name"], None) != condition:
            yield warning(f"entry {name} has a condition that somebody added or changed: {condition['name']}", APPLY)
    for missing in conditions:
        yield problem(f"entry {name} lacks the condition {missing}", APPLY)
    for key in wanted.keys() - {"name", "clientConfig", "matchConditions", *_SELECTORS}:
        if wanted[key] != there.get(key):
            said = warning if key in _HARMLESS else problem
            yield said(f"entry {name} has {key} {_short(there.get(key))}, not {_short(wanted[key])}", APPLY)


def _target(client: Json) -> str:
    service = client.get("service") or {}
    path, port = service.get("path", ""), service.get("port", 443)
    return client.get("url") or f"service {service.get('namespace')}/{service.get('name')}:{port}{path}"


def _expressions(selector: Json | None) -> frozenset[str]:
    """Each as people read it; the order of expressions, and of values in one, means nothing."""
    held = selector or {}
    labels = (f"{key} In [{value}]" for key, value in (held.get("matchLabels") or {}).items())
    expressions = (_expression(one) for one in held.get("matchExpressions") or ())
    return frozenset((*labels, *expressions))


def _expression(one: Json) -> str:
    values = ", ".join(sorted(one.get("values") or ()))
    return f"{one['key']} {one['operator']}" + (f" [{values}]" if values else "")


def _short(value: object) -> str:
    return str(value) if isinstance(value, str | int) or value is None else "of its own"


CHECKS = (Check("configuration", _configuration),)
