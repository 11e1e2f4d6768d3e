"""Taking richpod away in the documented order: nothing is left, and nobody who never opted in is stopped."""

from pathlib import Path

import pytest

from webhook.installation import NAMESPACE

from .access import Cluster
from .everything import everything
from .installation import installed
from .load import steady
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import policy

pytestmark = pytest.mark.cluster


def test_an_uninstallation_leaves_nothing_and_stops_nobody(
    cluster: Cluster, richpod_image: str, namespace: Namespaces, tmp_path: Path
) -> None:
    """In the documented order, while pods are created in a namespace that never opted in."""
    plain = pod(namespace(), "app:1", "/app")
    before = everything(cluster)
    with installed(cluster, policy(), tmp_path) as installation, steady(cluster, plain, 20) as load:
        assert any(NAMESPACE in line for line in everything(cluster) - before)
        installation.uninstall()
        until("nothing left", lambda: not everything(cluster) - before, 60)
    assert load.ended
    assert load.refused == []
