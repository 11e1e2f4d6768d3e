"""A place for certificates of its own on the API server: namespace, Secrets and configuration that no other test knows."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import kubernetes

from webhook import cluster as edge
from webhook.certificates.loop import Loop
from webhook.certificates.metrics import Metrics
from webhook.certificates.stored import Place
from webhook.certificates.telling import Telling

from .access import Cluster, Object
from .endpoints import configuration

NAMES = ("richpod.richpod-system.svc",)
SECRETS = {"apiGroups": [""], "resources": ["secrets"]}
CONFIGURATIONS = {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"]}


@dataclass
class Ground:
    """`cluster` has every right; the controllers have those of `user`, which are the ones that an installation gives."""

    cluster: Cluster
    place: Place
    user: edge.Cluster
    said: list[dict[str, Any]] = field(default_factory=list)
    metrics: Metrics = field(default_factory=Metrics)

    def loop(self, instance: str = "one") -> Loop:
        """A controller; every replica serves what the Secret holds."""
        telling = Telling(lambda event, **facts: self.said.append({"event": event, **facts}), self.metrics)
        return Loop(self.user, self.place, NAMES, self.served, instance, telling)

    def served(self) -> frozenset[bytes]:
        return frozenset({self.data(self.place.serving).get("tls.crt", b"")})

    def kubectl(self, *words: object, input: object = None) -> str:
        return self.cluster.kubectl("-n", self.place.namespace, *words, input=json.dumps(input) if input else None)

    def data(self, secret: str) -> dict[str, bytes]:
        found = json.loads(self.kubectl("get", "secret", secret, "--ignore-not-found", "-o", "json") or "{}")
        return {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}

    def edit(self, secret: str, **data: bytes) -> None:
        """As a human does; `tls_crt` stands for `tls.crt`."""
        encoded = {key.replace("_", "."): base64.b64encode(value).decode() for key, value in data.items()}
        self.kubectl("patch", "secret", secret, "--type=merge", "-p", json.dumps({"data": encoded}))

    def entries(self) -> dict[str, Object]:
        found = json.loads(self.kubectl("get", "mutatingwebhookconfiguration", self.place.configuration, "-o", "json"))
        return {entry["name"]: entry for entry in found["webhooks"]}

    def bundles(self) -> set[bytes]:
        return {base64.b64decode(entry["clientConfig"].get("caBundle", "")) for entry in self.entries().values()}

    def configure(self, *names: str, by: str = "apply") -> None:
        """Registers entries that no pod reaches."""
        options = ["--server-side", "--field-manager=gitops"] if by == "server-side apply" else []
        self.kubectl("apply", *options, "-f", "-", input=configuration(self.place.configuration, [entry(name) for name in names]))


def entry(name: str) -> Object:
    return {
        "name": name,
        "clientConfig": {"service": {"namespace": "nowhere", "name": "richpod", "port": 443}},
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "namespaceSelector": {"matchLabels": {"test-webhook": "nowhere"}},
    }


def rest(loop: Loop, at: float = 0, now: datetime | None = None) -> float:
    """Looks, on a clock that nobody waits for, until there is nothing to do; returns the moment. At most 20 minutes."""
    end = at + 1200
    while at < end:
        pause = loop.look(now or datetime.now(UTC), at)
        if pause == 60:
            return at
        at += pause
    raise TimeoutError("it does not come to rest")


@contextmanager
def ground(cluster: Cluster, namespace: str) -> Iterator[Ground]:
    """Its configuration, two entries, is deleted behind the block."""
    place = Place(namespace, f"certs-{namespace}", "richpod-authority", "richpod-tls")
    try:
        _permit(cluster, place)
        made = Ground(cluster, place, edge.Cluster(_client(cluster, place)))
        made.configure("one.richpod.io", "two.richpod.io")
        yield made
    finally:
        for kind in ("mutatingwebhookconfiguration", "clusterrole", "clusterrolebinding"):
            cluster.kubectl("delete", kind, "--ignore-not-found", place.configuration)


def _permit(cluster: Cluster, place: Place) -> None:
    """Exactly the rights of an installation, for these names."""
    rbac, names = "rbac.authorization.k8s.io", [place.authority, place.serving]
    here = {"name": "certs", "namespace": place.namespace}
    secrets = {**SECRETS, "resourceNames": names, "verbs": ["get", "watch", "create", "patch"]}
    entries = {**CONFIGURATIONS, "resourceNames": [place.configuration], "verbs": ["get", "watch", "patch"]}
    subject = {"kind": "ServiceAccount", **here}
    wide = {"name": place.configuration}
    cluster.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": here},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": here, "rules": [secrets]},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": wide, "rules": [entries]},
        *(
            {
                "apiVersion": f"{rbac}/v1",
                "kind": f"{kind}Binding",
                "metadata": metadata,
                "roleRef": {"apiGroup": rbac, "kind": kind, "name": metadata["name"]},
                "subjects": [subject],
            }
            for kind, metadata in (("Role", here), ("ClusterRole", wide))
        ),
    )


def _client(cluster: Cluster, place: Place) -> Any:
    token = cluster.kubectl("-n", place.namespace, "create", "token", "certs").strip()
    known = cluster.api.configuration
    limited = kubernetes.client.Configuration(host=known.host, api_key={"BearerToken": f"Bearer {token}"})
    limited.ssl_ca_cert = known.ssl_ca_cert
    return kubernetes.client.ApiClient(limited)
