"""The list of the example behind the gateway: a policy with it alone, what it holds, what it went through."""

import json
from bisect import bisect_left
from typing import Any

from tests.authorization.services import Service

Json = dict[str, Any]
PER_SECOND = 20
"""Calls."""


def policy(service: Service, window: int = 2, url: str = "", **upstream: Any) -> str:
    """Grants `orders` and `stock`, and `common`, which is open to all. `url`: where the gateway finds the list, else."""
    url = f"{url or service.url}/entries"
    known = {
        "grant": {"url": url, "body": {"rule": "${grant}", "address": "${address}"}},
        "revoke": {"method": "DELETE", "url": f"{url}/${{address}}?rule=${{grant}}"},
        "ca": service.authority,
        "perSecond": PER_SECOND,
        "inFlight": 8,
        "timeout": 2,
    }
    grants = {"orders": {"upstream": "acl"}, "stock": {"upstream": "acl"}, "common": {"ports": [53]}}
    return json.dumps({"grants": grants, "gateway": {"window": window, "upstreams": {"acl": {**known, **upstream}}}})


def addresses(service: Service) -> set[str]:
    return {entry["address"] for entry in service.ask("GET", "/entries").body}


def history(service: Service) -> list[Json]:
    """What was done, in its order: `call`, `rule`, `address`, `status`, `begun` and `at` in seconds since 1970."""
    told: list[Json] = service.ask("GET", "/history").body
    return told


def most(calls: list[Json], seconds: float) -> int:
    """How many of them began within any so many seconds."""
    begun = sorted(call["begun"] for call in calls)
    return max((index + 1 - bisect_left(begun, moment - seconds) for index, moment in enumerate(begun)), default=0)


def held(calls: list[Json], address: str, begun: float, ended: float) -> bool:
    """Whether the address was let in from the one moment to the other, without a gap."""
    there = False
    for call in (call for call in calls if call["address"] == address and call["status"] in (200, 201)):
        if call["at"] > ended:
            break
        if call["at"] > begun and not there:
            return False
        there = call["call"] == "POST"
        if call["at"] > begun and not there:
            return False
    return there
