"""The policy as an immutable ConfigMap named by its hash."""

import yaml

from tests.cli.manifests.conftest import SORTS, Render
from webhook import __version__
from webhook.cli.manifests.policy import written
from webhook.policy import Policy
from webhook.policy.file import parse


def test_the_name_is_the_hash_and_the_object_never_changes(render: Render) -> None:
    name = f"richpod-policy-{parse(SORTS).hash}"
    config_map = render(SORTS)["ConfigMap", name]
    assert config_map["immutable"] is True
    assert parse(config_map["data"]["policy.yaml"]) == parse(SORTS)


def test_the_webhook_mounts_it_where_it_reads_it(render: Render) -> None:
    pod = render(SORTS)["Deployment", "richpod-webhook"]["spec"]["template"]["spec"]
    volume = next(v for v in pod["volumes"] if v["name"] == "policy")
    assert volume["configMap"]["name"] == f"richpod-policy-{parse(SORTS).hash}"
    folder = next(m["mountPath"] for m in pod["containers"][0]["volumeMounts"] if m["name"] == "policy")
    assert f"--policy={folder}/policy.yaml" in pod["containers"][0]["args"]


def test_r77_who_explains_may_be_given_a_right_that_nobody_has_at_first(render: Render) -> None:
    rendered = render()
    roles = {name for kind, name in rendered if kind in ("Role", "ClusterRole")}
    assert roles == {"richpod-certs", "richpod-explain"}
    bound = {each["roleRef"]["name"] for (kind, _), each in rendered.items() if kind in ("RoleBinding", "ClusterRoleBinding")}
    assert bound == {"richpod-certs"}


def test_r77_who_explains_may_only_get_and_nothing_of_secrets(render: Render) -> None:
    """ConfigMaps by any name: those of policies come and go, and none can be listed."""
    assert render()["Role", "richpod-explain"]["rules"] == [
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["richpod-webhook"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
    ]


def test_what_means_the_same_is_written_the_same() -> None:
    """Else a second apply with the same hash would change an immutable object."""
    short, long = parse("{}"), parse(yaml.safe_dump(Policy().effective()))
    assert short.hash == long.hash
    assert written(short) == written(long)
    kind = "runtimes: {g: {class: gvisor%s}}"
    assert written(parse(kind % "")) == written(parse(kind % ", kind: gvisor"))


def test_keys_are_in_one_order_and_lists_in_their_own() -> None:
    one = parse("mirrors: {docker.io/: b.example/, quay.io/: a.example/}\nexcludedNamespaces: [z, a]\n")
    other = parse("excludedNamespaces: [z, a]\nmirrors: {quay.io/: a.example/, docker.io/: b.example/}\n")
    assert one.hash == other.hash
    assert written(one) == written(other)
    assert yaml.safe_load(written(one))["excludedNamespaces"] == ["z", "a"]


def test_people_can_read_it() -> None:
    """Only what differs from the defaults, and what another version would take for another."""
    assert yaml.safe_load(written(Policy())) == {
        "image": {"tag": __version__},
        "profiles": {"default": {"allow": ["init"], "features": {"init": "launch"}}},
    }
