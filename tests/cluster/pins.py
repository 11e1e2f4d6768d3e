"""The versions the test cluster is built from, and the cache folder that belongs to exactly these versions."""

import hashlib
import os
from pathlib import Path

KUBERNETES = "v1.36.3"
STAGING = "v0.36.3"
"""The published twin of Kubernetes' staging modules: v0.N for v1.N."""
SAMPLE_CLI_PLUGIN = "v0.36.2"
"""The one staging module that was not published again with the last patch release."""
CONTAINERD = "v2.3.7"
ETCD = "v3.6.16"
COREDNS = "v1.14.7"
GVISOR = "v0.0.0-20260905035102-160fafc42237"
RUNC = "v1.5.2"
"""Of guests; nodes on this machine have the one that is installed."""
CERT_MANAGER = "v1.21.2"
"""Only its custom resources are used; nothing is compiled."""

PINS = hashlib.sha256(f"{KUBERNETES}{CONTAINERD}{ETCD}{COREDNS}{GVISOR}".encode()).hexdigest()[:12]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "richpod-cluster" / PINS
BINARIES = CACHE / "bin"
