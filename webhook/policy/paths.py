"""Absolute paths in containers and on nodes, whichever way they are written."""

import posixpath

from webhook.inpod.contract import STATE_ROOT, TOOLKIT_ROOT


def plain(path: str) -> str:
    """The shortest way to write it."""
    return posixpath.normpath(f"/{path.lstrip('/')}")


def is_own(path: str) -> bool:
    """Whether it is a folder of richpod's own in a container, or leads into one."""
    return f"{plain(path)}/".startswith((f"{TOOLKIT_ROOT}/", f"{STATE_ROOT}/"))
