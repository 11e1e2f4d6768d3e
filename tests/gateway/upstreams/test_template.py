"""Calls of upstreams, with values that try to be more than values."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from tests.gateway.granted import ADDRESS, OWNER
from webhook.gateway.upstreams.template import key, rendered, values
from webhook.policy.gateway import Call

CALL = Call(
    method="PUT",
    url="https://acl.example/${application}/${address}?of=${namespace}",
    body={"address": "${address}", "for": ["${application} of ${namespace}", 5, None, True], "costs": "$5 {x}"},
)
GIVEN = values(OWNER, "orders", {}) | {"address": ADDRESS}


def test_variables_are_replaced_in_the_url_and_in_strings_of_the_body() -> None:
    made = rendered(CALL, GIVEN)
    assert (made.method, made.url) == ("PUT", "https://acl.example/shop/10.0.0.7?of=shop")
    assert json.loads(made.body) == {"address": ADDRESS, "for": ["shop of shop", 5, None, True], "costs": "$5 {x}"}


@given(st.text(min_size=1))
def test_a_value_stays_a_value(word: str) -> None:
    made = rendered(CALL, GIVEN | {"application": word.encode(errors="replace").decode()})
    url = parse_url(made.url)
    assert (url.scheme, url.host, url.query) == ("https", "acl.example", "of=shop")
    assert made.url.count("/") == 4
    assert json.loads(made.body)["address"] == ADDRESS
    assert made.body.isascii()


def test_without_a_body_nothing_is_sent() -> None:
    assert rendered(Call(url="https://acl.example/${address}"), GIVEN).body == ""


def test_the_same_words_but_for_the_address_are_the_same_entry() -> None:
    here = key("acl", CALL, GIVEN, ADDRESS)
    there = key("acl", CALL, GIVEN | {"address": "10.0.0.8", "pod": "web-2"}, "10.0.0.8")
    assert here.entry == there.entry
    assert here != there
    assert key("acl", CALL, GIVEN | {"application": "other"}, ADDRESS).entry != here.entry


@pytest.mark.parametrize("own", [{"database": "orders"}])
def test_values_of_the_grant_stand_beside_the_pods_own(own: dict[str, str]) -> None:
    assert values(OWNER, "orders", own)["database"] == "orders"
    assert values(OWNER, "orders", {"namespace": "elsewhere"})["namespace"] == "shop"
