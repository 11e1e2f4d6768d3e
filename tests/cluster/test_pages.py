"""What the pages say to type, typed on a real API server."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from .access import Cluster
from .namespaces import Namespaces
from .pods import pod
from .processes import run

pytestmark = pytest.mark.cluster

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq")
def test_the_pods_that_still_use_lxcfs_are_listed_and_those_that_ended_are_not(
    api_server: Cluster, namespace: Namespaces
) -> None:
    (command,) = re.findall(r"^```sh\n(kubectl get pods -A .*?)^```$", (DOCS / "lxcfs.md").read_text(), re.M | re.S)
    name = namespace()
    volume = {"name": "richpod-lxcfs-meminfo", "emptyDir": {}}
    for phase in ("Running", "Succeeded", "Failed"):
        made = pod(name, "app:1", nodeSelector={"no": "such-node"}, volumes=[volume])
        made["metadata"]["name"] = phase.lower()
        api_server.apply(made)
        status = json.dumps({"status": {"phase": phase}})
        api_server.kubectl("-n", name, "patch", "pod", phase.lower(), "--subresource=status", "--type=merge", "-p", status)
    path = f"{api_server.kubectl_program.parent}:{os.environ['PATH']}"
    listed = run("bash", "-c", command, environment={"KUBECONFIG": str(api_server.kubeconfig), "PATH": path})
    assert [line.split()[:2] for line in listed.splitlines() if name in line] == [[name, "running"]]
