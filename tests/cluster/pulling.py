"""Registries that tests start on the host, and from which the node's containerd pulls."""

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .access import Cluster, Object


@contextmanager
def reachable(cluster: Cluster, registry: str, authority: bytes) -> Iterator[None]:
    """`registry`: HOST:PORT; `authority` signed its certificate. containerd reads this at its next pull."""
    assert cluster.layout is not None
    folder = cluster.layout.registries / registry
    folder.mkdir()
    try:
        (folder / "ca.crt").write_bytes(authority)
        (folder / "hosts.toml").write_text(f'server = "https://{registry}"\nca = "{folder}/ca.crt"\n')
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
