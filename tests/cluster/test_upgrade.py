"""Another version, by another image and another policy, takes over under load, and the first one again; then all of it goes."""

import json
from pathlib import Path

import pytest

from webhook import __version__
from webhook.admission.entries import INJECT
from webhook.inpod.contract import PREFIX

from .access import Cluster
from .creation import create
from .everything import everything
from .installation import installed
from .load import steady
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import asking, policy

pytestmark = pytest.mark.cluster

RATE = 25
"""Creations a second in each of two namespaces."""


def test_an_upgrade_loses_no_review_and_stops_nobody(
    cluster: Cluster, other_version: str, namespace: Namespaces, tmp_path: Path
) -> None:
    opted_in, stranger = namespace({INJECT: "true"}), namespace()
    rich, plain = pod(opted_in, "app:1", "/app"), pod(stranger, "app:1", "/app")
    rich["metadata"]["annotations"] = asking({"init": "launch"})

    def version() -> str:
        status = create(cluster, rich).body["metadata"]["annotations"][f"{PREFIX}status"]
        return str(json.loads(status)["version"])

    before = everything(cluster)
    with steady(cluster, plain, RATE) as others, installed(cluster, policy(), tmp_path) as installation:
        assert version() == __version__
        old = everything(cluster)
        with steady(cluster, rich, RATE) as load:
            installation.render(policy(image={"prefix": "localhost", "tag": other_version}, podOptIn=True))
            installation.apply()
            installation.wait()
            until("only the new version", lambda: {version() for _ in range(20)} == {other_version}, seconds=60)
            installation.render(policy())
            installation.apply()
            installation.wait()
            until("only the version of before", lambda: {version() for _ in range(20)} == {__version__}, seconds=60)
        assert (load.refused, load.lost) == ([], [])
        kinds = {line.split()[0] for line in everything(cluster) - old}
        # The policy of before stays for a rollback.
        assert kinds <= {"ConfigMap", "ControllerRevision", "Lease", "Pod", "PodMetrics", "ReplicaSet", "EndpointSlice"}
        installation.uninstall()
        until("nothing left", lambda: not everything(cluster) - before, 60)
    assert others.refused == []
