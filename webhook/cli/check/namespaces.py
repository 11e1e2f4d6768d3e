"""Whether labels of namespaces say what their owners mean: words that mean something, and one entry that sees them."""

from collections.abc import Iterator, Mapping

from webhook.admission.annotations import ANNOTATIONS
from webhook.admission.entries import INJECT, NAME, PROFILE, Entry, Requirement, entries, match, selectable
from webhook.admission.placement import Misplaced, meant, misplaced_on_namespace
from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, counted, follows, ok, problem, some, warning
from webhook.inpod.contract import OWN_LABEL, PREFIX
from webhook.nearest import closest, nearest
from webhook.policy import Policy


def labels_of(namespace: Json) -> dict[str, str]:
    """As the API server matches them: the name is always among them."""
    metadata = namespace["metadata"]
    return {**(metadata.get("labels") or {}), NAME: metadata["name"]}


def one_of_each(namespaces: list[Json], policy: Policy) -> list[str]:
    """A namespace for each entry that changes pods of any, pods without labels of their own."""
    found, chosen = entries(policy), dict[Entry, str]()
    for namespace in namespaces:
        entry = match(found, labels_of(namespace), {})
        if entry is not None and entry.level:
            chosen.setdefault(entry, namespace["metadata"]["name"])
    return list(chosen.values())


def _words(facts: Facts) -> Iterator[Finding]:
    """Labels and annotations of ours on namespaces."""
    findings = [said for namespace in known(facts.namespaces) for said in _of(namespace, facts.policy)]
    yield from findings or [ok("labels of namespaces say what richpod understands")]


def _of(namespace: Json, policy: Policy) -> Iterator[Finding]:
    name, labels = namespace["metadata"]["name"], labels_of(namespace)
    profile = labels.get(PROFILE)
    owner = next((p for p, settings in policy.profiles.items() if name in settings.namespaces), None)
    free = owner is None and name not in policy.excluded
    for wrong in misplaced_on_namespace(namespace["metadata"]):
        yield problem(f"namespace {name}: {wrong.sentence}", _moved(wrong, namespace["metadata"], policy if free else None))
    yield from _unknown(name, labels)
    if name in policy.excluded:
        if labels.get(INJECT) == "true" or profile is not None:
            written = " ".join(f"{key}-" for key in (INJECT, PROFILE) if key in labels)
            yield warning(f"namespace {name} asks for pods to be treated, and is excluded", _label(name, written))
    elif owner is not None:
        if profile not in (None, owner):
            sentence = f"namespace {name} asks for profile {profile}, and belongs to profile {owner}"
            yield warning(sentence, _label(name, f"{PROFILE}-"))
        if labels.get(INJECT) == "false" and policy.profiles[owner].required:
            sentence = f"namespace {name} opts out, which means nothing: profile {owner} is required there"
            yield warning(sentence, _label(name, f"{INJECT}-"))
    elif profile is not None:
        yield from _profile(name, profile, policy)


def _moved(wrong: Misplaced, metadata: Json, policy: Policy | None) -> str:
    """The command; a label that was meant is written unless there is another. `policy` is None where no label decides."""
    name, labels = metadata["name"], metadata.get("labels") or {}
    if wrong.noun == "label":
        return _label(name, f"{INJECT}={meant(labels[INJECT])}" if wrong.key == INJECT else f"{wrong.key}-")
    remove = f"kubectl annotate namespace {name} {wrong.key}-"
    if wrong.key not in (INJECT, PROFILE) or wrong.key in labels or policy is None:
        return remove
    value = metadata["annotations"][wrong.key]
    label = meant(value) if wrong.key == INJECT else value
    known = wrong.key == INJECT or label in selectable(policy)
    return f"{remove}; {_label(name, f'{wrong.key}={label}')}" if known else remove


def _unknown(name: str, labels: Mapping[str, str]) -> Iterator[Finding]:
    """Labels that would be ours, were there such words."""
    known_words = [key.removeprefix(PREFIX) for key in (INJECT, PROFILE)]
    for key, value in labels.items():
        word = key.removeprefix(PREFIX)
        if word in (key, *known_words, *ANNOTATIONS) or key == OWN_LABEL:
            continue
        near = closest(word, known_words)
        instead = f" {PREFIX}{near}={value}" if near else ""
        sentence = f"namespace {name}: the label {key} is not known{nearest(word, [near])}"
        yield problem(sentence, _label(name, f"{key}-{instead}"))


def _profile(name: str, profile: str, policy: Policy) -> Iterator[Finding]:
    """Of a namespace that asks for one by its label."""
    wanted = profile if profile in policy.profiles else closest(profile, policy.profiles)
    by_name = bool(wanted) and bool(policy.profiles[wanted].namespaces)
    if profile not in policy.profiles:
        known_names = ", ".join(sorted(policy.profiles)) or "none"
        sentence = f"there is no profile {profile}{nearest(profile, [wanted])} (known: {known_names})"
    elif by_name:
        sentence = f"profile {profile} is given by name only"
    else:
        return
    fix = _label(name, f"{PROFILE}={wanted or 'NAME'}")
    if by_name:
        remove = _label(name, f"{PROFILE}-")
        fix = f"add {name} to profiles.{wanted}.namespaces of the policy, and remove the label: {remove}"
    yield problem(f"namespace {name}: {sentence}", fix)


def _label(namespace: str, labels: str) -> str:
    """The command that writes `key=value`, removes `key-`, or both."""
    return f"kubectl label namespace {namespace} --overwrite {labels}"


def _selectors(facts: Facts) -> Iterator[Finding]:
    """What the configuration in the cluster makes of the namespaces, whatever the policy says."""
    live = known(facts.configuration)
    if live is None:
        yield problem("there is no configuration, so that no namespace is seen", follows("configuration"))
        return
    webhooks = [webhook for webhook in live.get("webhooks") or () if _for_pods(webhook)]
    findings, seen = [], 0
    for namespace in known(facts.namespaces):
        name, labels = namespace["metadata"]["name"], labels_of(namespace)
        found = [w["name"] for w in webhooks if _holds(w, "namespaceSelector", labels) and _holds(w, "objectSelector", {})]
        wanted = labels.get(INJECT, "true") == "true" and (INJECT in labels or PROFILE in labels)
        seen += bool(found)
        if len(found) > 1:
            findings.append(problem(f"namespace {name} is seen by more than one entry: {some(found)}", APPLY))
        elif wanted and not found and name not in facts.policy.excluded:
            findings.append(problem(f"namespace {name} opted in, and no entry sees it", APPLY))
    yield from findings or [ok(f"{counted(seen, 'namespace is', 'namespaces are')} seen, each by one entry")]


def _for_pods(webhook: Json) -> bool:
    return any("pods" in rule.get("resources", ()) for rule in webhook.get("rules") or ())


def _holds(webhook: Json, key: str, labels: dict[str, str]) -> bool:
    selector = webhook.get(key) or {}
    wanted = [Requirement(e["key"], e["operator"], tuple(e.get("values") or ())) for e in selector.get("matchExpressions") or ()]
    wanted += [Requirement(name, "In", (value,)) for name, value in (selector.get("matchLabels") or {}).items()]
    return all(requirement.holds(labels) for requirement in wanted)


CHECKS = (Check("labels", _words), Check("selectors", _selectors))
