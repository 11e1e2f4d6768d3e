"""What an installed webhook has for registries: Secrets where the policy says so, a short token, credentials that come late."""

import base64
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from webhook.cli.manifests.pair import ACCOUNT_FOLDER, TOKEN_LIFE
from webhook.cli.manifests.registries import CREDENTIALS_FOLDER, KEY
from webhook.installation import NAMESPACE, WEBHOOK

from .access import Cluster, Object
from .commands import check
from .installation import Installation
from .namespaces import Namespaces
from .processes import until
from .rich import policy

pytestmark = pytest.mark.cluster

PULLING = f"test-pulling-{uuid4().hex[:8]}"
"""A namespace that the policy lists, and that must be there before the manifests are applied."""
IMAGES = {"registries": {"registry.example.com": {}}, "credentials": "registries", "pullSecretsFrom": [PULLING]}
POLICY = policy(images=IMAGES)
ASK = """
from webhook.cluster import connect
from webhook.errors import ApiError
try:
    print(connect().get("/api/v1/namespaces/{namespace}/secrets/{name}")["type"])
except ApiError as error:
    print(error.status)
"""


@pytest.fixture(scope="module", autouse=True)
def listed(cluster: Cluster) -> Iterator[None]:
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PULLING}})
    yield
    cluster.kubectl("delete", "namespace", PULLING)


def secret(name: str, namespace: str) -> Object:
    held = {"auths": {"registry.example.com": {"username": "ann", "password": "secret"}}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {KEY: base64.b64encode(json.dumps(held).encode()).decode()},
    }


def inside(installation: Installation, *command: str) -> str:
    """What a command prints in a replica, as its user."""
    return installation.kubectl("exec", f"deployment/{WEBHOOK}", "--", *command).strip()


def asked(installation: Installation, namespace: str) -> str:
    """The type of a Secret there as the webhook itself reads it, or the status of the refusal."""
    installation.cluster.apply(secret("pull", namespace))
    return inside(installation, "/opt/richpod/bin/python", "-c", ASK.format(namespace=namespace, name="pull"))


def test_r77_it_reads_secrets_in_the_namespaces_of_the_policy_and_nowhere_else(
    installation: Installation, namespace: Namespaces
) -> None:
    assert asked(installation, PULLING) == "kubernetes.io/dockerconfigjson"
    assert asked(installation, namespace()) == "403"
    assert asked(installation, NAMESPACE) == "403"


def test_r77_its_token_ends_within_minutes(installation: Installation) -> None:
    claims = inside(installation, "cat", f"{ACCOUNT_FOLDER}/token").split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert said["exp"] - said["iat"] == TOKEN_LIFE
    assert said["sub"] == f"system:serviceaccount:{NAMESPACE}:{WEBHOOK}"


def test_credentials_that_come_late_are_followed(installation: Installation) -> None:
    """Replicas start without; the kubelet brings the Secret within two minutes."""
    assert check(installation.cluster)[1]["credentials"]["result"] == "problem"
    assert inside(installation, "ls", CREDENTIALS_FOLDER) == ""
    installation.cluster.apply(secret("registries", NAMESPACE))
    until("the Secret in the replica", lambda: inside(installation, "ls", "-A", CREDENTIALS_FOLDER).endswith(KEY), 150)
    assert "registry.example.com" in inside(installation, "cat", f"{CREDENTIALS_FOLDER}/{KEY}")
    lines = check(installation.cluster)[1]
    assert {line: lines[line]["result"] for line in ("credentials", "pull-secrets")} == {
        "credentials": "ok",
        "pull-secrets": "ok",
    }
