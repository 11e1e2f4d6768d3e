"""Who calls: the pod that a token is bound to, as the API server tells it, and nothing that the caller says."""

from typing import Any, NamedTuple

from webhook.gateway.errors import Denied
from webhook.gateway.pods.ends import OVER
from webhook.inpod.contract import GATEWAY_AUDIENCE

Json = dict[str, Any]

ACCOUNT = "system:serviceaccount:"
POD_NAME, POD_UID = "authentication.kubernetes.io/pod-name", "authentication.kubernetes.io/pod-uid"


class Caller(NamedTuple):
    namespace: str
    service_account: str
    pod: str
    uid: str


def review(token: str) -> Json:
    """What to ask the API server about a token."""
    spec = {"token": token, "audiences": [GATEWAY_AUDIENCE]}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}


def caller(answer: Json) -> Caller:
    """By a TokenReview that was answered. Raises Denied.

    The server's own words stay away: they may tell a stranger what the cluster expects.
    """
    status = answer.get("status") or {}
    if not status.get("authenticated") or GATEWAY_AUDIENCE not in (status.get("audiences") or ()):
        raise Denied(401, "token", f"the token is not valid, or not for the audience {GATEWAY_AUDIENCE}")
    user = status.get("user") or {}
    namespace, _, account = str(user.get("username", "")).removeprefix(ACCOUNT).partition(":")
    extra = user.get("extra") or {}
    names, uids = list(extra.get(POD_NAME) or []), list(extra.get(POD_UID) or [])
    if not (str(user.get("username", "")).startswith(ACCOUNT) and namespace and account and len(names) == len(uids) == 1):
        raise Denied(403, "unbound", "the token is of no pod's ServiceAccount")
    return Caller(namespace, account, names[0], uids[0])


def confirmed(who: Caller, pod: Json | None) -> Json:
    """The caller's pod as it is now. Raises Denied.

    A TokenReview is cached for 10 s, and a token is good until its pod is deleted, finished ones included (seen).
    """
    if pod is None:
        raise Denied(403, "gone", f"there is no pod {who.namespace}/{who.pod}")
    if pod["metadata"]["uid"] != who.uid:
        raise Denied(403, "replaced", f"the token is of an earlier pod {who.namespace}/{who.pod}")
    spec, status = pod["spec"], pod.get("status") or {}
    if spec.get("serviceAccountName") != who.service_account:
        raise Denied(403, "account", f"pod {who.namespace}/{who.pod} has another ServiceAccount than its token")
    if status.get("phase") in OVER:
        raise Denied(403, "ended", f"pod {who.namespace}/{who.pod} has ended")
    if pod["metadata"].get("deletionTimestamp"):
        raise Denied(403, "ending", f"pod {who.namespace}/{who.pod} is being deleted")
    if spec.get("hostNetwork"):
        raise Denied(403, "host-network", f"pod {who.namespace}/{who.pod} has its node's address, which is not its own")
    return pod
