#!/usr/bin/env python3
"""CNI address plug-in of the test cluster: host-local, asked for the address that the pod's annotation names.

The annotation's value is a JSON list of one address. containerd hands a pod's annotations to plug-ins that declare the capability
`io.kubernetes.cri.pod-annotations`, as `runtimeConfig` on stdin. An address in use is an error: the pod waits for it. Pods that
name none get no address above LAST: whoever had one might stay.
"""

import json
import os
import shutil
import subprocess
import sys
from typing import Any

ANNOTATION = "cni.test.example/address"
CAPABILITY = "io.kubernetes.cri.pod-annotations"
LAST = "198.18.0.239"


def with_address(configuration: dict[str, Any]) -> dict[str, Any]:
    annotations = configuration.get("runtimeConfig", {}).get(CAPABILITY) or {}
    if ANNOTATION not in annotations:
        ipam = configuration["ipam"]
        return configuration | {"ipam": ipam | {"ranges": [[each | {"rangeEnd": LAST} for each in ipam["ranges"][0]]]}}
    return configuration | {"args": {"cni": {"ips": json.loads(annotations[ANNOTATION])}}}


if __name__ == "__main__":
    wanted = json.dumps(with_address(json.load(sys.stdin)))
    plugin = shutil.which("host-local", path=os.environ["CNI_PATH"]) or "host-local"
    sys.exit(subprocess.run([plugin], input=wanted, text=True, check=False).returncode)
