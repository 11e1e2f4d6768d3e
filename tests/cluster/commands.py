"""richpod's own commands, run against a cluster."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .access import Cluster, Object


def richpod(kubeconfig: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Whatever its exit code."""
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    command = [sys.executable, "-m", "webhook", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def check(cluster: Cluster, *words: str) -> tuple[int, dict[str, Object]]:
    """As the administrator: exit code, and the lines of `richpod check -o json` by their ids."""
    ran = richpod(cluster.kubeconfig, "check", "-o", "json", *words)
    return ran.returncode, {line["id"]: line for line in map(json.loads, ran.stdout.splitlines())}
