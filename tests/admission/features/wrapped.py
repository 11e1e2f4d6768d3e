"""The container app, as the webhook makes it, and what stands before its argv."""

from typing import Any

from tests.reviews import context, patched, pod

Json = dict[str, Any]

LAUNCH = ["/.richpod/bin/launch", "--"]


def app(container: Json, annotations: Json | None = None, policy: Json | None = None, **spec: Any) -> Json:
    """The container `app` after admission."""
    container = {"name": "app", "image": "shop/app:1", **container}
    after = patched(pod({"containers": [container], **spec}, annotations), context(policy))
    found: Json = after["spec"]["containers"][0]
    return found
