"""What the gateway says of itself: its OpenAPI document, which it serves to nobody."""

from typing import Any, NoReturn

from webhook.gateway.application import create_app
from webhook.gateway.errors import another_leads
from webhook.gateway.metrics import Metrics


def another_leads_here() -> NoReturn:
    raise another_leads()


def contract() -> dict[str, Any]:
    metrics = Metrics([], lambda upstream: 0, lambda phase: 0)
    return create_app("hash", another_leads_here, 1, metrics, lambda event, **facts: None).openapi()
