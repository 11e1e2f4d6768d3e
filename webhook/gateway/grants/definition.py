"""The CustomResourceDefinition of Grants: what the API server takes, and what `kubectl get grants` shows."""

from typing import Any

from webhook.gateway.grants.stored import GROUP, KIND, PLURAL, VERSION

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": [*properties]}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


ATTEMPT = _object({"at": {"type": "string", "format": "date-time"}, "outcome": TEXT})
ENTRY = _object(
    {
        "grant": TEXT,
        "upstream": TEXT,
        "entry": TEXT,
        "address": TEXT,
        "state": TEXT,
        "reason": TEXT,
        "revoke": _object({"method": TEXT, "url": TEXT, "body": TEXT}),
        "attempts": _list(ATTEMPT),
    },
)
CONDITION = _object(
    {
        "type": TEXT,
        "status": TEXT,
        "reason": TEXT,
        "message": TEXT,
        "lastTransitionTime": {"type": "string", "format": "date-time"},
    }
)
SPEC = _object(
    {
        "pod": _object({"namespace": TEXT, "name": TEXT, "uid": TEXT}),
        "serviceAccount": TEXT,
        "application": TEXT,
        "addresses": _list(TEXT),
    }
)
# Or whoever edits it takes away what only it knows, until somebody leads who can write it anew.
SPEC["x-kubernetes-validations"] = [{"rule": "self == oldSelf", "message": "a Grant is of one pod and its addresses for good"}]
STATUS = _object(
    {
        "phase": TEXT,
        "ended": TEXT,
        "kinds": TEXT,
        "attempts": NUMBER,
        "entries": _list(ENTRY),
        "conditions": _list(CONDITION),
    }
)
COLUMNS = (
    ("Namespace", "string", ".spec.pod.namespace"),
    ("Pod", "string", ".spec.pod.name"),
    ("Application", "string", ".spec.application"),
    ("Address", "string", ".spec.addresses[*]"),
    ("Kinds", "string", ".status.kinds"),
    ("Phase", "string", ".status.phase"),
    ("Attempts", "integer", ".status.attempts"),
    ("Age", "date", ".metadata.creationTimestamp"),
)


def definition() -> Json:
    schema = {
        "description": "What one pod is authorized for. richpod's gateway writes it; whoever edits it is overruled.",
        "type": "object",
        "required": ["spec"],
        "properties": {"spec": SPEC, "status": STATUS},
    }
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [{"name": name, "type": kind, "jsonPath": path} for name, kind, path in COLUMNS],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": PLURAL, "singular": KIND.lower(), "kind": KIND, "listKind": f"{KIND}List"},
            "versions": [version],
        },
    }
