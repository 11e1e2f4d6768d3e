"""What upstreams are to hold for a pod: one entry for each grant that has an upstream, and each address of its family."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from webhook.gateway.grants.grant import Call, Entry, Owner
from webhook.gateway.upstreams.template import ADDRESS, key, rendered, values
from webhook.policy import gateway as policy


def entries(
    owner: Owner,
    names: Iterable[str],
    addresses: Iterable[str],
    grants: Mapping[str, policy.Grant],
    upstreams: Mapping[str, policy.Upstream],
) -> Iterator[tuple[Entry, Call]]:
    """Not asked for yet, each with the call that asks. Ports that are open to all have none."""
    addresses = [*addresses]
    for name in names:
        grant = grants[name]
        if grant.upstream is None:
            continue
        upstream = upstreams[grant.upstream]
        given = values(owner, name, grant.values)
        for address in addresses:
            if upstream.family in ("any", f"IPv{ip_address(address).version}"):
                named = key(grant.upstream, upstream.revoke, given, address)
                whole = {**given, ADDRESS: address}
                yield Entry(name, named, rendered(upstream.revoke, whole), "pending"), rendered(upstream.grant, whole)
