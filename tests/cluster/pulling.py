"""Registries that tests start on the host, and from which the node's containerd pulls."""

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.registry.server import Registry

from .access import Cluster, Object


@contextmanager
def reachable(cluster: Cluster, registry: Registry, name: str = "") -> Iterator[None]:
    """`name`: of a registry whose mirror it is, where images are not named by its own. containerd reads this at its next pull."""
    assert cluster.layout is not None
    folder = cluster.layout.registries / (name or registry.host)
    folder.mkdir()
    try:
        (folder / "ca.crt").write_text(registry.authority)
        (folder / "hosts.toml").write_text(f'[host."https://{registry.host}"]\nca = "{folder}/ca.crt"\n')
        yield
    finally:
        shutil.rmtree(folder)


def docker_config(credentials: Mapping[str, str]) -> str:
    """`credentials`: registry, or part of one, to `NAME:PASSWORD`."""
    auths = {place: {"auth": base64.b64encode(said.encode()).decode()} for place, said in credentials.items()}
    return json.dumps({"auths": auths})


def pull_secret(namespace: str, name: str, credentials: Mapping[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": docker_config(credentials)},
    }
