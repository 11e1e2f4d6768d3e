"""Words of users, made safe to print: in a log line, a warning, a terminal."""

import os
import re

WARNING_LENGTH = 120


OBJECT_NAME = re.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""What an object can be called that Kubernetes has stored: no shell and no path of its API takes it for more."""


def single_spaced(text: str) -> str:
    """Text whose words cannot push others to where another line would begin."""
    return " ".join(text.split())


def one_line(text: str, length: int = WARNING_LENGTH) -> str:
    """Text that may hold a user's words, as one short printable line.

    The API server drops a warning that holds a control character, and a log line must not be forgeable (requirements 55, 57).
    """
    # Cut first: whoever writes a text of 4 MiB must not keep us busy with it.
    text = text if len(text) <= length else text[: length - 1] + "…"
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text


def cause(error: OSError) -> str:
    """The system's own words where it has some: what asyncio adds is known already."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else one_line(str(error)) or type(error).__name__
