"""Pods find whoever leads, and nobody else."""

import asyncio
import copy
from typing import Any

import pytest

from webhook.errors import ApiError
from webhook.gateway.replicas.endpoints import lead_to
from webhook.installation import GATEWAY_SLICES
from webhook.log import SENTENCE_LENGTH

Json = dict[str, Any]


class Slices:
    """Of an API server, which adds defaults."""

    def __init__(self, *names: str) -> None:
        self.held: dict[str, Json] = {name: {"metadata": {"name": name}} for name in names}
        self.writes = 0
        self.away = ""

    async def read(self, name: str) -> Json | None:
        if self.away:
            raise ApiError(0, "Unreachable", self.away)
        return copy.deepcopy(self.held.get(name))

    async def replace(self, name: str, held: Json) -> Json:
        self.writes += 1
        self.held[name] = copy.deepcopy(held)
        for endpoint in self.held[name]["endpoints"]:
            endpoint["nodeName"] = None
        return held

    def addresses(self) -> list[list[str]]:
        return [[a for each in held.get("endpoints", []) for a in each["addresses"]] for held in self.held.values()]


def led(slices: Slices, pod: str, *addresses: str) -> str:
    return asyncio.run(lead_to(slices, GATEWAY_SLICES, addresses, pod))


def test_each_family_has_a_slice_of_its_own() -> None:
    slices = Slices(*GATEWAY_SLICES)
    assert led(slices, "a", "10.0.0.1", "fd00::1") == ""
    assert slices.addresses() == [["10.0.0.1"], ["fd00::1"]]


def test_what_is_so_is_not_written_again() -> None:
    slices = Slices(*GATEWAY_SLICES)
    for _ in range(3):
        assert led(slices, "a", "10.0.0.1") == ""
    assert (slices.addresses(), slices.writes) == ([["10.0.0.1"], []], 1)


def test_the_next_leader_takes_the_place_of_the_one_before() -> None:
    slices = Slices(*GATEWAY_SLICES)
    led(slices, "a", "10.0.0.1", "fd00::1")
    assert led(slices, "b", "10.0.0.2") == ""
    assert slices.addresses() == [["10.0.0.2"], []]


@pytest.mark.parametrize(
    ("names", "away", "said"), [((), "", "apply the manifests again"), (GATEWAY_SLICES, "gone away", "gone away")]
)
def test_it_says_why_pods_cannot_find_it(names: Any, away: str, said: str) -> None:
    slices = Slices(*names)
    slices.away = away
    assert said in led(slices, "a", "10.0.0.1")


def test_an_api_servers_words_are_one_short_line() -> None:
    """They go into the log, and anybody may stand before an API server."""
    slices = Slices(*GATEWAY_SLICES)
    slices.away = "gone\n\x1b[1m\u202e\ud800" + "y" * 1_000_000
    said = led(slices, "a", "10.0.0.1")
    assert said.startswith("EndpointSlice richpod-gateway-ipv4: gone\ufffd\ufffd[1m\ufffd\ufffdyyy")
    assert said.isprintable()
    assert len(said) == SENTENCE_LENGTH
