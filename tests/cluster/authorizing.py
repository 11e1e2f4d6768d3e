"""richpod installed with a gateway, and the list of examples/authorization that it asks: a process of this machine.

Pods that ask for `acl` are let in by it, `refused` it grants to nobody, and `foreign` is for another namespace's pods.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.authorization.services import Service, open_acl
from webhook.gateway.grants import stored
from webhook.gateway.pods.ends import OVER, addresses
from webhook.inpod.contract import AUTHORIZE_LABEL, AUTHORIZER_CONTAINER, OWN_LABEL
from webhook.installation import GATEWAY

from . import sharing
from .access import Cluster, Object
from .installation import Installation
from .layout import OWN
from .processes import until
from .rich import End

HOST, PORT = OWN.host, 18441
"""One for all tests, which wait for each other: policies name it."""
CEILING = 20
"""Calls in a second."""
_REPLICAS = f"--selector={OWN_LABEL}={GATEWAY}"


def policy(window: int = 60, features: Mapping[str, object] | None = None, **sections: object) -> str:
    """Pods ask for `acl` where they name nothing else. `features`, `sections`: further ones, of the profile and of the policy."""
    url = f"http://{HOST}:{PORT}/entries"
    acl = {
        "grant": {"url": url, "body": {"rule": "${rule}", "address": "${address}"}},
        "revoke": {"url": f"{url}/${{address}}?rule=${{rule}}", "method": "DELETE"},
        "perSecond": CEILING,
        "inFlight": 4,
        "timeout": 5,
    }
    orders = {"upstream": "acl", "values": {"rule": "orders"}}
    grants = {
        "acl": orders,
        "refused": {"upstream": "acl", "values": {"rule": "refused"}},
        "foreign": {**orders, "to": [{"namespaces": ["foreign"]}]},
    }
    allowed = ["authorize", "hooks", "init"] + ["fixed-ip"] * ("fixedIP" in sections)
    default = {"features": {"authorize": ["acl"], **(features or {})}, "allow": allowed}
    whole = {
        "kubernetes": "1.36",
        "image": {"prefix": "localhost", "tag": "test"},
        "toolkit": {"delivery": "image"},
        "gateway": {"window": window, "upstreams": {"acl": acl}},
        "grants": grants,
        "profiles": {"default": default},
    }
    return json.dumps({**whole, **sections})


@dataclass(frozen=True)
class Authorizing:
    installation: Installation
    acl: Service

    @property
    def cluster(self) -> Cluster:
        return self.installation.cluster

    def entries(self) -> set[str]:
        """Addresses that the list lets in."""
        return {entry["address"] for entry in self.acl.ask("GET", "/entries").body}

    def history(self, verb: str = "", **fields: str) -> list[Object]:
        """Calls in the order in which they were done, with `begun` and `at` in seconds since 1970."""
        calls = self.acl.ask("GET", "/history").body
        return [call for call in calls if verb in ("", call["call"]) and fields.items() <= call.items()]

    def grants(self) -> list[Object]:
        found: list[Object] = json.loads(self.cluster.kubectl("get", f"--raw={stored.PATH}"))["items"]
        return found

    def living(self) -> list[Object]:
        """Pods of all namespaces that ask for grants and have not ended."""
        listed = self.cluster.kubectl("get", "pods", "--all-namespaces", f"--selector={AUTHORIZE_LABEL}", "-o", "json")
        return [pod for pod in json.loads(listed)["items"] if pod["status"]["phase"] not in OVER]

    def disagreement(self) -> str:
        """Between the list, Grants and living pods; "" where each says the same."""
        active = {address for grant in self.grants() if _active(grant) for address in grant["spec"]["addresses"]}
        running = {address for pod in self.living() for address in addresses(pod["status"])}
        said = self.entries()
        return "" if said == active == running else f"list {len(said)}: {said}, Grants {active}, pods {running}"

    def agree(self, pods: int, seconds: float = 120) -> None:
        """Waits until all three speak of so many pods, and of the same."""
        try:
            until("agreement", lambda: not self.disagreement() and len(self.entries()) == pods, seconds)
        except TimeoutError as error:
            error.add_note(self.disagreement())
            raise

    def leader(self) -> str:
        """The pod to which the Service leads, "" for none."""
        selected = f"--selector=kubernetes.io/service-name={GATEWAY}"
        slices = json.loads(self.installation.kubectl("get", "endpointslices", selected, "-o", "json"))["items"]
        names = {endpoint["targetRef"]["name"] for each in slices for endpoint in each.get("endpoints") or ()}
        return next(iter(names), "")

    def events(self, event: str, uid: str = "") -> list[Object]:
        """Lines of the logs of all replicas that are there; of one pod, or of all."""
        lines = self.installation.kubectl("logs", _REPLICAS, "--tail=-1").splitlines()
        return [line for line in map(json.loads, lines) if line["event"] == event and uid in ("", line.get("uid"))]

    @contextmanager
    def away(self) -> Iterator[None]:
        """No replica of the gateway is there while the block runs."""
        try:
            self.installation.kubectl("scale", f"deployment/{GATEWAY}", "--replicas=0")
            self.installation.kubectl("wait", "--for=delete", "pod", _REPLICAS, "--timeout=90s")
            yield
        finally:
            self.installation.kubectl("scale", f"deployment/{GATEWAY}", "--replicas=2")
            self.installation.kubectl("rollout", "status", f"deployment/{GATEWAY}", "--timeout=90s")
            self.ready()

    def ready(self) -> None:
        """Until pods find who leads."""
        until(
            "a leader",
            lambda: f"pod/{self.leader()}" in self.installation.kubectl("get", "pods", _REPLICAS, "-o", "name").split(),
        )


@contextmanager
def listing() -> Iterator[Service]:
    """The list."""
    options = (f"--port={PORT}", f"--per-second={CEILING * 2}", "--delay=0.05", "--refuse=refused")
    with sharing.alone("acl", OWN), open_acl(*options, address=HOST) as acl:
        yield acl


def refusal(cluster: Cluster, namespace: str, name: str = "subject", seconds: int = 60) -> End:
    """How the pod's authorizer ended when it was not authorized, as whoever looks at the pod is told."""
    seen = cluster.wait_for_pod(namespace, name, lambda pod: _failed(pod) is not None, seconds)
    found = _failed(seen)
    assert found is not None
    return End(found["exitCode"], found["reason"], found.get("message", ""))


def _active(grant: Object) -> bool:
    """Its status is written after it has been made."""
    return grant.get("status", {}).get("phase") == "Active"


def _failed(pod: Object) -> Object | None:
    for status in pod["status"].get("initContainerStatuses") or ():
        if status["name"] == AUTHORIZER_CONTAINER:
            ends = (status[state].get("terminated") for state in ("state", "lastState"))
            return next((end for end in ends if end and end["exitCode"]), None)
    return None
