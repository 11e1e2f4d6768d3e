"""The objects of the cluster that the plan is about: read as its state, written by its steps."""

from base64 import b64decode, b64encode
from typing import NamedTuple

from certs.authority import Pair
from certs.rotation import Publish, State, Tell, WriteAuthority, WriteLeaf
from webhook.cluster import Cluster, Json
from webhook.installation import AUTHORITY_SECRET, CONFIGURATION, FIELD_MANAGER, NAMESPACE, SERVING_SECRET, TRUSTED

CERTIFICATE, KEY, PREVIOUS = "tls.crt", "tls.key", "previous.crt"
"""Keys of the Secrets, beside TRUSTED; the last is the authority's alone."""

Write = WriteAuthority | WriteLeaf | Publish | Tell


class Place(NamedTuple):
    """Names of the three objects."""

    namespace: str = NAMESPACE
    configuration: str = CONFIGURATION
    authority: str = AUTHORITY_SECRET
    serving: str = SERVING_SECRET

    @property
    def configurations(self) -> str:
        """Path of the list; of the Secrets, the same."""
        return "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"

    @property
    def secrets(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/secrets"

    @property
    def objects(self) -> tuple[tuple[str, str], ...]:
        """Path of a list, and the one name in it that is meant."""
        return (self.configurations, self.configuration), (self.secrets, self.authority), (self.secrets, self.serving)


class Stored(NamedTuple):
    """As the API server has them; None for what is not there."""

    configuration: Json | None
    authority: Json | None
    serving: Json | None


def read(cluster: Cluster, place: Place) -> Stored:
    return Stored(*(cluster.get(f"{path}/{name}") for path, name in place.objects))


def state(stored: Stored, served: frozenset[bytes] | None) -> State:
    """What the plan has to know, but for how long it has been so."""
    entries = (stored.configuration or {}).get("webhooks") or []
    published = {entry["name"]: b64decode(entry["clientConfig"].get("caBundle") or "") for entry in entries}
    previous = _data(stored.authority).get(PREVIOUS, b"")
    told = _data(stored.serving).get(TRUSTED, b"")
    return State(pair(stored.authority), previous, pair(stored.serving), published, told, served)


def write(cluster: Cluster, place: Place, stored: Stored, step: Write, instance: str) -> None:
    """Carries out one step. ApiError with status 404 or 409 where somebody changed the object since it was read."""
    match step:
        case Publish():
            _publish(cluster, place, stored, step)
        case WriteAuthority():
            data = {**_of(step.pair), PREVIOUS: step.previous}
            _save(cluster, f"{place.secrets}/{place.authority}", stored.authority, data, instance)
        case WriteLeaf():
            data = {**_of(step.pair), TRUSTED: step.bundle}
            _save(cluster, f"{place.secrets}/{place.serving}", stored.serving, data, instance)
        case Tell():
            _save(cluster, f"{place.secrets}/{place.serving}", stored.serving, {TRUSTED: step.bundle}, instance)


def _publish(cluster: Cluster, place: Place, stored: Stored, step: Publish) -> None:
    """Into every entry, and nothing else of it (requirement 65).

    Not by server-side apply: who applies an element of a list owns it, and another's apply that leaves the entry out then fails,
    because name and bundle stay behind without the rest (seen).
    """
    assert stored.configuration
    encoded = b64encode(step.bundle).decode()
    entries = [{"name": one["name"], "clientConfig": {"caBundle": encoded}} for one in stored.configuration["webhooks"]]
    body = {"metadata": _version(stored.configuration), "webhooks": entries}
    cluster.merge(f"{place.configurations}/{place.configuration}", body, FIELD_MANAGER)


def _save(cluster: Cluster, path: str, old: Json | None, data: dict[str, bytes], instance: str) -> None:
    """Of two that create at once exactly one succeeds, because each applies under a name of its own (requirement 64).

    Applied, not posted: only so can a Role limit creation to a name.
    """
    encoded = {key: b64encode(value).decode() for key, value in data.items()}
    if old:
        cluster.merge(path, {"metadata": _version(old), "data": encoded}, FIELD_MANAGER)
    else:
        secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": encoded}
        name = {"metadata": {"name": path.rsplit("/", 1)[1]}}
        cluster.apply(path, {**secret, **name}, f"{FIELD_MANAGER}-{instance}", force=False)


def _version(stored: Json) -> dict[str, str]:
    return {"resourceVersion": stored["metadata"]["resourceVersion"]}


def _of(pair: Pair) -> dict[str, bytes]:
    return {CERTIFICATE: pair.certificate, KEY: pair.key}


def pair(secret: Json | None) -> Pair | None:
    """What a Secret of ours holds, half a pair included: it is one that does not fit. None where there is none."""
    data = _data(secret)
    return Pair(data.get(CERTIFICATE, b""), data.get(KEY, b"")) if secret else None


def _data(secret: Json | None) -> dict[str, bytes]:
    return {key: b64decode(value or "") for key, value in ((secret or {}).get("data") or {}).items()}
