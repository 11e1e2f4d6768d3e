"""The gateway as processes of this machine, with the rights that the manifests give it, and pods that nobody runs.

The API server is real, and so are the tokens; statuses of pods are patched, as a kubelet would.
"""

import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple

import kubernetes

from certs.authority import new_authority, new_leaf
from tests.running import Log
from webhook.cli.manifests import gateway
from webhook.cluster import Cluster as Client
from webhook.gateway.grants import stored
from webhook.gateway.replicas.live import LEASE
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZE_LABEL, AUTHORIZER_CONTAINER, GATEWAY_AUDIENCE, GRANT_OPTION
from webhook.installation import GATEWAY, NAMESPACE
from webhook.policy.file import parse

from .access import Cluster, Object

NAME = "localhost"
SECONDS = 60
KINDS = ("CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Service")
"""Of the manifests, what a process needs that is no pod; and the EndpointSlices."""
ACCOUNT = "web"
AHEAD = "import sys, time; now = time.time; time.time = lambda: now() + {}; from webhook.__main__ import main; sys.exit(main())"
"""The command `richpod`, whose clock somebody has set wrong."""


class Told(NamedTuple):
    status: int
    body: Any
    after: str
    """The header Retry-After."""


class Pod(NamedTuple):
    namespace: str
    name: str
    uid: str
    token: str

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"


@dataclass
class Replica:
    """A running process."""

    name: str
    process: subprocess.Popen[bytes]
    log: Log
    authority: str
    port: int = 0
    health_port: int = 0

    def ask(self, token: str, path: str = "/authorize", seconds: float = SECONDS) -> Told:
        """Raises OSError where it goes away meanwhile."""
        context = ssl.create_default_context(cadata=self.authority)
        with closing(HTTPSConnection(NAME, self.port, timeout=seconds, context=context)) as connection:
            connection.request("POST", path, headers={"Authorization": f"Bearer {token}"})
            with connection.getresponse() as response:
                return Told(response.status, json.loads(response.read()), response.headers.get("Retry-After", ""))

    def leads(self) -> None:
        self.log.event("leading")
        self.log.event("found")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait(SECONDS)


