"""Live objects as the documents that previews are made of, with the policy that the cluster runs."""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from webhook.admission.kubectl import EXPLAIN
from webhook.cli import inputs
from webhook.cli.documents import Document, File
from webhook.cli.history import Surroundings, created, not_judged_as_before, recorded
from webhook.cli.inputs import Inputs
from webhook.cli.live import KINDS, find
from webhook.cli.owners import Owner, made_by, owner_of
from webhook.cli.pulls import corrected, unpulled
from webhook.cli.stored_policy import running_policy, served_policy
from webhook.cli.trace import Gate, trace
from webhook.cli.traffic import gates as traffic
from webhook.cluster import Cluster, connect
from webhook.errors import ApiError, BadInput, BadPolicy
from webhook.installation import CONFIGURATION, EXPLAIN_ROLE, NAMESPACE, WEBHOOK
from webhook.nearest import nearest
from webhook.policy import Policy
from webhook.policy.file import load

Json = dict[str, Any]
T = TypeVar("T")

ALLOW = f"kubectl -n {NAMESPACE} create rolebinding explain-TEAM --role={EXPLAIN_ROLE} --group=GROUP"
"""What an administrator runs."""
_ANOTHER = "or name one: --policy FILE"


class Live(NamedTuple):
    """An object of a cluster, what a creation of its pods would come to today, None where no policy tells, and the gates."""

    object: Json
    today: Inputs | None
    gates: list[Gate]

    @property
    def subject(self) -> Json:
        metadata = self.object["metadata"]
        said = {key: self.object[key] for key in ("apiVersion", "kind")}
        return {"object": {**said, "namespace": metadata["namespace"], "name": metadata["name"]}}

    def __str__(self) -> str:
        return f"{self.object['kind']} {self.object['metadata']['namespace']}/{self.object['metadata']['name']}"


def live(arguments: argparse.Namespace) -> Live:
    """Raises BadInput where there is no such object, and ApiError where it may not be read."""
    kind, name = _kind_and_name(arguments.workload)
    cluster = connect(arguments.context)
    arguments = argparse.Namespace(**{**vars(arguments), "namespace": arguments.namespace or cluster.namespace})
    held = find(cluster, kind, arguments.namespace, name)
    if held is None:
        raise BadInput(f"there is no {kind} {arguments.namespace}/{name}")
    try:
        policy, notes = (load(arguments.policy), []) if arguments.policy else policy_in_force(cluster)
    except BadInput as unknown:
        if kind != "Pod":
            raise
        return Live(held, None, [recorded(held), *_lives(cluster, held), _not_known(unknown)])
    owner = owner_of(held["metadata"]) if kind == "Pod" else None
    maker = made_by(cluster, owner, arguments.namespace) if owner else None
    origin, template = _origin(cluster, arguments.namespace, maker, owner) or (None, held)
    namespace = _where_allowed(lambda: cluster.get(f"/api/v1/namespaces/{arguments.namespace}"))
    documents = [Document("cluster", i, 1, "", one) for i, one in enumerate((template, namespace), 1) if one is not None]
    today = inputs.judge(arguments, policy, [File("cluster", "", documents)])
    today = today._replace(notes=[*notes, *today.notes])
    if kind != "Pod":
        return Live(held, today, trace(today.previews[0]))
    around = Surroundings(namespace, _configuration(cluster), maker)
    became = [created(held, today.previews[0], around), *_lives(cluster, held)]
    return Live(held, today, [*became, *_judged(held, origin, today)])


def _origin(cluster: Cluster, namespace: str, *owners: Owner | None) -> tuple[Owner, Json] | None:
    """Whose template the next such pod is made of: the first that is there and has one.

    A Deployment before its ReplicaSet, which does not know how many more pods a rollout makes.
    """
    for owner in owners:
        if owner and owner.has_template and (found := find(cluster, owner.kind, namespace, owner.name)):
            return owner, found
    return None


def _judged(pod: Json, origin: Owner | None, today: Inputs) -> list[Gate]:
    """What a creation would come to now: of the template it came from, since the pod is no longer what its author wrote."""
    (preview,) = today.previews
    gates = trace(preview)
    if origin is not None:
        return [Gate("today", "judged", f"what follows is what a creation from {origin} would come to now"), *gates]
    unknown = not_judged_as_before(pod, preview)
    told = [gate for gate in gates if gate.name not in unknown]
    if unknown:
        sentence = f"what the pod was made of is not known ({', '.join(unknown)})"
        told.append(Gate("features", "not judged", sentence, (), (f"of its own manifest: {EXPLAIN}",)))
    return told


def _lives(cluster: Cluster, pod: Json) -> list[Gate]:
    """How it does: whatever was decided, it may not start."""
    pull = unpulled(pod)
    if pull is None:
        return traffic(cluster, pod)
    sentence = f"for {pull.image}, which its node cannot pull: {pull.why}"
    return [Gate("start", "waits", sentence, (corrected(pod["metadata"]["namespace"]),))]


def _not_known(unknown: BadInput) -> Gate:
    why, *more = str(unknown).split("\n")
    return Gate("today", "not judged", f"what a creation would come to now is not known: {why}", (), tuple(more))


def _kind_and_name(text: str) -> tuple[str, str]:
    word, _, name = text.partition("/")
    kind = KINDS.get(word.lower())
    if kind is None:
        known = ", ".join(dict.fromkeys(kind.lower() for kind in KINDS.values()))
        raise BadInput(f"{text}: write KIND/NAME{nearest(word, KINDS)} (known kinds: {known})")
    if not name or "/" in name:
        raise BadInput(f"{text}: write {word}/NAME")
    return kind, name


def policy_in_force(cluster: Cluster) -> tuple[Policy, list[str]]:
    """What the webhook answers by, and what people should know about that.

    Raises BadInput: a line that says why it is not known, and lines that say more.
    """
    try:
        stored = running_policy(cluster)
    except BadPolicy as error:
        broken = f"the policy of the cluster is broken: {error}"
        if served := _where_allowed(lambda: served_policy(cluster)):
            return served.policy, [*broken.split("\n"), f"judged by policy {served.policy.hash}, which replicas still serve"]
        raise BadInput(f"{broken}\n{_ANOTHER}") from None
    except ApiError as error:
        if error.status != 403:
            raise
        lines = (f"the policy of the cluster may not be read: {error}", f"an administrator allows it: {ALLOW}", _ANOTHER)
        raise BadInput("\n".join(lines)) from None
    if stored is None:
        raise BadInput(f"there is no Deployment {NAMESPACE}/{WEBHOOK}, so that no policy is known\n{_ANOTHER}")
    return stored.policy, []


def _configuration(cluster: Cluster) -> Json | None:
    kind = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    return _where_allowed(lambda: cluster.get(f"{kind}/{CONFIGURATION}"))


def _where_allowed(read: Callable[[], T]) -> T | None:
    """Who may read a pod may often not read what belongs to the cluster; less is told then."""
    try:
        return read()
    except ApiError as error:
        if error.status != 403:
            raise
        return None
