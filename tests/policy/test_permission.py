"""Who may act for an application, and ask for a grant."""

from typing import Any

import pytest

from webhook.policy.gateway import Application, Askers, Grant
from webhook.policy.permission import Asker, denial

Json = dict[str, Any]

WHO = Asker("shop", "web", "shop")
ASKED = ("orders", "stock")
APPLICATIONS = {"shop": Application(namespaces=["shop", "shop-test"])}
GRANTS = {"orders": Grant(upstream="acl"), "stock": Grant(upstream="acl"), "dns": Grant(ports=[53])}


def reason(who: Asker = WHO, grants: dict[str, Grant] = GRANTS, applications: dict[str, Application] = APPLICATIONS) -> str:
    found = denial(who, ASKED, grants, applications)
    return found.reason if found else ""


def test_whoever_fits_may() -> None:
    assert denial(WHO, ASKED, GRANTS, APPLICATIONS) is None


def test_an_application_without_a_name_in_the_policy_is_its_namespaces_own() -> None:
    assert not reason(WHO._replace(application="shop/web"), applications={})
    for application in ("shop", "till/web", "shopping/web", ""):
        assert reason(WHO._replace(application=application), applications={}) == "application"


@pytest.mark.parametrize("application", [{"namespaces": ["till"]}, {"namespaces": ["shop"], "serviceAccounts": ["batch"]}])
@pytest.mark.parametrize("name", ["shop", "shop/web"])
def test_nobody_else_acts_for_an_application_that_the_policy_names(application: Json, name: str) -> None:
    assert reason(WHO._replace(application=name), applications={name: Application.model_validate(application)}) == "application"


@pytest.mark.parametrize(
    ("askers", "may"),
    [
        (None, True),
        ([{"namespaces": ["shop"]}], True),
        ([{"namespaces": ["till"]}, {"serviceAccounts": ["web"]}], True),
        ([{"applications": ["shop"], "serviceAccounts": ["web"]}], True),
        ([{"namespaces": ["till"]}], False),
        ([{"namespaces": ["shop"], "serviceAccounts": ["batch"]}], False),
        ([{"namespaces": ["shop"], "applications": ["till"]}], False),
    ],
)
def test_a_grant_is_for_those_it_names(askers: list[Json] | None, may: bool) -> None:
    grants = GRANTS | {"stock": Grant(upstream="acl", to=askers and [Askers.model_validate(each) for each in askers])}
    assert reason(grants=grants) == ("" if may else "grant")


@pytest.mark.parametrize(
    ("who", "names", "sentence"),
    [
        (WHO._replace(application="shp"), ["dns"], "the policy has no application shp; did you mean shop?"),
        (WHO._replace(namespace="till"), ["dns"], "ServiceAccount till/web may not act for application shop"),
        (WHO, ["dns", "order"], "the policy has no grant order; did you mean orders?"),
    ],
)
def test_it_says_who_may_not_what(who: Asker, names: list[str], sentence: str) -> None:
    found = denial(who, names, GRANTS, APPLICATIONS)
    assert found is not None
    assert found.sentence == sentence
