"""What the application sees of its pod is, byte for byte, what it saw without us: traps 1 and 2."""

import base64
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from . import image, images
from .access import Cluster
from .rich import INITS, Place, policy
from .shown import shown

pytestmark = pytest.mark.cluster

WORDS = ["", "a b", "  ", "it's", '"quoted"', "100%", "%s", "$HOME", "*", "line\n", "--", "-x", "\\", "ü"]
REFERENCES = ["$(GREETING)", "$$(GREETING)", "$(NOBODY)", "a$$b"]
ENVIRONMENT = {
    "GREETING": "hello = world",
    "spring.datasource.url": "jdbc:mysql://db?a=b&c='d'",
    "with-dashes": '"quoted"',
    "MULTI_LINE": "first\n\n third \n",
    "EMPTY": "",
    "REFERRING": "$(GREETING), $$(GREETING), $(NOBODY), 100%",
    "LARGE": "x" * 100_000,
    "LARGE_TOO": "ü=" * 33_000,
}
SHOWING = "localhost/showing:test"
ENTRYPOINT = ["/probe", "show"]
CMD = ["$(HOME)", "$(GREETING)", "$$", "a b"]
POLICY = policy(images={"map": {SHOWING: {"entrypoint": ENTRYPOINT, "cmd": CMD}}})

SHELL = "base64 /proc/$$$$/cmdline; echo; base64 /proc/$$$$/environ; :"
"""What the kernel gave to a shell; names it cannot use are not in its variables. Of two `$` the kubelet makes one. Without the
last `:` the shell would become the program before it."""


class Seen(NamedTuple):
    argv: list[bytes]
    environment: list[bytes]
    """Sorted: container runtimes keep no order."""


@pytest.fixture(scope="module")
def showing(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image whose own program says what it sees."""
    folder: Path = tmp_path_factory.mktemp("image")
    images.static(folder)
    image.write(SHOWING, folder / "showing.tar", [image.layer({"probe": folder / "probe"})], Entrypoint=ENTRYPOINT, Cmd=CMD)
    cluster.load(folder / "showing.tar")
    return SHOWING


@pytest.mark.parametrize("system", ["busybox", "static", "debian"])
def test_argv_and_environment_arrive_as_without_us(
    request: pytest.FixtureRequest, rich: Place, plain: Place, system: str
) -> None:
    command = ENTRYPOINT if system == "static" else ["sh", "-c", SHELL, "sh"]
    variables = [{"name": name, "value": value} for name, value in ENVIRONMENT.items()]
    image = request.getfixturevalue(system)
    untouched, *treated = seen_by_twins(plain, rich, image, *command, *WORDS, *REFERENCES, env=variables)
    assert untouched.argv[-4:] == [b"hello = world", b"$(GREETING)", b"$(NOBODY)", b"a$b"]
    assert b"spring.datasource.url=jdbc:mysql://db?a=b&c='d'" in untouched.environment
    assert treated == [untouched] * len(INITS)


@pytest.mark.parametrize("args", [[], REFERENCES])
def test_an_image_runs_its_own_program_as_without_us(rich: Place, plain: Place, showing: str, args: list[str]) -> None:
    """The kubelet expands `$(NAME)` in what the pod says, never in what the image says."""
    variables = [{"name": "GREETING", "value": "hello"}]
    untouched, *treated = seen_by_twins(plain, rich, showing, args=args, env=variables)
    assert untouched.argv[2:] == ([b"hello", b"$(GREETING)", b"$(NOBODY)", b"a$b"] if args else [word.encode() for word in CMD])
    assert treated == [untouched] * len(INITS)


def seen_by_twins(plain: Place, rich: Place, image: str, *command: str, **fields: Any) -> list[Seen]:
    """What a pod sees that is not sent to the webhook, then the same pod under each init."""
    plain.create(image, *command, hostname="twin", **fields)
    for init in INITS:
        rich.create(image, *command, hostname="twin", name=init, ask={"init": init}, **fields)
    return [seen(plain.output()), *(seen(rich.output(init)) for init in INITS)]


def seen(output: str) -> Seen:
    """Of what the probe or SHELL printed."""
    if output.startswith("argument "):
        argv, environment, *_ = shown(output)
    else:
        argv, environment = (base64.b64decode(half).split(b"\0")[:-1] for half in output.split("\n\n"))
    return Seen(argv, sorted(environment))
