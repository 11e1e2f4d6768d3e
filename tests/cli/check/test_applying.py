"""The command that is advised is one that can be run as it stands."""

from typing import Any

import pytest

from tests.cli.check.healthy import POLICY, configured, facts
from webhook.cli.check import CHECKS
from webhook.cli.check.applying import completed
from webhook.cli.check.finding import examine
from webhook.cli.manifests.certmanager import INJECTED


def advised(file: str | None, **changes: Any) -> str:
    """What is to be done about a webhook that is gone."""
    there = facts(webhook=None, **changes)
    (found,) = completed(examine([check for check in CHECKS if check.id == "replicas"], there), there, file)
    return found.findings[0].fix


def by_cert_manager() -> Any:
    held = configured(POLICY)
    held["metadata"]["annotations"] = dict(INJECTED)
    return held


@pytest.mark.parametrize(
    ("file", "changes", "switches"),
    [
        ("policy.yaml", {"agents": []}, "policy.yaml"),
        ("my policy.yaml", {"agents": []}, "'my policy.yaml'"),
        ("policy.yaml", {}, "policy.yaml --with lxcfs"),
        ("policy.yaml", {"agents": [], "board": {}}, "policy.yaml --with monitoring"),
        ("policy.yaml", {"configuration": by_cert_manager()}, "policy.yaml --with cert-manager --with lxcfs"),
    ],
)
def test_it_names_the_file_and_what_is_installed(file: str, changes: dict[str, Any], switches: str) -> None:
    assert advised(file, **changes) == f"richpod manifests --policy {switches} | kubectl apply -f -"


def test_without_a_file_the_policy_in_the_cluster_is_read_first() -> None:
    """Into a file of another name than the docs' own, which may be newer."""
    read = "kubectl -n richpod-system get configmap richpod-policy-x -o jsonpath='{.data.policy\\.yaml}'"
    assert (
        advised(None, agents=[], config_map="richpod-policy-x")
        == f"{read} > richpod-policy-x.yaml && richpod manifests --policy richpod-policy-x.yaml | kubectl apply -f -"
    )
