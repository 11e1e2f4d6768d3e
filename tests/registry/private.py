"""An image that tom may pull and others may not, behind either of the ways in which registries keep it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.registry.asking import secret
from tests.registry.images import image
from tests.registry.push import push
from tests.registry.server import Registry, authority, registry
from tests.registry.tokens import token_server
from webhook.images.credentials import Keyring
from webhook.images.program import Program

APP = image({"Cmd": ["app", "--licence=4711"]})
RUNS = {"": Program((), ("app", "--licence=4711"))}


class Private(NamedTuple):
    """A registry, and the users that its token server was asked by."""

    registry: Registry
    users: list[str]

    @property
    def names(self) -> list[str]:
        """Of the image, by tag and by digest."""
        return [f"{self.registry.host}/team/app:1", f"{self.registry.host}/team/app@{APP.digest}"]

    @property
    def toms(self) -> list[Keyring]:
        return [secret(self.registry, "tom")]


@contextmanager
def by_password(folder: Path) -> Iterator[Private]:
    with registry(folder, users=["tom"]) as running:
        push(running, "team/app", APP, "1", "tom")
        yield Private(running, [])


@contextmanager
def by_token(folder: Path) -> Iterator[Private]:
    """team/public is for everybody."""
    signer = authority()
    with registry(folder, signer=signer) as filled:
        push(filled, "team/app", APP, "1")
        push(filled, "team/public", APP, "1")
    granted = {"": ["team/public"], "tom": ["team/app", "team/public"], "tim": ["team/public"]}
    with (
        token_server(folder, signer, granted) as (tokens, users),
        registry(folder, signer=signer, tokens=tokens) as running,
    ):
        yield Private(running, users)


WAYS: dict[str, Callable[[Path], AbstractContextManager[Private]]] = {"password": by_password, "token": by_token}
