"""Absolute paths in containers and on nodes, whichever way they are written."""

import posixpath
import re

from webhook.inpod.contract import FILL_ROOT, SSHD_PATH, STATE_ROOT, TOOLKIT_ROOT

FILE = r"^/[^\x00-\x1f\x7f]*[^/\x00-\x1f\x7f]$"
"""Of a file, for people and editors, too: it is part of the policy's schema."""
LONGEST_FILE = 4096


def is_file(path: str) -> bool:
    """Whether it is an absolute path that can be a file's."""
    return len(path) <= LONGEST_FILE and re.fullmatch(FILE, path) is not None


def plain(path: str) -> str:
    """The shortest way to write it."""
    return posixpath.normpath(f"/{path.lstrip('/')}")


def is_within(path: str, folder: str) -> bool:
    """Whether it is the folder, or leads into it; both as short as can be."""
    return f"{path}/".startswith(f"{folder}/")


def is_own(path: str) -> bool:
    """Whether it is a folder of richpod's own in a container, or leads into one."""
    return any(is_within(plain(path), folder) for folder in (TOOLKIT_ROOT, STATE_ROOT, SSHD_PATH, FILL_ROOT))
