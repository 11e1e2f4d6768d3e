"""A Grant as the API holds it: `kubectl get grants -n richpod-system`. What is not as we write it says nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

from webhook.gateway.grants.grant import Attempt, Call, Entry, Grant, Key, Outcome, Owner, State
from webhook.installation import NAMESPACE
from webhook.log import SENTENCE_LENGTH
from webhook.printable import one_line

Json = dict[str, Any]

GROUP, VERSION, PLURAL, KIND = "richpod.io", "v1alpha1", "grants", "Grant"
PATH = f"/apis/{GROUP}/{VERSION}/namespaces/{NAMESPACE}/{PLURAL}"


class Unreadable(Exception):
    """Somebody edited it; the sentence, one short line, says where."""


def new(grant: Grant) -> Json:
    """To be created: without its status, which the API server would leave out."""
    owner = grant.owner
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": owner.uid, "namespace": NAMESPACE},
        "spec": {
            "pod": {"namespace": owner.namespace, "name": owner.pod, "uid": owner.uid},
            "serviceAccount": owner.service_account,
            "application": owner.application,
            "addresses": list(grant.addresses),
        },
    }


def whole(grant: Grant, now: float) -> Json:
    """With its status, to replace what has its resourceVersion. `now`: seconds since 1970."""
    made = new(grant)
    made["metadata"]["resourceVersion"] = grant.version
    made["status"] = {
        "phase": phase(grant),
        "ended": grant.ended,
        "kinds": ", ".join(dict.fromkeys(entry.grant for entry in _present(grant))),
        "attempts": sum(len(entry.attempts) for entry in grant.entries),
        "entries": list(map(_entry, grant.entries)),
        "conditions": [_granted(grant, now)],
    }
    return made


def phase(grant: Grant) -> str:
    if grant.ended:
        return "Revoking" if grant.held else "Ended"
    states = {entry.state for entry in _present(grant)}
    if "refused" in states:
        return "Refused"
    return "Active" if states <= {"active"} and states else "Pending"


def _present(grant: Grant) -> list[Entry]:
    """Of the addresses that it has, and of each grant what was asked for last: others are of a sandbox or a policy before."""
    last: dict[tuple[str, str], Entry] = {}
    for entry in sorted(grant.entries, key=lambda entry: max((attempt.at for attempt in entry.attempts), default=0.0)):
        if entry.key.address in grant.addresses:
            last[entry.grant, entry.key.address] = entry
    return [entry for entry in grant.entries if last.get((entry.grant, entry.key.address)) is entry]


def read(held: Json) -> Grant:
    """Raises Unreadable."""
    try:
        spec, status = held["spec"], held.get("status") or {}
        owner = Owner(
            spec["pod"]["namespace"], spec["pod"]["name"], spec["pod"]["uid"], spec["serviceAccount"], spec["application"]
        )
        entries = tuple(map(_read, status.get("entries") or ()))
        grant = Grant(owner, tuple(spec["addresses"]), entries, status.get("ended", ""), held["metadata"]["resourceVersion"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        sentence = f"Grant {held['metadata']['name']} is not as richpod writes it: {error!r}"
        raise Unreadable(one_line(sentence, SENTENCE_LENGTH)) from None
    if held["metadata"]["name"] != owner.uid:
        raise Unreadable(f"Grant {held['metadata']['name']} speaks of a pod with another uid")
    return grant


def _entry(entry: Entry) -> Json:
    return {
        "grant": entry.grant,
        **entry.key._asdict(),
        "revoke": entry.revoke._asdict(),
        "state": entry.state,
        "reason": entry.reason,
        "attempts": [{"at": _time(attempt.at), "outcome": attempt.outcome} for attempt in entry.attempts],
    }


def _read(entry: Json) -> Entry:
    """Raises what `read` catches."""
    call = entry["revoke"]
    return Entry(
        entry["grant"],
        Key(entry["upstream"], entry["entry"], entry["address"]),
        Call(call["method"], call["url"], call["body"]),
        _one(entry["state"], get_args(State)),
        tuple(
            Attempt(_seconds(attempt["at"]), _one(attempt["outcome"], get_args(Outcome)))
            for attempt in entry.get("attempts") or ()
        ),
        entry.get("reason", ""),
    )


def _one(word: Any, of: Iterable[str]) -> Any:
    if word not in of:
        raise ValueError(f"{word!r} is none of {', '.join(of)}")
    return word


def _granted(grant: Grant, now: float) -> Json:
    """A condition as Kubernetes has them; `kubectl wait --for=condition=Granted` understands it."""
    done = phase(grant) == "Active"
    sentence = grant.ended or "; ".join(entry.reason for entry in _present(grant) if entry.reason)
    times = [attempt.at for entry in grant.entries for attempt in entry.attempts]
    return {
        "type": "Granted",
        "status": "True" if done else "False",
        "reason": phase(grant),
        "message": sentence,
        "lastTransitionTime": datetime.fromtimestamp(max(times, default=now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _time(at: float) -> str:
    """As Kubernetes writes a MicroTime."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _seconds(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
