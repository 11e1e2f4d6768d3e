"""How authority and serving certificate are replaced without a failed call: a pure plan, one write at a time.

authority → trust it in every entry, beside the old → tell it to pods, which ask what serves the same leaf → serve its leaf →
forget the old. Each write is safe to repeat and to stop
after, because a certificate is trusted in two places: the authority's Secret and the entries; either restores the other
(requirements 63 to 65).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from certs.authority import Pair, new_authority, new_leaf
from certs.bundle import bundle, split
from certs.certificate import authority_problem, expiry, fingerprint, names, problem, signed_by, subject, validity

AUTHORITY = "richpod"
"""Its common name; by it, an authority of ours is known again in an entry."""
AUTHORITY_LIFETIME = timedelta(days=5 * 365)
"""Its replacement touches every entry, so it is seldom; but not so seldom that nobody has ever seen it happen."""
LEAF_LIFETIME = timedelta(days=90)
"""Its last third, 30 days, is what an administrator has to notice that nothing renews it."""
PUBLISHED_FOR = 120.0
"""Seconds after which every API server knows a bundle that was written (none of them says so), and every replica that tells it
to pods: a kubelet may take 100 to bring a Secret."""
SETTLED_FOR = 120.0
"""Seconds. Longer than the 100 that a kubelet may take to bring a Secret: a pod that starts now gets the leaf of now."""

NAMED = 3
"""Entries that a reason names."""


class State(NamedTuple):
    """What was seen. Times are seconds on a clock that nobody sets."""

    authority: Pair | None
    previous: bytes
    """Authorities that are still trusted beside it, PEM."""
    leaf: Pair | None
    published: Mapping[str, bytes]
    """Every entry's bundle, PEM."""
    told: bytes
    """The bundle beside the leaf, which pods are given, PEM."""
    served: frozenset[bytes] | None
    """Certificates of all replicas, b"" of one that has none; None where a replica did not tell."""
    published_for: float = 0
    """How long `trusted` has named the present authority."""
    settled_for: float = 0
    """How long `settled` has named the present leaf."""


class WriteAuthority(NamedTuple):
    pair: Pair
    previous: bytes
    reason: str


class Publish(NamedTuple):
    bundle: bytes
    reason: str


class Tell(NamedTuple):
    bundle: bytes
    reason: str


class WriteLeaf(NamedTuple):
    pair: Pair
    bundle: bytes
    reason: str


class Wait(NamedTuple):
    """Something is to be written, but not yet."""

    reason: str


Step = WriteAuthority | Publish | Tell | WriteLeaf | Wait


def plan(state: State, now: datetime, server_names: tuple[str, ...]) -> Step | None:
    """The next single step; None where one authority is trusted and every replica may go on with the leaf there is."""
    if reason := _authority_needed(state, now):
        old = (*((state.authority.certificate,) if state.authority else ()), state.previous, *_ours(state))
        return WriteAuthority(new_authority(AUTHORITY, now, AUTHORITY_LIFETIME), bundle(old, now), reason)
    assert state.authority
    everywhere = state.settled_for >= SETTLED_FOR
    # Whoever took an authority out of the Secret did not ask the replicas: what entries trust stays until they have settled.
    kept = () if everywhere else _ours(state)
    trust = bundle((state.authority.certificate, state.previous, *kept), now)
    if wrong := sorted(name for name, published in state.published.items() if published != trust):
        return Publish(trust, f"the bundle differs in {_first(wrong)}")
    if state.leaf and state.told != trust:
        return Tell(trust, "the bundle differs that pods are given")
    if reason := _leaf_needed(state, now, server_names):
        if state.published_for >= PUBLISHED_FOR or not _good(state, trust, now):
            return WriteLeaf(new_leaf(state.authority, server_names, now, LEAF_LIFETIME), trust, reason)
        return Wait(f"{reason}; every API server and every pod must know the authority first")
    if state.previous and everywhere:
        return WriteAuthority(state.authority, b"", "every replica serves the leaf of the present authority")
    if len(split(trust)) > 1:
        return Wait("an old authority is trusted until every replica serves the leaf of the present one")
    return None


def trusted(state: State) -> str | None:
    """Fingerprint of the present authority, if every entry trusts it, and so do pods, where there is a leaf."""
    if not state.authority or not split(state.authority.certificate):
        return None
    own = split(state.authority.certificate)[0]
    bundles = [*state.published.values(), *([state.told] if state.leaf else ())]
    return fingerprint(own) if all(own in split(one) for one in bundles) else None


def settled(state: State) -> str | None:
    """Fingerprint of the present leaf, if it is the present authority's and every replica serves it."""
    if not (state.authority and state.leaf and state.served):
        return None
    if not signed_by(state.leaf.certificate, state.authority.certificate):
        return None
    own = fingerprint(state.leaf.certificate)
    return own if all(one and fingerprint(one) == own for one in state.served) else None


def _authority_needed(state: State, now: datetime) -> str:
    """Why a new authority is needed, "" where none is."""
    if not state.authority:
        return "there is no authority"
    if sentence := authority_problem(state.authority, now):
        return sentence
    return "the authority is in the last third of its life" if _old(state.authority.certificate, now) else ""


def _leaf_needed(state: State, now: datetime, server_names: tuple[str, ...]) -> str:
    """Why a new serving certificate is needed, "" where none is."""
    assert state.authority
    if not state.leaf:
        return "there is no serving certificate"
    if sentence := problem(state.leaf, now):
        return sentence
    if len(split(state.leaf.certificate)) > 1:
        return "the serving certificate is followed by others, which every handshake would carry"
    if not signed_by(state.leaf.certificate, state.authority.certificate):
        return "the serving certificate is not the present authority's"
    if names(state.leaf.certificate) != frozenset(server_names):
        return "the serving certificate is for other names"
    return "the serving certificate is in the last third of its life" if _old(state.leaf.certificate, now) else ""


def _old(certificate: bytes, now: datetime) -> bool:
    start, end = validity(certificate)
    return now > end - (end - start) / 3


def _first(entries: list[str]) -> str:
    """A few names, and how many more: there may be dozens."""
    rest = f" and {len(entries) - NAMED} more" if len(entries) > NAMED else ""
    return f"{', '.join(entries[:NAMED])}{rest}"


def _ours(state: State) -> tuple[bytes, ...]:
    """What entries trust and a replica may serve under: authorities of our name, and whoever signed the present leaf."""
    found = dict.fromkeys(one for published in state.published.values() for one in split(published))
    leaf = state.leaf.certificate if state.leaf else b""
    return tuple(one for one in found if subject(one) == f"CN={AUTHORITY}" or signed_by(leaf, one))


def _good(state: State, trust: bytes, now: datetime) -> bool:
    """Whether anything is served, perhaps, that a call can succeed with: then nothing is so urgent that it cannot wait."""
    if state.served is None:
        # Pods wait for a Secret that is not there, and the name of a Service without any is not always answered (seen).
        return state.leaf is not None
    if state.leaf and not problem(state.leaf, now) and _verifies(state.leaf.certificate, trust):
        return True
    return any(one and expiry(one) > now and _verifies(one, trust) for one in state.served)


def _verifies(certificate: bytes, trust: bytes) -> bool:
    return any(signed_by(certificate, authority) for authority in split(trust))
