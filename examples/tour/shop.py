"""What there is to be seen in each step of the shop."""

import re

from examples.tour.checks import Check, Seen, in_order


def plain(said: str) -> Seen:
    yield "the shop runs, and Kubernetes calls both pods ready", pods(said, "1/1") == 2
    yield "the balancer has nobody in rotation", said.endswith("\n502\n")


def preview(said: str) -> Seen:
    yield (
        "the launcher is put before start.sh",
        bool(re.search(r"^\+.*/\.richpod/bin/launch.*/srv/shop/bin/start\.sh", said, re.M)),
    )
    yield "a sidecar is added", "+" in said and "richpod-sidecar" in said


def install(said: str) -> Seen:
    yield "the API server asks richpod about the pods of the labelled namespace", "reachability" in said


def rich(said: str) -> Seen:
    yield "the sidecar is beside the shop, and both are ready", pods(said, "2/2") == 2
    begin = ("[prestart] prepare.sh", "shop.py: starts", "the catalogue is read", "[preonline] warm-up.sh")
    yield "prepare.sh, the start, the catalogue and warm-up.sh came in this order", in_order(said, *begin)
    yield "the health-check file is there", said.endswith(" health.html\n")


def listed(said: str) -> Seen:
    addresses = set(re.findall(r"^shop-\S+ +2/2 +Running.* (\d+\.\d+\.\d+\.\d+) ", said, re.M))
    yield "the list has the addresses of both shops, and no other", addresses == set(re.findall(r'"address": "([\d.]+)"', said))
    yield "two Grants are active", len(re.findall(r"\bActive\b", said)) == len(addresses) == 2


def customers(said: str) -> Seen:
    yield "the balancer took both shops into rotation", bool(re.search(r"in rotation: [\d.]+ [\d.]+$", said, re.M))


def by_hand(said: str) -> Seen:
    rotations = [len(addresses.split()) for addresses in re.findall(r"in rotation: (.*)", said)]
    yield "the balancer took the shop out while it was offline", rotations[:1] == [1]
    yield "the pod went on running", bool(re.search(r"^shop-\S+ +\d/2 +Running", said, re.M))
    yield (
        "finish-orders.sh ran, and warm-up.sh ran again",
        in_order(said, "[postoffline] finish-orders.sh", "[preonline] warm-up.sh"),
    )
    yield "the balancer took it in again", rotations[1:] == [2]
    yield unfailed(said)


def update(said: str) -> Seen:
    names = re.findall(r"^shop-\S+", said, re.M)
    yield "both shops were replaced", len(set(names)) == len(names) == 4
    yield "a shop was always in rotation", "in rotation: " in said and "nobody" not in said
    yield unfailed(said)


def end(said: str) -> Seen:
    yield "finish-orders.sh, stop.sh and report.sh came in this order", in_order(said, "[postoffline]", "stop.sh:", "[poststop]")
    yield "no order was left behind", bool(re.search(r"report\.sh: \d+ orders were delivered, 0 were not$", said, re.M))
    lost = re.search(r"^gone: (\d[\d.]+)$", said, re.M)
    yield "its address is off the list", bool(lost) and f'"{lost[1]}"' not in said and '"address": "' in said
    yield unfailed(said)


def gone(said: str) -> Seen:
    listed = said.rpartition("NAME ")[2]
    yield "nothing is left", "default" in listed and "legacy" not in listed and "richpod" not in listed


CHECKS: tuple[Check, ...] = (plain, preview, install, rich, listed, customers, by_hand, update, end, gone)
"""In the order of the steps."""


def pods(said: str, ready: str) -> int:
    """How many shops are listed with so many of their containers ready."""
    return len(re.findall(rf"^shop-\S+ +{ready} +Running ", said, re.M))


def unfailed(said: str) -> tuple[str, bool]:
    """What the customers have said last."""
    sums = re.findall(r"^\S+ (\d+) answered, (\d+) failed", said, re.M)
    answered, failed = sums[-1] if sums else ("no", "nobody can tell how many")
    return f"{answered} requests were answered, {failed} failed", failed == "0" and answered != "0"
