"""Pods of private images: whose credentials the webhook uses, and for whom."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from tests.registry.push import push
from tests.registry.server import PASSWORD, registry
from webhook.admission.entries import INJECT

from .access import Cluster
from .injection import injecting
from .namespaces import namespaces
from .pulling import docker_config, pull_secret, reachable
from .rich import Created, Place, policy, verdicts
from .shapes import SHOW, Shape, layer
from .shown import shown

pytestmark = pytest.mark.cluster

OWN, SHARED = "tenants/own", "shared/tools"
SHAPE = Shape(SHOW | {"Cmd": ["private"], "User": "app"})
ALICE = f"alice:{PASSWORD}"


class Private(NamedTuple):
    """A registry that nobody reads without credentials, and namespaces that hold a Secret with them.

    Pods of `listed` and `unlisted` are sent to a webhook whose policy names only the first in `pullSecretsFrom`, and whose own
    credentials are for the images below `shared`.
    """

    host: str
    plain: Place
    listed: Place
    unlisted: Place

    def create(self, place: Place, repository: str, name: str = "subject", **fields: Any) -> Created:
        said: dict[str, Any] = {
            "imagePullSecrets": [{"name": "registry"}],
            "imagePullPolicy": "Always",
            "hostname": "twin",
            **fields,
        }
        return place.create(f"{self.host}/{repository}:test", name=name, **said)


@pytest.fixture(scope="module")
def private(cluster: Cluster, toolkit: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    folder = tmp_path_factory.mktemp("private")
    with ExitStack() as stack:
        source = stack.enter_context(registry(folder / "images", address=cluster.host, users=["alice"]))
        stack.enter_context(reachable(cluster, source))
        for repository in (OWN, SHARED):
            push(source, repository, SHAPE.image(layer(folder)), "test", user="alice")
        make = stack.enter_context(namespaces(cluster))
        name = f"private-{uuid4().hex[:8]}"
        labels = {INJECT: "true", "test-webhook": name}
        places = [Place(cluster, make(each)) for each in ({}, labels, labels)]
        cluster.apply(*(pull_secret(place.namespace, "registry", {source.host: ALICE}) for place in places))
        _, listed, unlisted = places
        registries = {source.host: {"ca": source.authority}}
        text = policy(images={"registries": registries, "pullSecretsFrom": [listed.namespace], "credentials": "registries"})
        (folder / "config.json").write_text(docker_config({f"{source.host}/shared": ALICE}))
        options = f"--registry-credentials={folder}/config.json"
        reader = _reader_of_secrets(cluster, [listed, unlisted], folder)
        stack.enter_context(injecting(cluster, text, folder, name, options, kubeconfig=reader))
        yield Private(source.host, *places)


def test_a_private_image_is_read_with_the_pods_own_secret_where_the_policy_lists_its_namespace(private: Private) -> None:
    """Trap 18."""
    private.create(private.plain, OWN)
    found = private.create(private.listed, OWN)
    assert verdicts(found.stored) == {"init": "applied"}
    assert shown(private.listed.output()) == shown(private.plain.output())


def test_a_secret_of_the_pods_service_account_is_the_pods_own(private: Private) -> None:
    """The API server's own plug-in writes it into the pod, before webhooks see it."""
    place = private.listed
    account = {"name": "puller", "namespace": place.namespace}
    secrets = [{"name": "registry"}]
    place.cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account, "imagePullSecrets": secrets})
    stored = private.create(place, OWN, "by-account", imagePullSecrets=[], serviceAccountName="puller").stored
    assert stored["spec"]["imagePullSecrets"] == secrets
    assert verdicts(stored) == {"init": "applied"}


def test_elsewhere_the_pods_secret_is_not_used_though_the_image_is_known(private: Private) -> None:
    """containerd pulls it with that Secret all the same: the pod runs as it would without us."""
    private.create(private.listed, OWN, "known")
    stored, warnings = private.create(private.unlisted, OWN)
    assert verdicts(stored) == {}
    assert any("wants credentials" in warning for warning in warnings), warnings
    assert shown(private.unlisted.output()).argv == [b"/probe", b"show", b"private"]


def test_who_says_what_the_image_runs_needs_nobody_s_secret(private: Private) -> None:
    """Trap 18: not each look-up can succeed."""
    said = json.dumps({"main": ["/probe", "show", "private"]})
    stored = private.create(private.unlisted, OWN, "said", ask={"commands": said}).stored
    assert verdicts(stored) == {"init": "applied"}
    private.create(private.plain, OWN, "said")
    assert shown(private.unlisted.output("said")) == shown(private.plain.output("said"))


def test_a_pod_that_names_no_secret_learns_nothing_in_a_listed_namespace(private: Private) -> None:
    stored, warnings = private.create(private.listed, OWN, "without", imagePullSecrets=[])
    assert verdicts(stored) == {}
    assert any("wants credentials" in warning for warning in warnings), warnings


def test_the_policys_own_credentials_are_used_for_pods_of_every_namespace(private: Private) -> None:
    found = private.create(private.unlisted, SHARED, "shared")
    assert verdicts(found.stored) == {"init": "applied"}
    assert shown(private.unlisted.output("shared")).argv == [b"/probe", b"show", b"private"]


def _reader_of_secrets(cluster: Cluster, places: list[Place], folder: Path) -> Path:
    """A kubeconfig of a ServiceAccount that may get Secrets in all of them: it is the policy that tells them apart."""
    rbac, account = "rbac.authorization.k8s.io", {"name": "reader", "namespace": places[0].namespace}
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    for place in places:
        here = {"name": "reader", "namespace": place.namespace}
        rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
        binding = {
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", **account}],
        }
        cluster.apply(
            {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": here, "rules": [rule]},
            {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": here, **binding},
        )
    held = json.loads(cluster.kubeconfig.read_text())
    (user,) = held["users"]
    user["user"] = {"token": cluster.kubectl("-n", account["namespace"], "create", "token", account["name"]).strip()}
    path = folder / "reader.kubeconfig"
    path.write_text(json.dumps(held))
    return path
