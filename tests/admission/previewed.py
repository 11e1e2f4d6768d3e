"""Workloads sent for a preview, and what is said of them."""

from typing import Any

import orjson

from tests.reviews import context, review
from webhook.admission.preview import preview
from webhook.admission.preview_entries import KINDS
from webhook.admission.review import Answer

Json = dict[str, Any]

CONTAINER = {"name": "app", "image": "shop/app:1", "command": ["/app"]}

FIXED = {
    "fixedIP": {"annotation": "cni.projectcalico.org/ipAddrs", "form": "json-list", "pools": {"shop": ["198.51.100.0/28"]}},
    "profiles": {"default": {"features": {"init": "launch"}, "allow": ["fixed-ip"]}},
}


def template(annotations: Json | None = None, labels: Json | None = None, **spec: Any) -> Json:
    return {"metadata": {"annotations": annotations, "labels": labels}, "spec": {"containers": [CONTAINER], **spec}}


def workload(held: Any, kind: str = "Deployment", **spec: Any) -> Json:
    spec = {"template": held, **spec} if kind != "CronJob" else {"jobTemplate": {"spec": {"template": held}}, **spec}
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def group(kind: str) -> str:
    return next((group for group, kinds in KINDS.items() if kind in kinds), "")


def body(manifest: Any, kind: str = "Deployment", /, **changes: Any) -> bytes:
    named = {"group": group(kind), "version": "v1", "kind": kind}
    return orjson.dumps(review(manifest, **{"kind": named, **changes}))


def response(answer: Answer) -> Json:
    found: Json = orjson.loads(answer.body)["response"]
    return found


def told(manifest: Any, policy: Json | None = None, kind: str = "Deployment", **changes: Any) -> list[str]:
    """The warnings; nothing else may be in the answer."""
    found = response(preview(body(manifest, kind, **changes), context(policy)))
    assert found["allowed"]
    assert not {"patch", "patchType", "status"} & found.keys()
    warnings: list[str] = found.get("warnings", [])
    return warnings


TYPO = "richpod web: the annotation richpod.io/intt is not known and does nothing; did you mean richpod.io/init?"
