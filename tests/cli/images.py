"""What the tests of `image-map` share: a registry with images, a policy that names it, manifests whose pods run them."""

import json
from pathlib import Path
from typing import Any

from tests.registry.server import Registry

SHOP = {"Entrypoint": ["/shop"], "Cmd": ["--port", "$(PORT)"], "User": "app", "WorkingDir": "/srv", "StopSignal": "SIGQUIT"}
SHOP_ENTRY = {
    "entrypoint": ["/shop"],
    "cmd": ["--port", "$(PORT)"],
    "user": "app",
    "workingDir": "/srv",
    "stopSignal": "SIGQUIT",
}
DIFFERENT = {"amd64": {"Entrypoint": ["/x86", "-v"]}, "arm64": {"Entrypoint": ["/arm"], "User": "7"}}
DIFFERENT_ENTRY = {"platforms": {"amd64": {"entrypoint": ["/x86", "-v"]}, "arm64": {"entrypoint": ["/arm"], "user": "7"}}}
VARIANTS = {"arm/v6": {"Cmd": ["/old"]}, "arm/v7": {"Cmd": ["/new"]}, "amd64": {"Cmd": ["/new"]}}


def policy(folder: Path, *registries: Registry, **images: Any) -> Path:
    """A file that names registries on this machine as ones that may be asked."""
    asked = {one.host: {"ca": one.authority, "addresses": ["127.0.0.0/8", "::1/128"]} for one in registries}
    (folder / "policy.yaml").write_text(json.dumps({"images": {"registries": asked, **images}}))
    return folder / "policy.yaml"


def pods(folder: Path, *images: str, **container: Any) -> Path:
    """A Deployment for each image, in one file."""
    texts = []
    for number, name in enumerate(images):
        template = {"spec": {"containers": [{"name": "app", "image": name, **container}]}}
        manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"app-{number}"}}
        texts.append(json.dumps({**manifest, "spec": {"template": template}}))
    (folder / "app.yaml").write_text("\n---\n".join(texts))
    return folder / "app.yaml"
