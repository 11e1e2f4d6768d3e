"""Addresses that no name of a registry may lead to: what answers there trusts whoever reaches it."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_METADATA = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"),
    )
)
"""Where clouds tell a machine, or a pod, its credentials: AWS, Google, Azure, OpenStack; Alibaba; Azure's agent; Oracle; AWS and
its EKS; Google.
"""
NEVER: tuple[Network, ...] = (
    *map(ip_network, ("169.254.0.0/16", "fe80::/10")),
    *(ip_network(str(one)) for one in sorted(_METADATA, key=str) if not one.is_link_local),
)
"""What a packet to an address that is refused could reach beyond this machine: what its network should refuse, too."""
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


def refused(address: str, allowed: Iterable[Network]) -> str:
    """Why it must not be called, "" where it may; `allowed` by the policy for this registry. Private networks may be called."""
    # Of an address that is no link's own the kernel leaves the zone unread.
    found = ip_address(address.partition("%")[0])
    networks = tuple(allowed)
    for one in _meant(found):
        if (why := _kind(one)) and not any(
            each.version == form.version and form in each for each in networks for form in (found, one)
        ):
            return f"{found} is {why}"
    return ""


def _kind(address: Address) -> str:
    if address in _METADATA:
        return "a cloud's metadata service"
    if address.is_loopback:
        return "this machine itself"
    if address.is_link_local:
        return "link-local"
    if address.is_unspecified or address.is_multicast or address == ip_address("255.255.255.255"):
        return "no address of one machine"
    return ""


def _meant(address: Address) -> Iterator[Address]:
    """Itself, and the IPv4 address that a gateway, or the kernel, makes of it."""
    yield address
    if isinstance(address, IPv6Address):
        for inner in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
            if inner is not None:
                yield inner
        if any(address in network for network in _NAT64) or (int(address) >> 32 == 0 and int(address) > 1):
            yield IPv4Address(int(address) & 0xFFFFFFFF)
