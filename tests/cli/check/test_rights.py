"""What ServiceAccounts must be allowed, and what they must not."""

from typing import Any

import pytest

from tests.cli.check.healthy import POLICY, facts, line, said
from webhook.cli.check.rights import DANGEROUS, needed
from webhook.errors import ApiError


def test_r77_the_controllers_rights_are_those_of_its_roles() -> None:
    said_ = {str(right) for right in needed(POLICY)}
    assert "patch mutatingwebhookconfigurations/richpod" in said_
    assert "patch secrets/richpod-tls in richpod-system" in said_


def test_r77_each_right_that_is_lacking_is_named() -> None:
    first, second, *rest = needed(POLICY)
    lacking = facts(certs_rights={first: False, second: False, **dict.fromkeys(rest, True)})
    account = "ServiceAccount richpod-system/richpod-certs"
    assert said("rights-certs", lacking) == [("problem", f"{account} may not {right}") for right in (first, second)]


def test_r77_each_right_that_is_dangerous_is_named() -> None:
    held = facts(webhook_rights=dict.fromkeys(DANGEROUS, False) | {DANGEROUS[1]: True})
    sentence = "ServiceAccount richpod-system/richpod-webhook may list secrets, and must not"
    assert said("rights-webhook", held) == [("problem", sentence)]


@pytest.mark.parametrize(
    ("metadata", "others", "fix"),
    [
        ({"name": "too-much"}, [], "kubectl delete clusterrolebinding/too-much"),
        ({"name": "system:all of it"}, [], "kubectl delete 'clusterrolebinding/system:all of it'"),
        ({"name": "some", "namespace": "shop"}, [], "kubectl -n shop delete rolebinding/some"),
        ({"name": "shared"}, [{"kind": "User", "name": "ann"}], "kubectl edit clusterrolebinding/shared"),
        ({"name": "theirs"}, None, "kubectl edit clusterrolebinding/theirs"),
        ({"name": "--all", "namespace": "shop"}, [], "kubectl -n shop delete rolebinding/--all"),
    ],
)
def test_r77_what_gives_them_is_taken_away_and_others_keep_theirs(metadata: Any, others: list[Any] | None, fix: str) -> None:
    """`others`: subjects beside the account; None for a group alone."""
    subjects = [{"kind": "Group"}] if others is None else [{"kind": "ServiceAccount"}, *others]
    binding = {"metadata": metadata, "subjects": subjects, "roleRef": {"name": "cluster-admin"}}
    rights = dict.fromkeys(DANGEROUS, True)
    (finding,) = line("rights-webhook", facts(webhook_rights=rights, webhook_bindings=[binding])).findings
    assert finding.fix == fix


def test_who_may_not_read_bindings_is_told_of_rights_all_the_same() -> None:
    rights = dict.fromkeys(DANGEROUS, False) | {DANGEROUS[1]: True}
    refused = ApiError(403, "Forbidden", "rolebindings is forbidden")
    (finding,) = line("rights-webhook", facts(webhook_rights=rights, webhook_bindings=refused)).findings
    assert finding.result == "problem"
    assert finding.fix.startswith("kubectl auth can-i --list ")
