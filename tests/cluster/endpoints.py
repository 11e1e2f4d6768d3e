"""Where the API server reaches a webhook of a test, over TLS, and what a configuration says about it."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from certs.authority import Pair, new_authority, new_leaf
from webhook.installation import SERVER_NAMES

from .access import Object


class Endpoint(NamedTuple):
    """`authority` signed the server's certificate."""

    host: str
    port: int
    authority: Pair


def certify(host: str, folder: Path) -> Pair:
    """Writes tls.crt and tls.key of a server at `host`, or behind richpod's Service; returns the authority."""
    now = datetime.now(UTC)
    authority = new_authority("richpod tests", now, timedelta(days=1))
    leaf = new_leaf(authority, (host, *SERVER_NAMES), now, timedelta(days=1))
    (folder / "tls.crt").write_bytes(leaf.certificate)
    (folder / "tls.key").write_bytes(leaf.key)
    return authority


def configuration(name: str, webhooks: list[Object]) -> Object:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": webhooks,
    }


def webhook(name: str, endpoint: Endpoint, path: str, namespaces: Object, **more: object) -> Object:
    """An entry for created pods of the namespaces that a selector takes; `more` replaces or adds fields."""
    url = f"https://{endpoint.host}:{endpoint.port}{path}"
    return {
        "name": name,
        "clientConfig": {"url": url, "caBundle": base64.b64encode(endpoint.authority.certificate).decode()},
        "rules": [
            {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "scope": "Namespaced"}
        ],
        # A call that fails must be seen by the test.
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 5,
        "reinvocationPolicy": "IfNeeded",
        "namespaceSelector": namespaces,
        **more,
    }
