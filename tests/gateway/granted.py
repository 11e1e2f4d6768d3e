"""A pod that holds a Grant, and the Grant."""

from typing import Any

from webhook.gateway.grants.grant import Grant, Owner
from webhook.inpod.contract import AUTHORIZE_LABEL

Json = dict[str, Any]

ADDRESS = "10.0.0.7"
OWNER = Owner("shop", "web-1", "5f0c", "web", "shop")


def pod(metadata: Json | None = None, spec: Json | None = None, status: Json | None = None) -> Json:
    """As the API server shows it while it runs, with members replaced."""
    named = {"namespace": OWNER.namespace, "name": OWNER.pod, "uid": OWNER.uid, "labels": {AUTHORIZE_LABEL: "true"}}
    return {
        "metadata": {**named, **(metadata or {})},
        "spec": {"serviceAccountName": OWNER.service_account, **(spec or {})},
        "status": {"phase": "Running", "podIP": ADDRESS, "podIPs": [{"ip": ADDRESS}], **(status or {})},
    }


def grant(**changes: Any) -> Grant:
    return Grant(OWNER, (ADDRESS,))._replace(**changes)
