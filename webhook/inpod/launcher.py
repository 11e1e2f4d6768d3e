"""The launcher's command line, in an argv that it begins, whoever made it."""

import re
from collections.abc import Iterator

from webhook.inpod.contract import (
    BY_ARCHITECTURE,
    HIDE_OPTION,
    JAVA_DEBUG_OPTION,
    LAUNCH,
    OWN_INIT_OPTION,
    RESTARTS_OPTION,
    SBIN_INIT,
    SERVICE_OPTION,
    SHOW_OPTION,
)

_HOOK = re.compile(r"([a-z]+):(\d{1,5}):(?P<count>\d{1,5})(?::optional)?")
_SERVICE = re.compile(r"[a-z0-9-]+:[^:]*:[a-z-]+:(?P<count>\d{1,5})(?::optional)?")
_COUNTED = {"--hook": _HOOK, SERVICE_OPTION: _SERVICE}
"""Options behind whose value stand as many words as it says."""
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


def leaving(words: list[str]) -> int:
    """Seconds that drain and `postoffline` may take together, out of words that begin with the option for the state."""
    seconds = 0
    for _, option, value in _options(words, 0):
        hook = _HOOK.fullmatch(value) if option == "--hook" else None
        if hook and hook[1] == "postoffline":
            seconds += int(hook[2])
        elif option == "--drain" and _SECONDS.fullmatch(value):
            seconds += int(value)
    return seconds


def services(words: list[str], at: int) -> tuple[dict[str, list[str]], int]:
    """The services among the options that begin at a place, each with its words, and the place where another one belongs."""
    found: dict[str, list[str]] = {}
    begun = (at, "", "")
    for place, option, value in _options(words, at):
        if begun[1] == SERVICE_OPTION:
            found[begun[2].partition(":")[0]] = words[begun[0] : place]
        if option in ("--", BY_ARCHITECTURE):
            return found, place
        begun = (place, option, value)
    return found, len(words)


def _options(words: list[str], at: int) -> Iterator[tuple[int, str, str]]:
    """Each option with its place and the word behind it, up to `--`, which is the last."""
    while at < len(words):
        option, value = words[at], "".join(words[at + 1 : at + 2])
        yield at, option, value
        if option == "--":
            return
        counted = _COUNTED[option].fullmatch(value) if option in _COUNTED else None
        at += 1 if option == "--hold" else 2 + (int(counted["count"]) if counted else 0)
