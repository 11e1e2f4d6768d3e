"""richpod on an API server alone: what no controller does there is written by hand, so that any fault can be planted."""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from webhook.cli.manifests.files import stream
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import (
    CERTS,
    CONFIGURATION,
    FIELD_MANAGER,
    GATEWAY,
    GATEWAY_SLICES,
    LXCFS,
    LXCFS_NAMESPACE,
    NAMESPACE,
    SERVICE,
    SERVING_SECRET,
    WEBHOOK,
)
from webhook.policy.file import parse

from . import standalone
from .access import Cluster, Object
from .injection import Served, served

POLICY = """
podSecurityDefault: baseline
runtimes: {gvisor: {class: gvisor}}
profiles:
  default: {features: {init: launch}, allow: [init]}
  machine: {features: {lxcfs: true}}
  strict: {onConflict: refuse}
  isolated: {features: {runtime: gvisor}, required: [runtime], namespaces: [payments]}
images:
  registries: {registry.example.com: {}}
  credentials: registries
  pullSecretsFrom: [shop]
gateway:
  upstreams:
    acl:
      grant: {url: "https://acl.example/entries/${address}"}
      revoke: {url: "https://acl.example/entries/${address}", method: DELETE}
      credentials: acl-token
grants: {orders: {upstream: acl}}
"""
PARSED = parse(POLICY)

_BASELINE = """
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline, enforce-version: latest}
"""
"""A cluster whose namespaces without the label enforce baseline."""


@dataclass(frozen=True)
class Patient:
    cluster: Cluster

    def get(self, *what: str) -> Object:
        found: Object = json.loads(self.cluster.kubectl("get", *what, "-o", "json"))
        return found

    def status(self, stored: Object, **fields: object) -> None:
        """Writes what a controller or a kubelet would report."""
        self._replace({**stored, "status": {**stored.get("status", {}), **fields}}, "--subresource=status")

    def _replace(self, stored: Object, *options: str) -> None:
        """Whatever has happened to it since it was read."""
        metadata = {key: value for key, value in stored["metadata"].items() if key != "resourceVersion"}
        self.cluster.kubectl("replace", *options, "-f", "-", input=json.dumps({**stored, "metadata": metadata}))

    # --- faults: there while the block runs ---

    @contextmanager
    def unpulled(self, name: str) -> Iterator[str]:
        """A rich pod in the namespace shop whose kubelet cannot pull the toolkit. Yields the kubelet's sentence."""
        asking = pod("shop", name)
        asking["metadata"]["annotations"] = {"richpod.io/init": "launch"}
        with self.added(asking):
            stored = self.get("pod", "-n", "shop", name)
            (copier,) = stored["spec"]["initContainers"]
            said = f'failed to pull and unpack image "{copier["image"]}": failed to resolve image: 401 Unauthorized'
            waiting = {"reason": "ErrImagePull", "message": said}
            reported = {"name": copier["name"], "image": copier["image"], "imageID": "", "ready": False, "restartCount": 0}
            self.status(stored, initContainerStatuses=[{**reported, "state": {"waiting": waiting}}])
            yield said

    @contextmanager
    def edited(self, *what: str, patch: list[Object], subresource: str = "") -> Iterator[None]:
        """`patch`: as RFC 6902."""
        options = [f"--subresource={subresource}"] if subresource else []
        before = self.get(*what)
        self.cluster.kubectl("patch", *what, *options, "--type=json", "-p", json.dumps(patch))
        try:
            yield
        finally:
            self._replace(before, *options)

    @contextmanager
    def without(self, *what: str) -> Iterator[None]:
        before = self.get(*what)
        self.cluster.kubectl("delete", *what, "--grace-period=0", "--force")
        try:
            yield
        finally:
            for key in ("uid", "resourceVersion", "creationTimestamp"):
                del before["metadata"][key]
            self.cluster.kubectl("create", "-f", "-", input=json.dumps(before))
            if "status" in before:
                self.status(self.get(*what), **before["status"])

    @contextmanager
    def added(self, *objects: Object) -> Iterator[None]:
        stored = self.cluster.apply(*objects)
        try:
            yield
        finally:
            self.cluster.kubectl("delete", "--grace-period=0", "--force", "-f", "-", input=json.dumps(_listed(*stored)))


@contextmanager
def patient(assets: Path, folder: Path) -> Iterator[Patient]:
    """In good health."""
    admission = folder / "admission.yaml"
    admission.write_text(_BASELINE)
    # The second makes the API server call the Service's endpoint itself: nothing here routes addresses of Services.
    options = (f"--admission-control-config-file={admission}", "--enable-aggregator-routing=true")
    with (
        standalone.api_server(assets, *options) as cluster,
        served(_own_address(), POLICY, folder, kubeconfig=cluster.kubeconfig) as server,
    ):
        found = Patient(cluster)
        _install(found, server, folder)
        yield found


