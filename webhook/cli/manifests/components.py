"""The components there are, by name."""

from collections.abc import Callable

from webhook.cli.manifests import certmanager, lxcfs, monitoring
from webhook.cli.manifests.component import Component
from webhook.policy import Policy

COMPONENTS: dict[str, Callable[[Policy], Component]] = {
    "cert-manager": certmanager.component,
    "lxcfs": lxcfs.component,
    "monitoring": monitoring.component,
}
"""Each from a file here with a function `component`."""
