"""Why a webhook entry does or does not see a pod: the first requirement that fails, and the one line that would change it."""

from collections.abc import Mapping
from typing import NamedTuple

from webhook.admission.entries import INJECT, NAME, Entry, Requirement
from webhook.policy import Policy

Labels = Mapping[str, str]


class Unmet(NamedTuple):
    """`key` is the label, `sentence` says what it is, `fix` what to write instead, "" where only the policy can change it."""

    key: str
    sentence: str
    fix: str


def unmet(entry: Entry, namespace: Labels, pod: Labels, policy: Policy) -> list[Unmet]:
    """Every requirement of an entry that does not hold, in the order of its selectors."""
    failing = [_unmet("namespace", r, namespace, entry, policy) for r in entry.namespace if not r.holds(namespace)]
    return failing + [_unmet("pod", r, pod, entry, policy) for r in entry.pod if not r.holds(pod)]


def closest(entries: tuple[Entry, ...], namespace: Labels, pod: Labels, policy: Policy) -> Unmet:
    """What keeps a pod from the entry that comes closest to seeing it. Only for pods that no entry sees."""
    tries = [(unmet(entry, namespace, pod, policy), entry) for entry in entries]
    # Of equals the one that opting in would reach: it is what people forget.
    failing, _ = min(tries, key=lambda one: (len(one[0]), one[0][0].key != INJECT, one[1].profile != "default"))
    return failing[0]


def _unmet(where: str, requirement: Requirement, labels: Labels, entry: Entry, policy: Policy) -> Unmet:
    key, operator, values = requirement
    present = labels.get(key)
    if key == NAME:
        return _wrong_namespace(present or "", entry, policy)
    stands = f'is "{present}"' if present is not None else "is not set"
    sentence = f"the {where}'s label {key} {stands}"
    if operator == "In":
        return Unmet(key, sentence, f'{key}: "{values[0]}" among the labels of the {where}')
    if operator == "Exists":
        return Unmet(key, sentence, f"{key}: NAME among the labels of the {where}")
    return Unmet(key, sentence, f"remove the label {key} from the {where}")


def _wrong_namespace(name: str, entry: Entry, policy: Policy) -> Unmet:
    if name in policy.excluded:
        return Unmet(NAME, f"namespace {name} is excluded", "")
    owner = next((profile for profile, settings in policy.profiles.items() if name in settings.namespaces), None)
    if owner is not None:
        return Unmet(NAME, f"namespace {name} belongs to profile {owner}", "")
    listed = f"profiles.{entry.profile}.namespaces"
    names = [*policy.profiles[entry.profile].namespaces, name]
    return Unmet(NAME, f"namespace {name} is not in {listed}", f"{listed}: [{', '.join(names)}]")