def _install(patient: Patient, server: Served, folder: Path) -> None:
    cluster = patient.cluster
    cluster.apply(*_namespace("shop", {"richpod.io/inject": "true"}))
    cluster.apply(*(one for one in yaml.safe_load_all(stream(PARSED, ())) if one))
    bundle = base64.b64encode(server.at.authority.certificate).decode()
    webhooks = patient.get("mutatingwebhookconfiguration", CONFIGURATION)["webhooks"]
    trusting = {"webhooks": [{"name": webhook["name"], "clientConfig": {"caBundle": bundle}} for webhook in webhooks]}
    identity = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    configuration = json.dumps({**identity, "metadata": {"name": CONFIGURATION}, **trusting})
    cluster.kubectl("apply", "--server-side", f"--field-manager={FIELD_MANAGER}", "-f", "-", input=configuration)
    files = {name: base64.b64encode((folder / name).read_bytes()).decode() for name in ("tls.crt", "tls.key")}
    cluster.apply(
        _object("Secret", SERVING_SECRET, type="kubernetes.io/tls", data=files),
        _endpoint(server.at.host, server.at.port),
        {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "gvisor"}, "handler": "runsc"},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}},
        credentials({"registry.example.com": {"username": "ann", "password": "secret"}}),
        _object("Secret", "acl-token", stringData={"Authorization": "secret"}),
        *_namespace("payments", {}),
        *_namespace("careful", {"richpod.io/profile": "strict"}),
        _object("ServiceAccount", "default", "default"),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": LXCFS_NAMESPACE, "labels": _PRIVILEGED}},
        _object("ServiceAccount", "default", LXCFS_NAMESPACE),
    )
    # No controller says that it is ready.
    cluster.kubectl("patch", "node", "node-1", "--type=json", "-p", '[{"op": "remove", "path": "/spec/taints"}]')
    for name, replicas in ((WEBHOOK, 2), (CERTS, 1), (GATEWAY, 2)):
        deployment = patient.get("deployment", "-n", NAMESPACE, name)
        patient.status(deployment, replicas=replicas, readyReplicas=replicas, availableReplicas=replicas)
    for name in ("replica-1", "replica-2"):
        cluster.apply(replica(patient, name))
    _lead(patient, "gateway-1")
    cluster.apply(pod(LXCFS_NAMESPACE, "agent", {OWN_LABEL: LXCFS}, nodeName="node-1"))
    patient.status(patient.get("pod", "-n", LXCFS_NAMESPACE, "agent"), conditions=[{"type": "Ready", "status": "True"}])


def _lead(patient: Patient, name: str) -> None:
    """A replica of the gateway, and what it writes while it leads: for ever, since nobody renews it."""
    patient.cluster.apply(replica(patient, name, GATEWAY))
    patient.status(patient.get("pod", "-n", NAMESPACE, name), conditions=[{"type": "Ready", "status": "True"}])
    spec = {"holderIdentity": name, "renewTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", "leaseDurationSeconds": 86400}
    patient.cluster.apply(_object("Lease", GATEWAY, spec=spec) | {"apiVersion": "coordination.k8s.io/v1"})
    first, *_ = GATEWAY_SLICES
    endpoint = {"addresses": ["10.0.0.7"], "conditions": {"ready": True}, "targetRef": {"kind": "Pod", "name": name}}
    patch = [{"op": "replace", "path": "/endpoints", "value": [endpoint]}]
    patient.cluster.kubectl("-n", NAMESPACE, "patch", "endpointslice", first, "--type=json", "-p", json.dumps(patch))


def replica(patient: Patient, name: str, workload: str = WEBHOOK) -> Object:
    """As the ReplicaSet would make it."""
    template = patient.get("deployment", "-n", NAMESPACE, workload)["spec"]["template"]
    # A quota counts pods of the webhook's priority, and no controller here says how many there are.
    spec = {key: value for key, value in template["spec"].items() if key != "priorityClassName"}
    return _object("Pod", name, spec=spec) | {"metadata": {**template["metadata"], "name": name, "namespace": NAMESPACE}}


def pod(namespace: str, name: str, labels: dict[str, str] | None = None, **spec: object) -> Object:
    container = {"name": "main", "image": "app:1", "command": ["/app"]}
    found = _object("Pod", name, namespace, spec={"containers": [container], **spec})
    found["metadata"]["labels"] = labels or {}
    return found


def credentials(registries: Object, kind: str = "kubernetes.io/dockerconfigjson") -> Object:
    """The Secret that the policy names. `registries`: host to entry."""
    held = base64.b64encode(json.dumps({"auths": registries}).encode()).decode()
    return _object("Secret", "registries", type=kind, data={".dockerconfigjson": held})


_PRIVILEGED = {"pod-security.kubernetes.io/enforce": "privileged"}


def _namespace(name: str, labels: dict[str, str]) -> list[Object]:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    return [namespace, _object("ServiceAccount", "default", name)]


def _endpoint(host: str, port: int) -> Object:
    """Of the Service, as its controller would write it."""
    slice_ = _object("EndpointSlice", f"{SERVICE}-here", addressType="IPv4") | {"apiVersion": "discovery.k8s.io/v1"}
    slice_["metadata"]["labels"] = {"kubernetes.io/service-name": SERVICE}
    slice_["endpoints"] = [{"addresses": [host], "conditions": {"ready": True}}]
    slice_["ports"] = [{"name": "https", "port": port, "protocol": "TCP"}]
    return slice_


def _object(kind: str, name: str, namespace: str = NAMESPACE, **fields: object) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}


def _listed(*objects: Object) -> Object:
    return {"apiVersion": "v1", "kind": "List", "items": objects}


def _own_address() -> str:
    """Of this machine: an endpoint must not be on loopback. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))
        return str(asking.getsockname()[0])
