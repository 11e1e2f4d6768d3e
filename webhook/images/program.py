"""What an image runs, of its configuration, and the argv that becomes of it in a pod."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook.errors import BadImage
from webhook.images.document import document

LONGEST = 128 << 10
"""Characters of all that one image says: what Linux takes as one word."""


class Program(NamedTuple):
    """`user`, `working_dir` and `stop_signal` as the image writes them, "" where it says nothing."""

    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    user: str = ""
    working_dir: str = ""
    stop_signal: str = ""

    @property
    def size(self) -> int:
        """Characters, with one at the end of each word."""
        words = (*self.entrypoint, *self.cmd, self.user, self.working_dir, self.stop_signal)
        return sum(map(len, words)) + len(words)


Programs = Mapping[str, Program]
"""What an image runs, by architecture, with the variant where one is said (`arm/v7`); "" where one is for all."""


def program(configuration: bytes) -> Program:
    """Of a configuration of OCI's or Docker's form. Raises BadImage."""
    said = document(configuration, "the image's configuration").get("config")
    if said is None:
        said = {}
    if not isinstance(said, dict):
        raise BadImage("the image's configuration holds no map `config`")
    found = Program(
        _words(said, "Entrypoint"), _words(said, "Cmd"), _text(said, "User"), _text(said, "WorkingDir"), _text(said, "StopSignal")
    )
    if found.size > LONGEST:
        raise BadImage(f"the image's configuration runs more than {LONGEST >> 10} KiB of words")
    return found


def argv(image: Program, args: list[str] | None) -> list[str]:
    """What stands before a container's own `args`, where it names no command: ENTRYPOINT, and CMD where it has none, either.

    The kubelet expands `$(NAME)` in what a pod says and not in what an image says: what is copied is escaped. Raises BadImage
    where nothing would run.
    """
    found = image.entrypoint if args else image.entrypoint + image.cmd
    if not found and not args:
        raise BadImage("the image names neither ENTRYPOINT nor CMD")
    return list(map(escaped, found))


def escaped(word: str) -> str:
    """What the kubelet makes this word of again."""
    return _MEANT.sub("$$", word)


_MEANT = re.compile(r"\$(?=[$(])")
"""A `$` that the kubelet would not print as it stands (k8s.io/kubernetes third_party/forked/golang/expansion)."""


def _words(said: dict[str, Any], key: str) -> tuple[str, ...]:
    found = said.get(key) or []
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise BadImage(f"the image's configuration has a {key} that is no list of words")
    return tuple(found)


def _text(said: dict[str, Any], key: str) -> str:
    found = said.get(key) or ""
    if not isinstance(found, str):
        raise BadImage(f"the image's configuration has a {key} that is no text")
    return found
