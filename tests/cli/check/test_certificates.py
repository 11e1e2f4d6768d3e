"""What the API server would trust, and what is served."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from certs.authority import Pair, new_authority, new_leaf
from tests.cli.check.healthy import AUTHORITY, LEAF, NOW, POLICY, configured, deployment, facts, line, said
from webhook.errors import ApiError
from webhook.installation import SERVER_NAMES

DAY = timedelta(days=1)
COUNT = len(configured(POLICY)["webhooks"])


def with_bundle(text: str, entries: int = COUNT) -> dict[str, object]:
    held = configured(POLICY)
    for entry in held["webhooks"][:entries]:
        entry["clientConfig"]["caBundle"] = text
    return held


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no caBundle, so that the API server trusts nobody to answer"),
        (base64.b64encode(b"garbage").decode(), "a caBundle that holds no certificate that can be read"),
    ],
)
def test_a_bundle_that_trusts_nobody_is_said_of_all_entries_at_once(text: str, sentence: str) -> None:
    ((result, said_),) = said("bundle", facts(configuration=with_bundle(text)))
    assert result == "problem"
    assert said_.endswith(f" and {COUNT - 3} more: {sentence}")


def test_a_bundle_that_has_ended() -> None:
    ((result, sentence),) = said("bundle", facts(now=NOW + 200 * DAY))
    assert result == "problem"
    assert "a caBundle that ended at 2026-04-11 00:00 UTC" in sentence


def test_a_bundle_that_one_entry_has_alone_is_a_warning() -> None:
    both = base64.b64encode(AUTHORITY.certificate + new_authority("next", NOW, DAY).certificate).decode()
    assert said("bundle", facts(configuration=with_bundle(both, 1))) == [("warning", "entries hold different bundles")]


def test_r59_a_certificate_of_other_names_is_named() -> None:
    other = new_leaf(AUTHORITY, ("elsewhere.example",), NOW, 50 * DAY)
    ((result, sentence),) = said("certificate", facts(serving=other))
    assert (result, sentence) == ("problem", "it does not answer for richpod.richpod-system.svc, as which the API server calls")


def test_a_certificate_that_the_bundle_does_not_trust() -> None:
    strange = new_leaf(new_authority("somebody", NOW, 50 * DAY), SERVER_NAMES, NOW, 50 * DAY)
    ((result, sentence),) = said("certificate", facts(serving=strange))
    assert result == "problem"
    assert sentence.endswith(f" and {COUNT - 3} more: the bundle does not trust it")


def test_while_two_authorities_are_trusted_a_leaf_of_either_is_well() -> None:
    both = base64.b64encode(new_authority("old", NOW, DAY).certificate + AUTHORITY.certificate).decode()
    assert line("certificate", facts(configuration=with_bundle(both))).result == "ok"


@pytest.mark.parametrize(("day", "result"), [(39, "ok"), (45, "warning"), (51, "problem")])
def test_a_certificate_in_the_last_fifth_of_its_life_should_have_been_replaced(day: int, result: str) -> None:
    assert line("certificate", facts(now=NOW + day * DAY)).result == result


def test_what_no_bundle_could_trust_is_told_of_the_bundle_alone() -> None:
    assert line("certificate", facts(configuration=with_bundle(""))).result == "ok"


def test_a_certificate_that_begins_tomorrow_speaks_of_a_clock() -> None:
    ((result, sentence),) = said("certificate", facts(now=NOW - DAY))
    assert result == "problem"
    assert "a clock is wrong" in sentence


@pytest.mark.parametrize("pair", [None, Pair(b"", b""), Pair(LEAF.certificate, b"garbage")])
def test_a_secret_that_is_missing_or_broken(pair: Pair | None) -> None:
    found = line("certificate", facts(serving=pair))
    assert found.result == "problem"
    assert "kubectl -n richpod-system logs deployment/richpod-certs" in found.findings[0].fix


def test_while_nobody_replaces_certificates_that_comes_first() -> None:
    away = facts(serving=None, configuration=with_bundle(""), certs=deployment(POLICY, 1, available=0))
    for name in ("bundle", "certificate"):
        assert line(name, away).findings[0].fix == "nothing: follows from rotation"
    unknown = replace(away, certs=ApiError(403, "Forbidden", "no"))
    assert line("bundle", unknown).findings[0].fix.startswith("kubectl -n richpod-system logs ")


def test_no_key_is_ever_said() -> None:
    strange = new_leaf(new_authority("somebody", NOW, 50 * DAY), SERVER_NAMES, NOW, 50 * DAY)
    for pair in (LEAF, strange, Pair(b"x", LEAF.key), Pair(LEAF.certificate, b"x")):
        assert "PRIVATE" not in str(line("certificate", facts(serving=pair)))
