"""The signal that an image wants to be stopped by, as runtimes read its STOPSIGNAL: a number or a name, with SIG or without."""

import re
from signal import SIGCHLD, SIGKILL, SIGSTOP, Signals

_REALTIME = re.compile(r"RT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)")
FIRST_REALTIME, LAST = 34, 64
"""As C libraries count; the kernel's own first two are theirs."""


def number(text: str) -> int | None:
    """None for what is no signal, and for those by which nobody can be asked to stop."""
    name = text.strip().upper().removeprefix("SIG")
    if realtime := _REALTIME.fullmatch(name):
        found = LAST - int(realtime[2] or 0) if name.startswith("RTMAX") else FIRST_REALTIME + int(realtime[1] or 0)
    elif name.isascii() and name.isdecimal() and len(name) < 3:
        found = int(name)
    else:
        found = int(Signals.__members__.get(f"SIG{name}", 0))
    return found if 0 < found <= LAST and found not in (SIGKILL, SIGSTOP, SIGCHLD) else None
