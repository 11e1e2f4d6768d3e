"""The component `lxcfs`: privileged where it must be, in a namespace of its own, and nothing more."""

from typing import Any

import pytest

from tests.cli.manifests.conftest import Render, Rendered
from webhook.installation import LXCFS, LXCFS_NAMESPACE, NAMESPACE

Json = dict[str, Any]


@pytest.fixture
def rendered(render: Render) -> Rendered:
    return render('lxcfs: {path: /srv/lx, nodeSelector: {lxcfs: "yes"}}', ["lxcfs"])


@pytest.fixture
def pod(rendered: Rendered) -> Json:
    found: Json = rendered["DaemonSet", LXCFS]["spec"]["template"]["spec"]
    return found


def test_only_its_own_namespace_lets_it_run(rendered: Rendered) -> None:
    levels = {
        name: rendered["Namespace", name]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for name in (NAMESPACE, LXCFS_NAMESPACE)
    }
    assert levels == {NAMESPACE: "restricted", LXCFS_NAMESPACE: "privileged"}
    assert rendered["DaemonSet", LXCFS]["metadata"]["namespace"] == LXCFS_NAMESPACE


def test_r77_it_has_no_api_permission_and_no_token(rendered: Rendered, pod: Json) -> None:
    bindings = [object for (kind, _), object in rendered.items() if kind.endswith("RoleBinding")]
    assert bindings
    assert LXCFS not in [subject["name"] for binding in bindings for subject in binding["subjects"]]
    assert pod["automountServiceAccountToken"] is False
    assert rendered["ServiceAccount", LXCFS]["automountServiceAccountToken"] is False
    closed = rendered["NetworkPolicy", LXCFS]["spec"]
    assert "Egress" in closed["policyTypes"]
    assert "egress" not in closed, "an empty list, as the API server stores it"


def test_it_is_on_the_nodes_that_pods_select_whatever_their_taints(pod: Json) -> None:
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux", "lxcfs": "yes"}
    assert pod["tolerations"] == [{"operator": "Exists"}]


def test_its_mounts_reach_the_node_in_the_folder_that_pods_mount(pod: Json) -> None:
    (container,) = pod["containers"]
    (mount,) = [mount for mount in container["volumeMounts"] if mount.get("mountPropagation") == "Bidirectional"]
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == mount["name"]]
    assert mount["mountPath"] == volume["hostPath"]["path"] == "/srv/lx"
    assert "--folder=/srv/lx" in container["args"]


def test_the_next_one_is_there_before_the_last_one_ends(rendered: Rendered) -> None:
    rolling = rendered["DaemonSet", LXCFS]["spec"]["updateStrategy"]["rollingUpdate"]
    assert rolling["maxUnavailable"] == 0
    assert rolling["maxSurge"]
