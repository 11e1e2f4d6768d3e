"""What of a review is read: enough for every feature, and nothing that strangers could break us with."""

from typing import Any, get_type_hints

import orjson
import pytest
from hypothesis import given

from tests.reviews import context, pod, review
from tests.strategies import pods, policies
from webhook.admission.envelope import Metadata, Request, request_of
from webhook.admission.pipeline import mutate
from webhook.errors import BadReview
from webhook.policy import Policy

Json = dict[str, Any]


class Watched(dict[str, Any]):
    """A map that notes which keys anybody asks for."""

    def __init__(self, held: Json) -> None:
        super().__init__(held)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


@given(pods(), policies())
def test_nothing_asks_for_metadata_that_the_parser_skips(sent: Json, policy: Policy) -> None:
    metadata = Watched(sent.get("metadata") or {})
    mutate({**sent, "metadata": metadata}, "shop", context(policy))
    assert metadata.asked <= set(get_type_hints(Metadata))


def test_a_spec_comes_whole_with_fields_nobody_knows_yet() -> None:
    sent = pod({"futureField": {"a": [1, None]}})
    request = request_of(orjson.dumps(review(sent)))
    assert request["object"] is not None
    assert request["object"]["spec"] == sent["spec"]


def test_what_nothing_reads_is_not_even_built() -> None:
    request = request_of(orjson.dumps(review(pod(managedFields=[{"manager": "kubectl"}]))))
    assert set(request) <= set(get_type_hints(Request))
    assert request["object"] is not None
    assert "managedFields" not in (request["object"]["metadata"] or {})


def test_where_a_member_stands_twice_the_last_one_counts_as_for_the_api_server() -> None:
    twice = orjson.dumps(review(pod(), uid="first")).replace(b'"uid":"first"', b'"uid":"first","uid":"last"')
    assert request_of(twice)["uid"] == "last"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"request":{"uid":1}}', "the body is not an AdmissionReview: Expected `str`, got `int` - at `$.request.uid`"),
        (b'{"kind":"AdmissionReview"', "the body is not JSON"),
        (b'{"kind":"\xff"}', "the body is not JSON"),
    ],
)
def test_r6_a_body_that_is_no_review_is_told_where(body: bytes, sentence: str) -> None:
    with pytest.raises(BadReview) as raised:
        request_of(body)
    assert str(raised.value) == sentence
