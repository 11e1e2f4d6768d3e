"""The files that the launcher and the sidecar exchange (``contract.STATE_ROOT``): what they say, the sidecar's request."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

from webhook.inpod import contract

READ = (
    contract.GENERATION_FILE,
    contract.REQUEST_FILE,
    contract.RESULT_FILE,
    contract.RUNNING_FILE,
    contract.ONLINE_FILE,
    contract.ENDED_FILE,
    contract.SWITCH_FILE,
)
"""In this order: a launcher writes its generation after all else of it, so what is read later is of that generation or newer."""


class Seen(NamedTuple):
    """What the files say of the current generation; what they say of another is not in it."""

    generation: int = 0
    """0: there is none."""
    asked: bool = False
    """A request waits for the launcher."""
    exit: int | None = None
    """What preonline last ended with."""
    milliseconds: int = 0
    """How long it took."""
    stopping: bool = False
    online: bool = False
    ended: bool = False
    chosen: str = ""
    """contract.HOLD, ONLINE or OFFLINE, where a person chose."""

    @property
    def ends(self) -> bool:
        """Its program does not come online any more."""
        return self.stopping or self.ended


def number(word: str, last: int) -> int | None:
    """A decimal number from 0 to ``last``, written in the one way it can be."""
    if len(word) > len(str(last)) or not (word.isascii() and word.isdigit()) or word != str(int(word)):
        return None
    return int(word) if int(word) <= last else None


def words(text: bytes | None) -> list[str]:
    """Those of a file; none where it is absent, or holds anything but one line of words between single spaces."""
    if not text or not text.endswith(b"\n") or not text.isascii():
        return []
    found = text[:-1].decode().split(" ")
    return found if all(word.isprintable() and word for word in found) else []


def seen(files: Mapping[str, bytes]) -> Seen:
    """What the contents of files, by name, say."""
    of = {name: words(files.get(name)) for name in READ}
    own = of[contract.GENERATION_FILE]
    generation = number(own[0], contract.LAST_GENERATION) if len(own) == 1 else None
    if not generation:
        return Seen()
    rest = {name: found[1:] if found[:1] == own else None for name, found in of.items()}
    exit, milliseconds = _result(rest[contract.RESULT_FILE])
    switch = rest[contract.SWITCH_FILE] or []
    return Seen(
        generation,
        asked=rest[contract.REQUEST_FILE] == [contract.PREONLINE],
        exit=exit,
        milliseconds=milliseconds,
        stopping=rest[contract.RUNNING_FILE] == [contract.STOPPING],
        online=rest[contract.ONLINE_FILE] == [],
        ended=_has_ended(rest[contract.ENDED_FILE]),
        chosen=switch[0] if len(switch) == 1 and switch[0] in (contract.HOLD, contract.ONLINE, contract.OFFLINE) else "",
    )


def _result(rest: list[str] | None) -> tuple[int | None, int]:
    if rest is None or len(rest) != 3 or rest[0] != contract.PREONLINE:
        return None, 0
    exit, milliseconds = number(rest[1], 255), number(rest[2], contract.LAST_GENERATION)
    return (None, 0) if exit is None or milliseconds is None else (exit, milliseconds)


def _has_ended(rest: list[str] | None) -> bool:
    return rest is not None and len(rest) == 2 and number(rest[0], 255) is not None and number(rest[1], 64) is not None


@contextmanager
def _opened(folder: str) -> Iterator[int]:
    """Raises OSError where it is no folder, or a link."""
    descriptor = os.open(folder.rstrip("/"), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _content(name: str, folder: int) -> bytes | None:
    """Without waiting, whatever it is; None for what counts as absent."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = os.read(descriptor, contract.STATE_FILE_BYTES + 1)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return content if len(content) <= contract.STATE_FILE_BYTES else None


def look(folder: str) -> Seen:
    """What stands in the folder now; nothing where it is not there yet."""
    with suppress(OSError), _opened(folder) as opened:
        contents = {name: _content(name, opened) for name in READ}
        return seen({name: content for name, content in contents.items() if content is not None})
    return Seen()


def ask(folder: str, generation: int) -> None:
    """Asks the launcher for preonline. Raises OSError."""
    new = f".{contract.REQUEST_FILE}.new"
    with _opened(folder) as opened:
        _remove(new, opened)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=opened)
        try:
            os.fchmod(descriptor, 0o644)
            os.write(descriptor, f"{generation} {contract.PREONLINE}\n".encode())
        finally:
            os.close(descriptor)
        _remove(contract.REQUEST_FILE, opened)
        os.rename(new, contract.REQUEST_FILE, src_dir_fd=opened, dst_dir_fd=opened)


def withdraw(folder: str) -> None:
    """Takes a request back that the launcher has not begun with. Raises OSError."""
    with _opened(folder) as opened:
        _remove(contract.REQUEST_FILE, opened)


def _remove(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        os.rmdir(name, dir_fd=folder)
