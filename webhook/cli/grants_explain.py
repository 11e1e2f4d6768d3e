"""Everything that decides whether one pod is authorized, in the order in which it is decided. Nothing is asked of the gateway."""

import argparse
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from webhook.cli.authorizing import asking, caller
from webhook.cli.explain_live import policy_in_force
from webhook.cli.grants_read import grants
from webhook.cli.live import KINDS, find
from webhook.cli.trace import Gate
from webhook.cluster import Cluster, connect
from webhook.errors import BadInput
from webhook.gateway.errors import Denied
from webhook.gateway.grants.grant import Attempt, Entry, Grant
from webhook.gateway.grants.stored import phase
from webhook.gateway.pods.ends import addresses
from webhook.gateway.pods.intent import intent, owner
from webhook.gateway.upstreams.limits import closed
from webhook.nearest import nearest
from webhook.policy import Policy
from webhook.policy.file import load
from webhook.printable import OBJECT_NAME

Json = dict[str, Any]


class Heading(NamedTuple):
    namespace: str
    name: str

    @property
    def object(self) -> Json:
        return {"apiVersion": "v1", "kind": "Pod", "namespace": self.namespace, "name": self.name}

    def __str__(self) -> str:
        return f"Pod {self.namespace}/{self.name}"


def explained(arguments: argparse.Namespace) -> tuple[Heading, list[Gate]]:
    """Raises BadInput where neither the pod nor a Grant of it is there, or may be read, and ApiError."""
    word, _, name = arguments.explain.rpartition("/")
    if (word and KINDS.get(word.lower()) != "Pod") or not OBJECT_NAME.fullmatch(name):
        raise BadInput(f"{arguments.explain}: write the name of a pod")
    cluster = connect(arguments.context)
    about = Heading(arguments.namespace or cluster.namespace, name)
    pod = find(cluster, "Pod", *about)
    every = [one.grant for one in grants(cluster) if one.grant]
    own = [grant for grant in every if grant.owner[:2] == about]
    if pod is None and not own:
        near = nearest(name, (grant.owner.pod for grant in every if grant.owner.namespace == about.namespace))
        raise BadInput(f"there is no {about}, and no Grant of one{near}")
    return about, list(_gates(cluster, arguments, pod, own, every))


def _gates(
    cluster: Cluster, arguments: argparse.Namespace, pod: Json | None, own: list[Grant], every: list[Grant]
) -> Iterator[Gate]:
    uid = pod["metadata"]["uid"] if pod else ""
    policy, untold = _policy(cluster, arguments.policy)
    if pod is None:
        yield Gate("pod", "gone", "there is none of this name")
    else:
        yield from asking(pod, policy)
    if untold:
        yield Gate("policy", "not known", untold[0], (), untold[1:])
    now = datetime.now(UTC)
    current = next((grant for grant in own if grant.owner.uid == uid), None)
    if current:
        yield from ledger(current, "grant")
    elif pod:
        yield Gate("grant", "none", "it needs none for what is open to all; else it has not asked, or was refused")
    if policy and (found := current or (pod and _would(pod))):
        yield from limits(found, every, policy, now)
    for grant in own:
        if grant.owner.uid != uid:
            yield from ledger(grant, "earlier")


def _policy(cluster: Cluster, file: str | None) -> tuple[Policy | None, tuple[str, ...]]:
    """None with lines that say why it is not known."""
    try:
        return (load(file) if file else policy_in_force(cluster)[0]), ()
    except BadInput as unknown:
        return None, tuple(str(unknown).split("\n"))


def ledger(grant: Grant, name: str) -> Iterator[Gate]:
    """A Grant, and each entry that upstreams are to hold for it."""
    yield Gate(name, phase(grant), grant.ended or f"of {', '.join(grant.addresses)}", (), (f"uid {grant.owner.uid}",))
    for entry in grant.entries:
        sentence = f"at {entry.key.upstream}, for {entry.key.address}"
        yield Gate(
            entry.grant, entry.state, f"{sentence}: {entry.reason}" if entry.reason else sentence, (), tuple(_attempts(entry))
        )


def _attempts(entry: Entry) -> Iterator[str]:
    return (f"{_time(attempt.at)}: {attempt.outcome}" for attempt in entry.attempts)


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _would(pod: Json) -> Grant | None:
    """The Grant that a pod would get; None where it asks for none."""
    try:
        return Grant(owner(caller(pod), intent(pod)), tuple(sorted(addresses(pod.get("status") or {}))))
    except Denied:
        return None


def limits(grant: Grant, every: Iterable[Grant], policy: Policy, now: datetime) -> Iterator[Gate]:
    """Whether one more call may go out, for each address."""
    alike = [
        (entry.key.address, attempt)
        for other in every
        if (other.owner.namespace, other.owner.application) == (grant.owner.namespace, grant.owner.application)
        for entry in other.entries
        for attempt in entry.attempts
    ]
    everywhere = [attempt for _, attempt in alike]
    patience = max((upstream.timeout for upstream in policy.gateway.upstreams.values()), default=0)
    for address in grant.addresses:
        here: list[Attempt] = [attempt for at, attempt in alike if at == address]
        shut = closed(here, everywhere, now.timestamp(), policy.gateway.window, patience)
        if shut:
            yield Gate("limit", "closed", f"{address} until {_time(now.timestamp() + shut.seconds)}: {shut.sentence}")
        else:
            yield Gate("limit", "open", address)
