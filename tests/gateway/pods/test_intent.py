"""What a pod asks for, and who may."""

from typing import Any

import pytest

from tests.gateway.granted import OWNER, pod
from webhook.gateway.errors import Denied
from webhook.gateway.pods.identity import Caller
from webhook.gateway.pods.intent import Intent, intent, owner, permit
from webhook.policy.gateway import Application, Grant

Json = dict[str, Any]

ASKED = Intent("shop", ("orders", "stock"))
APPLICATIONS = {"shop": Application(namespaces=["shop", "shop-test"])}
GRANTS = {"orders": Grant(upstream="acl"), "stock": Grant(upstream="acl"), "dns": Grant(ports=[53])}


def asking(*words: str, name: str = "richpod-authorizer") -> Json:
    return pod(spec={"initContainers": [{"name": "other"}, {"name": name, "command": ["program", *words]}]})


def denied(reason: str) -> Any:
    return pytest.raises(Denied, check=lambda error: (error.status, error.reason) == (403, reason))


def test_it_is_what_admission_wrote_into_the_authorizer() -> None:
    words = ("--application", "shop", "--grant", "orders", "--grant", "stock", "--grant", "orders")
    assert intent(asking(*words)) == ASKED
    assert owner(Caller("shop", "web", "web-1", "5f0c"), ASKED) == OWNER


@pytest.mark.parametrize(
    "found",
    [
        pod(),
        pod(spec={"initContainers": None}),
        asking(),
        asking("--application", "shop"),
        asking("--grant", "orders"),
        asking("--application", "shop", "--application", "till", "--grant", "orders"),
        asking("--application", "shop", "--grant"),
        asking("--application", "shop", "--grant", "orders", name="authorizer"),
    ],
)
def test_a_pod_that_says_nothing(found: Json) -> None:
    with denied("no-intent"):
        intent(found)


def test_what_the_policy_does_not_let_is_denied() -> None:
    permit(OWNER, ASKED, GRANTS, APPLICATIONS)
    with denied("application"):
        permit(OWNER, ASKED, GRANTS, {})
    with denied("unknown-grant") as error:
        permit(OWNER, Intent("shop", ("order",)), GRANTS, APPLICATIONS)
    assert str(error.value) == "the policy has no grant order; did you mean orders?"
