"""Asks the cluster's CNI for the addresses a pod names, out of the pool the policy gives to its namespace."""

import json
from ipaddress import ip_address
from typing import Any

from webhook.admission.conflicts import meet
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict
from webhook.errors import BadValue, Skip

MOST = 16
"""Addresses of one pod: each interface has one or two."""


def parse(text: str) -> tuple[str, ...]:
    """Addresses, separated by commas, in their shortest form."""
    parts = text.split(",", MOST)
    if len(parts) > MOST:
        raise BadValue(f"write at most {MOST} addresses")
    addresses = []
    for part in parts:
        try:
            address = ip_address(part.strip())
        except ValueError:
            address = None
        # A zone index (%eth0) may be any text: it must not reach the CNI.
        if address is None or "%" in part:
            raise BadValue(f"{part.strip() or 'nothing'} is not an IP address; write for example 198.51.100.7")
        addresses.append(str(address))
    return tuple(dict.fromkeys(addresses))


def apply(pod: Pod, addresses: tuple[str, ...], context: Context) -> list[Verdict]:
    if context.policy.fixed_ip is None:
        raise Skip("not-configured", "the policy has no section fixedIP", "fixedIP: {annotation: …, pools: …}")
    conflict = meet("fixed-ip", pod.held)
    pool: list[Any] = list(context.policy.fixed_ip.pools.get(pod.namespace, ()))
    for address in addresses:
        if not any(ip_address(address) in network for network in pool):
            given = ", ".join(map(str, pool))
            sentence = f"{address} is not in the pool of namespace {pod.namespace} ({given or 'no addresses'})"
            none = f"fixedIP.pools.{pod.namespace}: [RANGE]"
            raise Skip("outside-pool", sentence, f"an address of {given} in richpod.io/fixed-ip" if given else none)
    key, form = context.policy.fixed_ip.annotation, context.policy.fixed_ip.form
    value = json.dumps(list(addresses)) if form == "json-list" else ",".join(addresses)
    present = pod.annotations.get(key)
    if present is None:
        pod.annotate(key, value)
    elif present != value:
        raise Skip("already-set", f"the annotation {key} is set to something else", f"remove {key}")
    if conflict is not None:
        return [Verdict("fixed-ip", "applied", "conflict", conflict.why)]
    return [Verdict("fixed-ip", "applied", "", f"asks for {', '.join(addresses)}")]


FEATURE = Feature("fixed-ip", apply, {"fixed-ip": parse})
