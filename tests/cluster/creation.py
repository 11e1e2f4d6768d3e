"""Creating pods the way controllers do: one request each, many at once, and the API server's answer as it came."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from .access import Cluster, Object

PARALLEL = 8


@dataclass(frozen=True)
class Answer:
    """`body` is the pod as stored, or the Status that says why it was refused."""

    status: int
    body: Object
    warnings: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        return self.status == 201


def create(cluster: Cluster, pod: Object, dry_run: bool = True) -> Answer:
    """Fields the API server does not know are dropped, as they are for clients that say nothing about them."""
    query = urlencode({"fieldValidation": "Ignore", **({"dryRun": "All"} if dry_run else {})})
    url = f"{cluster.api.configuration.host}/api/v1/namespaces/{pod['metadata']['namespace']}/pods?{query}"
    response = cluster.api.call_api("POST", url, {"Content-Type": "application/json"}, pod)
    body = json.loads(response.read())
    return Answer(response.status, body, tuple(map(_text, response.headers.getlist("Warning"))))


def create_all(cluster: Cluster, pods: Iterable[Object]) -> list[Answer]:
    """Answers of dry runs, in the order of the pods."""
    with ThreadPoolExecutor(PARALLEL) as threads:
        return list(threads.map(lambda pod: create(cluster, pod), pods))


def _text(warning: str) -> str:
    """Of a header Warning: `299 - "text"`. Headers are read as Latin-1 and written as UTF-8."""
    text: str = json.loads(warning.encode("latin-1").split(b" ", 2)[2])
    return text
