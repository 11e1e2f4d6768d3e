"""Credentials for look-ups: those of the policy for every pod, and a pod's own where the policy allows its namespace."""

import asyncio
import base64
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from webhook.errors import ApiError, BadImage
from webhook.images import credentials
from webhook.images.cache import Cache
from webhook.images.credentials import Keyring
from webhook.log import NAME_LENGTH, Log
from webhook.printable import OBJECT_NAME, one_line

Json = dict[str, Any]

Secrets = Callable[[str, str], Json | None]
"""A Secret by namespace and name; None where it is not there. Raises ApiError."""

SECONDS = 60.0
"""For which a Secret is kept."""
KINDS = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}
"""Types of Secrets that the kubelet reads, and the key in each (k8s.io/kubernetes pkg/credentialprovider/secrets)."""
MOST = 20
"""Secrets of one pod that are read."""
EMPTY = Keyring(())


class Keyrings:
    """`file`: the policy's, in Docker's form, read again when it changed; `secret` is asked in namespaces `allowed` only.

    To be used on one event loop.
    """

    def __init__(self, file: Path | None, allowed: Collection[str], secret: Secrets, log: Log) -> None:
        self._file, self._allowed, self._secret, self._log = file, frozenset(allowed), secret, log
        self._version: tuple[int, ...] | None = None
        self._read = EMPTY
        self._secrets: Cache[tuple[str, str], Keyring] = Cache(1 << 20, SECONDS, _size, monotonic)

    async def __call__(self, namespace: str, names: Sequence[str]) -> list[Keyring]:
        """The pod's own first, as the kubelet has them. What cannot be read is said in the log and left out."""
        # A name becomes part of a path, and nobody has looked at it yet.
        own = [name for name in names[:MOST] if OBJECT_NAME.fullmatch(name)] if namespace in self._allowed else []
        found = await asyncio.gather(*(self._of_secret(namespace, name) for name in own))
        return [*found, self._of_file()]

    async def _of_secret(self, namespace: str, name: str) -> Keyring:
        try:
            return await self._secrets.get((namespace, name), None, lambda: self._get(namespace, name))
        except BadImage as error:
            who = {"namespace": one_line(namespace, NAME_LENGTH), "secret": one_line(name, NAME_LENGTH)}
            self._log("credentials-unread", **who, why=str(error))
            return EMPTY

    async def _get(self, namespace: str, name: str) -> Keyring:
        try:
            secret = await asyncio.to_thread(self._secret, namespace, name)
        except ApiError as error:
            raise BadImage(one_line(str(error))) from None
        return of_secret(secret)

    def _of_file(self) -> Keyring:
        if self._file is not None and (version := _version(self._file)) != self._version:
            self._version, self._read = version, self._again(self._file)
        return self._read

    def _again(self, file: Path) -> Keyring:
        try:
            found = credentials.read(file.read_bytes())
        except (OSError, BadImage) as error:
            found, why = EMPTY, error.strerror or "" if isinstance(error, OSError) else str(error)
        else:
            why = f"entries of {', '.join(found.unread)}" if found.unread else ""
        if why:
            self._log("credentials-unread", file=str(file), why=one_line(why))
        return found


def of_secret(secret: Json | None) -> Keyring:
    """Of a Secret as the API server sends it. Raises BadImage; no message quotes it."""
    if secret is None:
        raise BadImage("there is no such Secret")
    key = KINDS.get(secret.get("type") or "")
    text = (secret.get("data") or {}).get(key)
    if key is None or text is None:
        raise BadImage(f"the Secret is of none of the types {', '.join(KINDS)}")
    return credentials.read(base64.b64decode(text))


def _version(file: Path) -> tuple[int, ...]:
    """Changes with the file; a mounted Secret changes by another link."""
    try:
        found = os.stat(file)
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _size(keyring: Keyring) -> int:
    return 500 + sum(500 + len(one.username) + len(one.password) for _, _, one in keyring.entries)
