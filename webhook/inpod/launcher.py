"""The launcher's command line, in an argv that it begins, whoever made it."""

import re

from webhook.inpod.contract import (
    HIDE_OPTION,
    JAVA_DEBUG_OPTION,
    LAUNCH,
    OWN_INIT_OPTION,
    RESTARTS_OPTION,
    SBIN_INIT,
    SHOW_OPTION,
)

_HOOK = re.compile(r"([a-z]+):(\d{1,5}):(\d{1,5})(?::optional)?")
_MACHINE = frozenset((HIDE_OPTION, RESTARTS_OPTION, SHOW_OPTION))
"""What stands before the options that all launchers have, each with a value."""
_SECONDS = re.compile(r"\d{1,5}")


def options_at(words: list[str]) -> int | None:
    """The place of the first option; None where the launcher is not among the words."""
    if SBIN_INIT in words:
        at = words.index(SBIN_INIT) + 1
        while words[at : at + 1] and words[at] in _MACHINE:
            at += 2
        return at + (words[at : at + 1] == [OWN_INIT_OPTION])
    if LAUNCH not in words:
        return None
    at = words.index(LAUNCH) + 1
    return at + (words[at : at + 1] == ["exec"])


def state_at(words: list[str]) -> int | None:
    """The place of the option for the state directory, or where it belongs: behind the one for a debugger."""
    at = options_at(words)
    return at + 2 if at is not None and words[at : at + 1] == [JAVA_DEBUG_OPTION] else at


def leaving(options: list[str]) -> int:
    """Seconds that drain and `postoffline` may take together, out of options that begin with the one for the state."""
    seconds = at = 0
    while at + 1 < len(options) and options[at] != "--":
        option, value = options[at : at + 2]
        hook = _HOOK.fullmatch(value) if option == "--hook" else None
        if hook and hook[1] == "postoffline":
            seconds += int(hook[2])
        elif option == "--drain" and _SECONDS.fullmatch(value):
            seconds += int(value)
        at += 1 if option == "--hold" else 2 + (int(hook[3]) if hook else 0)
    return seconds
