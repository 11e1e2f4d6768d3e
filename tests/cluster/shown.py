"""What the test program of programs/probe.c saw of its pod."""

from typing import NamedTuple


class Shown(NamedTuple):
    argv: list[bytes]
    environment: list[bytes]
    """Sorted: container runtimes keep no order."""
    directory: bytes
    user: int
    groups: list[int]
    """Its own, then the supplementary ones, among which containerd repeats it."""


def shown(output: str) -> Shown:
    """Of what its step `show` printed."""
    assert output.startswith("argument "), output
    lines = [line.split(" ") for line in output.splitlines()]
    words: dict[str, list[str]] = {kind: [] for kind, _ in lines}
    for kind, word in lines:
        words[kind].append(word)
    argv, environment, (directory,) = (list(map(bytes.fromhex, words[kind])) for kind in ("argument", "environment", "directory"))
    (user,) = map(int, words["user"])
    return Shown(argv, sorted(environment), directory, user, list(map(int, words["group"])))
