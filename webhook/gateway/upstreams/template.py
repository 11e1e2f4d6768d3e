"""An upstream's call for one pod: the policy's template with the pod's values, which stay values wherever they stand."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from webhook.gateway.grants.grant import Call, Key, Owner
from webhook.policy import gateway as policy

ADDRESS = "address"


def values(owner: Owner, grant: str, own: Mapping[str, str]) -> dict[str, str]:
    """What templates name, but for the address. `own`: those of the grant in the policy."""
    return {
        **own,
        "application": owner.application,
        "grant": grant,
        "namespace": owner.namespace,
        "pod": owner.pod,
        "serviceAccount": owner.service_account,
    }


def rendered(call: policy.Call, given: Mapping[str, str]) -> Call:
    """In a URL every character of a value is escaped that has a meaning there; the body is JSON."""
    url = policy.filled(call.url, {name: quote(value, safe="") for name, value in given.items()})
    return Call(call.method, url, "" if call.body is None else json.dumps(_filled(call.body, given)))


def key(upstream: str, call: policy.Call, given: Mapping[str, str], address: str) -> Key:
    """Which entry of the upstream a call takes back: calls in the same words but for the address take back the same."""
    words = json.dumps(rendered(call, {**given, ADDRESS: "*"}))
    return Key(upstream, hashlib.sha256(words.encode()).hexdigest()[:16], address)


def _filled(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return policy.filled(value, given)
    if isinstance(value, dict):
        return {name: _filled(inner, given) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, given) for inner in value]
    return value
