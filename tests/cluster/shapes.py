"""Images of every shape that a Dockerfile gives them, each of which runs the test program of programs/probe.c."""

from dataclasses import dataclass
from pathlib import Path

from tests.registry.images import DOCKER, OCI, Form, Image, Json, index
from tests.registry.images import image as single

from . import image
from .images import probe

SHOW = {"Entrypoint": ["/probe", "show"]}
ACCOUNTS = "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n"
GROUPS = "root:x:0:\napp:x:1001:\nlogs:x:1002:app\nmedia:x:1003:other,app\n"
FOLDERS = image.FOLDERS | {"home": 0o755, "home/app": 0o755, "srv": 0o755, "srv/work": 0o755}
OTHER = "arm64" if image.ARCHITECTURE == "amd64" else "amd64"
"""A platform that no node is of."""


@dataclass(frozen=True)
class Shape:
    """`process`: what the image says; `args`: what the pod says; `other`: what the same image says on another platform, first in
    its index."""

    process: Json
    args: tuple[str, ...] = ()
    other: Json | None = None
    attested: bool = False
    form: Form = OCI
    by_digest: bool = False
    """Whether the pod names the image so."""

    def image(self, layer: bytes) -> Image:
        mine, other = ({"Env": [image.PATH]} | process for process in (self.process, self.other or {}))
        if self.other is None:
            return single(mine, [layer], self.form)
        return index({OTHER: other, image.ARCHITECTURE: mine}, [layer], self.form, self.attested)


SHAPES = {
    "shell-entrypoint": Shape({"Entrypoint": ["/bin/sh", "-c", 'exec /probe show "$GREETING" $((6 * 7)) "$0"']}),
    "shell-cmd": Shape({"Cmd": ["/bin/sh", "-c", "cd /srv && exec /probe show $GREETING '$HOME'"]}),
    "shell-both": Shape({"Entrypoint": ["/bin/sh", "-c", 'exec /probe show "$0" "$@"'], "Cmd": ["/bin/sh", "-c", "echo $HOME"]}),
    "exec-form": Shape(SHOW | {"Cmd": ["a b", "", "--", "-x", "ü", '"quoted"', "line\n"]}),
    "entrypoint": Shape(SHOW),
    "cmd": Shape({"Cmd": ["/probe", "show", "$(HOME)"]}),
    "found-in-path": Shape({"Entrypoint": ["probe", "show"], "Env": ["PATH=/bin:/usr/lib/app"]}),
    "args": Shape(SHOW | {"Cmd": ["never seen"]}, ("$(GREETING)", "$$(GREETING)", "$(NOBODY)", "$$", "a b")),
    "args-in-place-of-cmd": Shape({"Cmd": ["never seen"]}, ("/probe", "show", "$(GREETING)")),
    "args-alone": Shape({}, ("/probe", "show", "$(GREETING)")),
    "dollars": Shape(
        {"Entrypoint": ["/probe", "show", "$(GREETING)", "$$(GREETING)"], "Cmd": ["$HOME", "$", "$$", "a$$b", "$("]}
    ),
    "user-by-name": Shape(SHOW | {"User": "app"}),
    "user-numeric": Shape(SHOW | {"User": "4321"}),
    "user-and-group": Shape(SHOW | {"User": "4321:8765"}),
    "user-and-group-by-name": Shape(SHOW | {"User": "app:logs"}),
    "directory": Shape(SHOW | {"WorkingDir": "/srv/work"}),
    "directory-in-no-layer": Shape(SHOW | {"WorkingDir": "/made/by the runtime", "User": "app"}),
    "environment": Shape(SHOW | {"Env": [image.PATH, "GREETING=never seen", "LITERAL=$(HOME) $$ 100%", "EMPTY="]}),
    "docker": Shape(SHOW | {"Cmd": ["$(HOME)"], "User": "app", "WorkingDir": "/srv"}, form=DOCKER),
    "index": Shape(SHOW, other=SHOW),
    "index-of-docker": Shape(SHOW, other=SHOW, form=DOCKER),
    "index-that-differs": Shape(SHOW | {"Cmd": ["here", "$(HOME)"]}, other={"Entrypoint": ["/elsewhere"]}),
    "index-that-differs-and-args": Shape(SHOW, ("$(GREETING)",), other={"Entrypoint": ["/else", "where", "or", "nowhere"]}),
    "attested": Shape(SHOW | {"Cmd": ["attested"]}, other=SHOW | {"Cmd": ["attested"]}, attested=True),
    "by-digest": Shape(SHOW | {"Cmd": ["by digest"]}, other={"Cmd": ["/elsewhere"]}, by_digest=True),
}
"""Pods of all of them have GREETING in their environment."""


def layer(folder: Path) -> bytes:
    """The only one of all images: test program, shell and accounts."""
    program, accounts, groups = probe(folder), folder / "passwd", folder / "group"
    accounts.write_text(ACCOUNTS)
    groups.write_text(GROUPS)
    files = {"probe": program, "usr/lib/app/probe": program, "bin/busybox": Path("/bin/busybox")}
    return image.layer(files | {"etc/passwd": accounts, "etc/group": groups}, {"bin/sh": "busybox"}, FOLDERS)
