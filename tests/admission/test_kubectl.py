"""What people read: a verdict as warning, safe whatever a user wrote, and denials that say what to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.admission.kubectl import denial, warnings
from webhook.admission.verdicts import Verdict
from webhook.printable import one_line

VERDICTS = st.lists(
    st.builds(
        Verdict,
        st.sampled_from(["init", "lxcfs"]),
        st.sampled_from(["applied", "adapted", "skipped", "refused"]),
        st.sampled_from(["", "conflict"]),
        st.text(max_size=300),
        st.text(max_size=300),
    ),
    max_size=9,
)


def told(verdicts: list[Verdict], name: str = "web", audited: bool = False) -> list[str]:
    return warnings(verdicts, name, audited, lambda: "this")


@given(st.text(), st.integers(2, 200))
def test_r55_any_text_becomes_one_short_printable_line(text: str, length: int) -> None:
    line = one_line(text, length)
    assert len(line) <= length
    assert line.isprintable()
    if text.isprintable() and len(text) <= length:
        assert line == text


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\x1b[31mb", "a\x00b", "a\x7fb", "a\x85b", "a\u2028b", "a\u202eb"])
def test_r55_what_the_api_server_or_a_terminal_would_stumble_over_is_replaced(text: str) -> None:
    assert one_line(text).startswith("a\N{REPLACEMENT CHARACTER}")


@given(VERDICTS, st.text(max_size=300))
def test_r55_warnings_are_few_short_and_deterministic(verdicts: list[Verdict], name: str) -> None:
    """A line for each of five verdicts, and one for its advice."""
    lines = told(verdicts, name)
    assert lines == told(list(verdicts), name)
    assert len(lines) <= 10
    assert all(len(line) <= 120 and line.isprintable() and line.startswith("richpod") for line in lines)


def test_the_refused_come_first() -> None:
    said = [Verdict("lxcfs", "skipped", "x", "a"), Verdict("init", "applied", "x", "b"), Verdict("volumes", "refused", "x", "c")]
    assert told(said) == ["richpod web: volumes refused: c", "richpod web: lxcfs skipped: a", "richpod web: init applied: b"]


def test_what_went_as_asked_is_not_said() -> None:
    quiet = [Verdict("init", "applied", "", "PID 1 is launch"), Verdict("init", "adapted", "conflict", "launch is used")]
    assert told(quiet) == []


def test_a_word_that_means_nothing_does_not_read_as_if_the_pod_were_skipped() -> None:
    said = [Verdict("pod", "skipped", "wrong-place", "a word"), Verdict("init", "skipped", "conflict", "a reason")]
    assert told(said) == ["richpod web: a word", "richpod web: init skipped: a reason"]
    assert told(said, audited=True) == ["richpod web: audit only: a word", "richpod web: audit only: init skipped: a reason"]
    assert told([said[0]._replace(outcome="refused")]) == ["richpod web: pod refused: a word"]


def advised(sentence: str, fix: str, name: str = "web") -> list[str]:
    return told([Verdict("init", "skipped", "x", sentence, fix)], name)


def test_every_line_names_the_object() -> None:
    """kubectl prints no line twice, and many objects may be applied at once."""
    assert advised("a reason", "") == ["richpod web: init skipped: a reason"]
    assert advised("a" * 90, "hostPID: false", "shop") == [
        f"richpod shop: init skipped: {'a' * 90}",
        "richpod shop: to change: hostPID: false",
    ]


def test_advice_stands_behind_the_sentence_where_there_is_room_for_both() -> None:
    rest = len("richpod web: init skipped: ; to change: hostPID: false")
    assert advised("a reason", "hostPID: false") == ["richpod web: init skipped: a reason; to change: hostPID: false"]
    assert [len(line) for line in advised("a" * (120 - rest), "hostPID: false")] == [120]
    assert len(advised("a" * (121 - rest), "hostPID: false")) == 2


def test_advice_says_whether_it_is_for_the_policy_or_the_pod() -> None:
    (line,) = advised("not yours to choose", "profiles.default.allow: [init]")
    assert line == "richpod web: init skipped: not yours to choose; to change, in the policy: profiles.default.allow: [init]"
    (line,) = advised("a reason", "richpod.io/init: launch")
    assert line.endswith("; to change, an annotation of the pod: richpod.io/init: launch")


def test_advice_is_whole_or_not_there() -> None:
    assert advised("a reason", "x" * 90) == ["richpod web: init skipped: a reason", f"richpod web: to change: {'x' * 90}"]
    assert advised("a reason", "x" * 120) == ["richpod web: init skipped: a reason"]


def test_a_long_name_is_cut_before_a_sentence_is() -> None:
    (line,) = advised("a" * 70, "", "w" * 253)
    assert line == f"richpod {'w' * 25}…: init skipped: {'a' * 70}"
    (line,) = advised("a" * 120, "", "w" * 253)
    assert line.startswith(f"richpod {'w' * 19}…: init skipped: aaa")


def test_r5_a_denial_says_where_its_advice_belongs() -> None:
    refused = Verdict("volumes", "refused", "x", "a reason", "profiles.default.allow: [volumes]", "spec")
    (cause,) = denial([refused], "web")["details"]["causes"]
    assert cause["message"] == "richpod volumes: a reason; to change, in the policy: profiles.default.allow: [volumes]"


def test_what_no_longer_fits_is_counted() -> None:
    lines = told([Verdict("lxcfs", "skipped", "x", str(i)) for i in range(7)])
    assert len(lines) == 5
    assert lines[-1] == "richpod: 3 more; run `this` once applied"


def test_what_to_run_is_asked_for_only_where_something_does_not_fit() -> None:
    said = [Verdict("lxcfs", "skipped", "x", str(i)) for i in range(5)]
    assert len(warnings(said, "web", False, _never)) == 5


def _never() -> str:
    raise AssertionError
