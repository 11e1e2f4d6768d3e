"""STOPSIGNAL, as runtimes read it."""

import pytest

from webhook.images.stop_signal import number


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("SIGTERM", 15),
        ("term", 15),
        ("WINCH", 28),
        ("SIGWINCH", 28),
        ("28", 28),
        ("SIGRTMIN", 34),
        ("RTMIN+3", 37),
        ("SIGRTMIN+30", 64),
        ("SIGRTMAX", 64),
        ("SIGRTMAX-1", 63),
        ("SIGRTMIN+31", None),
        ("0", None),
        ("65", None),
        ("-1", None),
        ("²", None),
        ("SIGKILL", None),
        ("STOP", None),
        ("SIGCHLD", None),
        ("SIG_DFL", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_names_and_numbers(written: str, expected: int | None) -> None:
    """Trap 27."""
    assert number(written) == expected
