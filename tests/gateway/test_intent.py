"""What a pod asks for, and who may."""

from typing import Any

import pytest

from tests.gateway.granted import OWNER, pod
from webhook.gateway.errors import Denied
from webhook.gateway.identity import Caller
from webhook.gateway.intent import Intent, intent, owner, permit
from webhook.policy.gateway import Application, Askers, Grant

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


def test_whoever_fits_may() -> None:
    permit(OWNER, ASKED, GRANTS, APPLICATIONS)


def test_an_application_without_a_name_in_the_policy_is_its_namespaces_own() -> None:
    permit(OWNER._replace(application="shop/web"), ASKED, GRANTS, {})
    for application in ("shop", "till/web", "shopping/web", ""):
        with denied("application"):
            permit(OWNER._replace(application=application), ASKED, GRANTS, {})


@pytest.mark.parametrize(
    "application",
    [Application(namespaces=["till"]), Application.model_validate({"namespaces": ["shop"], "serviceAccounts": ["batch"]})],
)
def test_nobody_else_acts_for_an_application(application: Application) -> None:
    with denied("application"):
        permit(OWNER, ASKED, GRANTS, {"shop": application})


@pytest.mark.parametrize(
    ("askers", "may"),
    [
        ([], True),
        ([{}], True),
        ([{"namespaces": ["shop"]}], True),
        ([{"namespaces": ["till"]}, {"serviceAccounts": ["web"]}], True),
        ([{"applications": ["shop"], "serviceAccounts": ["web"]}], True),
        ([{"namespaces": ["till"]}], False),
        ([{"namespaces": ["shop"], "serviceAccounts": ["batch"]}], False),
        ([{"namespaces": ["shop"], "applications": ["till"]}], False),
    ],
)
def test_a_grant_is_for_those_it_names(askers: list[Json], may: bool) -> None:
    grants = GRANTS | {"stock": Grant(upstream="acl", to=[Askers.model_validate(each) for each in askers])}
    if may:
        permit(OWNER, ASKED, grants, APPLICATIONS)
    else:
        with denied("grant"):
            permit(OWNER, ASKED, grants, APPLICATIONS)


def test_a_grant_that_is_not_defined() -> None:
    with denied("unknown-grant") as error:
        permit(OWNER, Intent("shop", ("order",)), GRANTS, APPLICATIONS)
    assert str(error.value) == "the policy has no grant order"
