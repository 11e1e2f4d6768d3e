"""`richpod check` as a whole: what its lines are called, how they are printed, and what it ends with."""

import re

import pytest

from tests.cli.check.healthy import facts, line
from tests.cli.conftest import PROJECT
from webhook.cli.check import CHECKS, _lines
from webhook.cli.check.facts import Pods, Waiting
from webhook.cli.check.finding import Check, examine, ok, problem, warning
from webhook.errors import ApiError

PAGE = PROJECT / "docs/check.md"


def test_a_healthy_cluster_has_no_red_line() -> None:
    assert {each.id: each.findings for each in examine(CHECKS, facts()) if each.result != "ok"} == {}


def test_ids_are_unique_and_the_page_explains_each_in_the_same_order() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids)
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(), re.MULTILINE) == ids


def test_a_line_is_as_bad_as_the_worst_that_it_says() -> None:
    check = Check("one", lambda facts: [ok("well"), problem("bad", "mend"), warning("odd")])
    (found,) = examine([check], facts())
    assert found.result == "problem"
    assert [finding.result for finding in found.findings] == ["problem", "warning", "ok"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_fact_that_may_not_be_read_is_unknown_and_never_well(check: Check) -> None:
    """Of what belongs to the whole check, the policy and the API server's version are always known."""
    refused = ApiError(403, "Forbidden", "nodes is forbidden")
    names = [name for name in vars(facts()) if name not in ("now", "policy", "version")]
    found = line(check.id, facts(**dict.fromkeys(names, refused)))
    if check.id == "kubernetes":
        assert found.result == "ok"
        return
    if check.id in ("lxcfs", "runtime-classes", "required", "toolkit", "missed"):
        assert found.result == "unknown"
    (finding,) = found.findings
    assert finding.result == "unknown"
    assert finding.sentence == "cannot be read: nodes is forbidden"
    assert finding.fix


def test_r57_what_others_wrote_begins_no_line() -> None:
    """A terminal wraps: runs of blanks would make a column of it."""
    pods = Pods(1, [], waiting=(Waiting("shop", "a", None, False, "toolkit", "no" + " " * 150 + "to do: reboot"),))
    (heading, *_) = _lines(line("toolkit", facts(pods=pods)), {})
    assert "the kubelet says: no to do: reboot" in heading.text
