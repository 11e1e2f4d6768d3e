"""richpod installed as an administrator does it: rendered, applied by kubectl, removed in the documented order.

There can be one in a cluster: tests that want one wait for each other.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from webhook.admission.entries import PROFILE
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import CERTS, CONFIGURATION, GATEWAY, NAMESPACE, WEBHOOK

from . import sharing
from .access import Cluster, Object
from .creation import create
from .layout import OWN
from .namespaces import namespaces
from .pods import pod
from .processes import run, until

LABEL = "app.kubernetes.io/name=richpod"
REFUSING = "mutatingwebhookconfigurations,validatingadmissionpolicybindings,validatingadmissionpolicies"
"""What can stop pods of others: removed before what it calls (docs/installation.md)."""
GIVING_BACK = (
    "kubectl -n richpod-system annotate --overwrite lease richpod-gateway richpod.io/close=true",
    "kubectl -n richpod-system wait --for=delete grants --all --timeout=30m",
)
"""Before the gateway is removed (docs/gateway.md)."""
ALLOW = "kubectl -n richpod-system create rolebinding explain-TEAM --role=richpod-explain --group=GROUP"
"""How a group is given the right to explain (docs/installation.md)."""


@dataclass(frozen=True)
class Installation:
    """`folder` holds what was rendered last."""

    cluster: Cluster
    folder: Path

    def render(self, policy_text: str, *components: str) -> None:
        policy = self.folder.with_suffix(".policy.yaml")
        policy.write_text(policy_text)
        chosen = [f"--with={name}" for name in components]
        run(sys.executable, "-m", "webhook", "manifests", f"--policy={policy}", f"--output-dir={self.folder}", *chosen)

    def apply(self) -> list[str]:
        """What kubectl says, a line for each object."""
        return self.cluster.kubectl("apply", "--validate=strict", "-k", self.folder).splitlines()

    def wait(self, seconds: int = 120) -> None:
        """Until every replica is of the last rendered version and ready, and the API server calls them."""
        for deployment in (CERTS, WEBHOOK, *([GATEWAY] if self._has_gateway else [])):
            self.kubectl("rollout", "status", f"deployment/{deployment}", f"--timeout={seconds}s")
        until("a bundle in every entry", self._trusted, seconds)
        with namespaces(self.cluster) as make:
            marker = pod(make({PROFILE: "no-such-profile"}), "marker")
            until("a call of the webhook", lambda: _warned(self.cluster, marker), seconds)

    def kubectl(self, *arguments: object) -> str:
        """In the namespace of the installation."""
        return self.cluster.kubectl("-n", NAMESPACE, *arguments)

    @contextmanager
    def away(self) -> Iterator[None]:
        """No replica is there while the block runs."""
        try:
            self.kubectl("scale", f"deployment/{WEBHOOK}", "--replicas=0")
            self.kubectl("wait", "--for=delete", "pod", "-l", f"{OWN_LABEL}={WEBHOOK}", "--timeout=90s")
            yield
        finally:
            self.kubectl("scale", f"deployment/{WEBHOOK}", "--replicas=2")
            self.wait()

    def configuration(self) -> Object:
        found: Object = json.loads(self.cluster.kubectl("get", "mutatingwebhookconfiguration", CONFIGURATION, "-o", "json"))
        return found

    def uninstall(self) -> None:
        if self._has_gateway and self.kubectl("get", "lease", GATEWAY, "--ignore-not-found"):
            for line in GIVING_BACK:
                self.cluster.kubectl(*line.replace("30m", "5m").split()[1:])
        self.cluster.kubectl("delete", REFUSING, "-l", LABEL)
        # A namespace that still has pods is looked at again after half of their grace period.
        self.kubectl("delete", "deployments", "--all", "--cascade=foreground")
        self.cluster.kubectl("delete", "--ignore-not-found", "-k", self.folder)

    @property
    def _has_gateway(self) -> bool:
        return (self.folder / "35-gateway.yaml").exists()

    def _trusted(self) -> bool:
        return all(webhook["clientConfig"].get("caBundle") for webhook in self.configuration()["webhooks"])


@contextmanager
def installed(cluster: Cluster, policy_text: str, folder: Path, *components: str) -> Iterator[Installation]:
    """Ready for calls; how long that took is printed."""
    with sharing.alone("installation", OWN):
        installation = Installation(cluster, folder / "installation")
        installation.render(policy_text, *components)
        try:
            begun = monotonic()
            installation.apply()
            installation.wait()
            print(f"\ninstalled and called after {monotonic() - begun:.1f} s")
            yield installation
        finally:
            installation.uninstall()


def _warned(cluster: Cluster, marker: Object) -> bool:
    return any("no label selects" in warning for warning in create(cluster, marker).warnings)
