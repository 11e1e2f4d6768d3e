"""What the gateway says of itself: its OpenAPI document, which it serves to nobody."""

from typing import Any

from webhook.gateway.application import create_app
from webhook.gateway.metrics import Metrics


def contract() -> dict[str, Any]:
    metrics = Metrics([], lambda upstream: 0, lambda phase: 0)
    return create_app("hash", lambda: None, 1, metrics, lambda event, **facts: None).openapi()
