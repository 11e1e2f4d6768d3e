"""Where pods find whoever leads: the EndpointSlices of a Service without a selector, one for each family."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Protocol

from webhook.errors import ApiError
from webhook.log import SENTENCE_LENGTH
from webhook.printable import one_line

Json = dict[str, Any]


class Slices(Protocol):
    """EndpointSlices by their names. Each raises ApiError."""

    async def read(self, name: str) -> Json | None: ...

    async def replace(self, name: str, held: Json) -> Json:
        """409 where somebody else was faster."""


def endpoints(addresses: Iterable[str], family: str, pod: str) -> list[Json]:
    """Of a slice of one family; none where the leader has no address of it."""
    found = [address for address in addresses if f"IPv{ip_address(address).version}" == family]
    target = {"kind": "Pod", "name": pod}
    return [{"addresses": found[:1], "conditions": {"ready": True}, "targetRef": target}] if found else []


async def lead_to(slices: Slices, names: dict[str, str], addresses: Iterable[str], pod: str) -> str:
    """Writes what is not so. `names`: slice to family. Says why pods cannot find this replica, "" where they can."""
    for name, family in names.items():
        wanted = endpoints(addresses, family, pod)
        try:
            held = await slices.read(name)
            if held is None:
                return f"there is no EndpointSlice {name}; apply the manifests again"
            if _facts(held.get("endpoints")) != _facts(wanted):
                await slices.replace(name, {**held, "endpoints": wanted})
        except ApiError as error:
            return one_line(f"EndpointSlice {name}: {error.sentence}", SENTENCE_LENGTH)
    return ""


def _facts(endpoints: Iterable[Json] | None) -> list[tuple[Any, Any]]:
    """The API server adds defaults."""
    return [(each.get("addresses"), (each.get("targetRef") or {}).get("name")) for each in endpoints or ()]