@dataclass
class Ground:
    """An API server with all that replicas need, one policy, and any number of replicas."""

    cluster: Cluster
    folder: Path
    authority: str
    policy: str
    stack: ExitStack = field(repr=False)
    started: int = 0

    def client(self) -> Client:
        """As the administrator."""
        return Client(self.cluster.api)

    def start(self, *options: str, ahead: float = 0) -> Replica:
        """Another replica; it serves, and may not lead yet. Its clock is so many seconds `ahead`."""
        self.started += 1
        command = [sys.executable, "-c", AHEAD.format(ahead), "gateway", f"--policy={self.folder}/policy.yaml"]
        command += [f"--tls-cert={self.folder}/tls.crt", f"--tls-key={self.folder}/tls.key", f"--credentials={self.folder}"]
        command += [f"--name=replica-{self.started}", f"--address=10.99.0.{self.started % 250 + 1}", "--host=127.0.0.1"]
        command += ["--port=0", "--health-port=0", *options]
        known = {**os.environ, "KUBECONFIG": f"{self.folder}/gateway.kubeconfig"}
        process = subprocess.Popen(command, env=known, stderr=subprocess.PIPE)
        assert process.stderr is not None
        replica = Replica(f"replica-{self.started}", process, Log(), self.authority)
        reader = threading.Thread(target=replica.log.follow, args=(process.stderr,))
        reader.start()
        self.stack.callback(process.stderr.close)
        self.stack.callback(reader.join, SECONDS)
        self.stack.callback(_end, process)
        serving = replica.log.event("serving")
        replica.port, replica.health_port = serving["port"], serving["health_port"]
        return replica

    def pod(self, name: str, *grants: str, application: str = "", address: str = "", namespace: str = "shop") -> Pod:
        """One that nobody runs, as admission writes it; without `address` it has none yet."""
        words = [
            APPLICATION_OPTION,
            application or f"{namespace}/{name}",
            *(w for grant in grants for w in (GRANT_OPTION, grant)),
        ]
        containers = [{"name": "main", "image": "app:1"}]
        authorizer = {"name": AUTHORIZER_CONTAINER, "image": "richpod:1", "command": words}
        spec = {"serviceAccountName": ACCOUNT, "schedulerName": "none", "initContainers": [authorizer], "containers": containers}
        metadata = {"name": name, "labels": {AUTHORIZE_LABEL: "true"}}
        client, path = self.client(), f"/api/v1/namespaces/{namespace}"
        made = client.create(f"{path}/pods", {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}).object
        uid = made["metadata"]["uid"]
        bound = {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}
        request: Object = {"spec": {"audiences": [GATEWAY_AUDIENCE], "boundObjectRef": bound}}
        request |= {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        answer = client.create(f"{path}/serviceaccounts/{ACCOUNT}/token", request).object
        pod = Pod(namespace, name, uid, answer["status"]["token"])
        if address:
            self.addressed(pod, address)
        return pod

    def addressed(self, pod: Pod, *addresses: str, phase: str = "Pending") -> None:
        self.status(pod, phase=phase, podIP=addresses[0], podIPs=[{"$patch": "replace"}, *({"ip": each} for each in addresses)])

    def status(self, pod: Pod, **status: object) -> None:
        patch = {"metadata": {"uid": pod.uid}, "status": status}
        self.client().merge(f"{pod.path}/status", patch, "kubelet")

    def delete(self, pod: Pod) -> None:
        """At once, as `kubectl delete --force` does."""
        kubernetes.client.CoreV1Api(self.cluster.api).delete_namespaced_pod(pod.name, pod.namespace, grace_period_seconds=0)

    def leader(self) -> str:
        """The replica's name, whoever holds the Lease; "" for nobody."""
        lease = self.client().get(LEASE) or {"spec": {}}
        return str(lease["spec"].get("holderIdentity", "")).partition("_")[0]

    def grants(self) -> dict[str, Object]:
        """By the pods' uids."""
        return {grant["metadata"]["name"]: grant for grant in self.client().items(stored.PATH)}


@contextmanager
def ground(cluster: Cluster, folder: Path, policy: str, *namespaces: str, server: str = "") -> Iterator[Ground]:
    """`policy`: YAML; `namespaces`: those of pods; `server`: another URL for replicas. Ends with all replicas."""
    objects = [each.object for each in gateway.manifests(parse(policy))]
    cluster.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (NAMESPACE, *namespaces)))
    cluster.apply(*(each for each in objects if each["kind"] in (*KINDS, "EndpointSlice")))
    cluster.kubectl("wait", "--for=condition=Established", "crd/grants.richpod.io", "--timeout=60s")
    accounts = ({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": n}} for n in namespaces)
    cluster.apply(*accounts)
    (folder / "policy.yaml").write_text(policy)
    (folder / "gateway.kubeconfig").write_text(_kubeconfig(cluster, server))
    now = datetime.now(UTC)
    authority = new_authority("gateway", now, timedelta(days=1))
    leaf = new_leaf(authority, (NAME,), now, timedelta(days=1))
    (folder / "tls.crt").write_bytes(leaf.certificate)
    (folder / "tls.key").write_bytes(leaf.key)
    with ExitStack() as stack:
        yield Ground(cluster, folder, authority.certificate.decode(), policy, stack)


def _kubeconfig(cluster: Cluster, url: str) -> str:
    """Of the gateway's own ServiceAccount: what the manifests do not allow, it cannot do."""
    token = cluster.kubectl("-n", NAMESPACE, "create", "token", GATEWAY, "--duration=24h").strip()
    server = cluster.api.configuration
    ca = base64.b64encode(Path(server.ssl_ca_cert).read_bytes()).decode()
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": url or server.host, "certificate-authority-data": ca}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Whatever a test did to it."""
    process.kill()
    process.wait(SECONDS)
