"""One value, many prints: a verdict as warning, safe whatever a user wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.admission.verdicts import Verdict, warnings
from webhook.printable import one_line

VERDICTS = st.lists(
    st.builds(
        Verdict,
        st.sampled_from(["init", "lxcfs"]),
        st.sampled_from(["applied", "adapted", "skipped", "refused"]),
        st.sampled_from(["", "conflict"]),
        st.text(max_size=300),
    ),
    max_size=9,
)


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


@given(VERDICTS)
def test_r55_warnings_are_few_short_deterministic_and_the_refused_come_first(verdicts: list[Verdict]) -> None:
    lines = warnings(verdicts)
    assert lines == warnings(list(verdicts))
    assert len(lines) <= 5
    assert all(len(line) <= 120 and line.isprintable() and not line.startswith("Warning") for line in lines)
    kinds = [" refused: " in line for line in lines if not line.startswith("richpod: ")]
    if all("refused" not in v.sentence for v in verdicts):
        assert kinds == sorted(kinds, reverse=True)


def test_what_went_as_asked_is_not_said() -> None:
    quiet = [Verdict("init", "applied", "", "PID 1 is launch"), Verdict("init", "adapted", "conflict", "launch is used")]
    assert warnings(quiet) == []


def test_a_word_that_means_nothing_does_not_read_as_if_the_pod_were_skipped() -> None:
    said = [Verdict("pod", "skipped", "wrong-place", "a word"), Verdict("init", "skipped", "conflict", "a reason")]
    assert warnings(said) == ["richpod: a word", "richpod init skipped: a reason"]
    assert warnings(said, audited=True) == ["richpod audit only: a word", "richpod audit only: init skipped: a reason"]
    assert warnings([said[0]._replace(outcome="refused")]) == ["richpod pod refused: a word"]


def test_what_no_longer_fits_is_counted() -> None:
    lines = warnings([Verdict("lxcfs", "skipped", "x", str(i)) for i in range(7)])
    assert len(lines) == 5
    assert lines[-1] == "richpod: 3 more; run `richpod explain -f FILE --policy FILE`"
