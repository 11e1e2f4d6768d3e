"""Live objects as the documents that previews are made of, with the policy that the cluster runs."""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from webhook.cli import inputs
from webhook.cli.documents import Document, File
from webhook.cli.history import Surroundings, created
from webhook.cli.inputs import Inputs
from webhook.cli.live import KINDS, Owner, controller, find, has_template, made_by, running_policy, status
from webhook.cli.trace import Gate, trace
from webhook.cluster import Cluster, connect
from webhook.errors import ApiError, BadInput
from webhook.installation import CONFIGURATION, NAMESPACE, WEBHOOK
from webhook.nearest import nearest
from webhook.policy import Policy
from webhook.policy.file import load

Json = dict[str, Any]
T = TypeVar("T")

_BEFORE_FEATURES = ("namespace", "entry", "mode", "left alone")


class Live(NamedTuple):
    """An object of a cluster, what a creation of its pods would come to today, and the gates."""

    object: Json
    today: Inputs
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
    held = find(cluster, kind, arguments.namespace, name)
    if held is None:
        raise BadInput(f"there is no {kind} {arguments.namespace}/{name}")
    owner = controller(held["metadata"]) if kind == "Pod" else None
    origin = (find(cluster, owner.kind, arguments.namespace, owner.name) if owner and has_template(owner) else None) or held
    namespace = _where_allowed(lambda: cluster.get(f"/api/v1/namespaces/{arguments.namespace}"))
    documents = [Document("cluster", i, 1, "", one) for i, one in enumerate((origin, namespace), 1) if one is not None]
    today = inputs.judge(arguments, _policy(arguments, cluster), [File("cluster", "", documents)])
    if kind != "Pod":
        return Live(held, today, trace(today.previews[0]))
    around = Surroundings(namespace, _configuration(cluster), made_by(cluster, owner, arguments.namespace) if owner else None)
    return Live(held, today, _of_pod(held, owner if origin is not held else None, today, around))


def _of_pod(pod: Json, origin: Owner | None, today: Inputs, around: Surroundings) -> list[Gate]:
    """What became of it, and what a creation would come to now: of the template it came from, since the pod is no longer what
    its author wrote."""
    (preview,) = today.previews
    first, gates = created(pod, preview, around), trace(preview)
    if origin is not None:
        return [first, Gate("today", "judged", f"what follows is what a creation from {origin} would come to now"), *gates]
    if status(pod["metadata"]) is None:
        return [first, *gates]
    unknown = Gate("features", "not judged", "what the pod was made of is not known", ("richpod explain --policy FILE -f FILE",))
    return [first, *(gate for gate in gates if gate.name in _BEFORE_FEATURES), unknown]


def _kind_and_name(text: str) -> tuple[str, str]:
    word, _, name = text.partition("/")
    kind = KINDS.get(word.lower())
    if kind is None or not name or "/" in name:
        known = ", ".join(dict.fromkeys(kind.lower() for kind in KINDS.values()))
        raise BadInput(f"{text}: write KIND/NAME{nearest(word, KINDS)} (known kinds: {known})")
    return kind, name


def _policy(arguments: argparse.Namespace, cluster: Cluster) -> Policy:
    if arguments.policy:
        return load(arguments.policy)
    try:
        policy = running_policy(cluster)
    except ApiError as error:
        raise BadInput(f"the policy of the cluster cannot be read: {error}; name it: --policy FILE") from None
    if policy is None:
        raise BadInput(f"there is no Deployment {NAMESPACE}/{WEBHOOK}, so that no policy is known; name one: --policy FILE")
    return policy


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
