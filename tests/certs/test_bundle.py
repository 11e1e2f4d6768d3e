"""A bundle holds each certificate once, and none that has ended."""

from datetime import UTC, datetime, timedelta

from certs.authority import new_authority
from certs.bundle import bundle, split

NOW = datetime(2030, 2, 28, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST, SECOND, SHORT = (new_authority("richpod", NOW, days * DAY).certificate for days in (100, 100, 10))


def test_a_bundle_is_its_certificates_in_order_each_once() -> None:
    assert bundle((FIRST + SECOND, FIRST, SECOND), NOW) == FIRST + SECOND
    assert split(FIRST + SECOND) == (FIRST, SECOND)


def test_a_certificate_that_has_ended_leaves_the_bundle() -> None:
    assert bundle((SHORT, FIRST), NOW) == SHORT + FIRST
    assert bundle((SHORT, FIRST), NOW + 10 * DAY) == FIRST


def test_what_is_no_certificate_is_passed_over() -> None:
    text = b"garbage" + FIRST.rstrip() + b"more\n" + FIRST[:100] + SECOND.replace(b"\n", b"\r\n") + SHORT[:200]
    assert split(text) == (FIRST, SECOND)
    assert split(b"") == split(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == ()
    assert bundle((b"garbage",), NOW) == b""
