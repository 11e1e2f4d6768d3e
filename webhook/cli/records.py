"""A preview as one line of JSON."""

import json
from typing import Any

from webhook.cli.preview import Preview

Json = dict[str, Any]


def record(preview: Preview) -> Json:
    """What `dry-run -o json` says about one pod. `document` counts from 1, `items` are the indices in Lists, from 0."""
    context, outcome = preview.context, preview.outcome
    return {
        **subject(preview),
        "entry": preview.entry.name if preview.entry else None,
        "profile": context.profile_name if context else None,
        "level": context.level if context else None,
        "mode": context.profile.mode if context else None,
        "leftAlone": outcome.left_alone or None,
        "patch": outcome.operations,
        "verdicts": [verdict._asdict() for verdict in outcome.verdicts],
    }


def subject(preview: Preview) -> Json:
    """Which object of which file it is about."""
    workload = preview.workload
    said = {
        "apiVersion": workload.object["apiVersion"],
        "kind": workload.kind,
        "namespace": preview.namespace,
        "name": workload.name,
        "file": preview.document.file,
        "document": preview.document.number,
    }
    return {"object": said | ({"items": workload.place} if workload.place else {})}


def line(value: Any) -> str:
    """JSON in which nothing can steer a terminal: all but printable ASCII is escaped."""
    return json.dumps(value, separators=(",", ":")) + "\n"
