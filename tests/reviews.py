"""The webhook's door, as the API server uses it: a pod in an AdmissionReview, the answer, the patched pod."""

from base64 import b64decode
from copy import deepcopy
from typing import Any

import jsonpatch
import orjson

from tests.in_tree import Rejected, Webhook
from webhook.admission.context import Context
from webhook.admission.review import admit
from webhook.policy import Level, Policy

Json = dict[str, Any]

REPLICASET = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5c9", "uid": "r1", "controller": True}


def context(policy: Policy | Json | None = None, profile: str = "default", level: Level = "privileged") -> Context:
    """The context of one webhook entry; the policy as in its file."""
    if not isinstance(policy, Policy):
        policy = Policy.model_validate(policy or {})
    return Context(policy, profile, level)


def pod(spec: Json | None = None, annotations: Json | None = None, owner: Json | None = REPLICASET, **metadata: Any) -> Json:
    """A pod as a controller's create request carries it; `spec` over one container that names its command."""
    held: Json = {"generateName": "web-5c9-", "namespace": "shop", **metadata}
    if annotations is not None:
        held["annotations"] = annotations
    if owner is not None:
        held["ownerReferences"] = [owner]
    container = {"name": "app", "image": "shop/app:1", "command": ["/app"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": held, "spec": deepcopy({"containers": [container], **(spec or {})})}


def review(pod: Any, namespace: str = "shop", **changes: Any) -> Json:
    """What kube-apiserver 1.36 sends when a ReplicaSet's controller creates a pod."""
    metadata = pod.get("metadata") if isinstance(pod, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "requestResource": {"group": "", "version": "v1", "resource": "pods"},
        **({"name": name} if name else {}),
        "namespace": namespace,
        "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller", "groups": ["system:authenticated"]},
        "object": pod,
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        **changes,
    }
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}


def answer(pod: Any, context: Context, namespace: str = "shop", **changes: Any) -> Json:
    """The `response` of the review's answer."""
    response: Json = orjson.loads(admit(orjson.dumps(review(pod, namespace, **changes)), context).body)["response"]
    return response


def operations(response: Json) -> list[Json]:
    """The patch of a response; empty where it has none."""
    return orjson.loads(b64decode(response["patch"], validate=True)) if "patch" in response else []


def patched(pod: Json, context: Context, namespace: str = "shop") -> Json:
    """The pod that the API server makes of the answer. Raises Rejected where the pod is denied."""
    response = answer(pod, context, namespace)
    if not response["allowed"]:
        raise Rejected(response["status"]["message"])
    result: Json = jsonpatch.apply_patch(pod, operations(response))
    return result


def webhook(context: Context, namespace: str = "shop") -> Webhook:
    """richpod as one of a cluster's webhooks."""
    return lambda pod: patched(pod, context, namespace)
