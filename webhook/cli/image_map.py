"""`richpod image-map`: what images run whose pods do not say it, asked of their registries once, for the policy's `images.map`.

With such a map admission needs no registry. It is its user's own command: registries that no policy lists are asked, too.
"""

import argparse
import asyncio
from collections.abc import Iterable
from typing import Any, get_args

from webhook.admission.registries import settings
from webhook.cli import inputs
from webhook.cli.image_uses import Use, by_image
from webhook.cli.map_entries import entry, written
from webhook.cli.output import output
from webhook.cli.problems import refuse_problems
from webhook.cli.sources import shown
from webhook.cli.terminal import Line, progress, talk
from webhook.errors import BadImage, BadInput
from webhook.images import credentials
from webhook.images.credentials import Keyring
from webhook.images.lookup import Lookup
from webhook.images.platform import of_linux
from webhook.images.reference import parse
from webhook.images.registry import Settings
from webhook.policy import Policy
from webhook.policy.file import load
from webhook.policy.images import Architecture, Images

Json = dict[str, Any]

AT_ONCE = 8
SECONDS = 30
"""For one image."""

EXAMPLES = """examples:
  %(prog)s -f manifests --policy policy.yaml -o map.json
  %(prog)s -f manifests --policy policy.yaml --registry-credentials ~/.docker/config.json -o map.json
  %(prog)s -f - --policy policy.yaml < app.yaml

What is printed is the value of images.map in the policy: paste it there as it is.

exit status: 0 fine, 1 what some image runs could not be told (the others are written), 2 wrong usage or unreadable input
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    inputs.add_files(parser)
    parser.add_argument(
        "--policy",
        metavar="FILE",
        help="the administrator's policy: how registries are asked, and for which architectures (default: the built-in one)",
    )
    parser.add_argument(
        "--registry-credentials", metavar="FILE", help="names and passwords for registries: a config.json of Docker's"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE|-", default="-", help="where the map is written (default: standard output)"
    )


def run(arguments: argparse.Namespace) -> int:
    policy = load(arguments.policy) if arguments.policy else Policy()
    keyring = _keyring(arguments.registry_credentials)
    manifests = inputs.manifests(arguments.filename)
    refuse_problems(manifests)
    uses = by_image(manifests)
    with output(arguments.output) as write:
        entries, problems = asyncio.run(_asked(uses, policy.images, keyring))
        write(written(entries))
    talk(_lines(uses, keyring, problems))
    return 1 if problems else 0


def _keyring(name: str | None) -> Keyring:
    if name is None:
        return Keyring(())
    try:
        with open(name, "rb") as file:
            return credentials.read(file.read())
    except OSError as error:
        raise BadInput(f"{shown(name)}: {error.strerror}") from None
    except BadImage as error:
        raise BadInput(f"{shown(name)}: {error}") from None


async def _asked(images: Iterable[str], policy: Images, keyring: Keyring) -> tuple[dict[str, Json], dict[str, BadImage]]:
    """Entries of the map, and why there are no others, both by image."""
    lookup, turn = Lookup(settings(policy.registries), others=Settings()), asyncio.Semaphore(AT_ONCE)
    allowed = of_linux(policy.architectures or get_args(Architecture))
    entries: dict[str, Json] = {}
    problems: dict[str, BadImage] = {}

    async def ask(image: str) -> None:
        try:
            reference = parse(image)
            async with turn, asyncio.timeout(SECONDS):
                entries[image] = entry(await lookup.programs(reference, [keyring], allowed))
        except BadImage as error:
            problems[image] = error
        except TimeoutError:
            problems[image] = BadImage(f"the registry did not answer within {SECONDS} s")

    try:
        for answer in progress(list(asyncio.as_completed(map(ask, images))), "asking registries", many=1):
            await answer
    finally:
        await lookup.close()
    return entries, problems


def _lines(uses: dict[str, list[Use]], keyring: Keyring, problems: dict[str, BadImage]) -> Iterable[Line]:
    if not uses:
        yield Line("richpod: no container in the input leaves it to its image what is run")
    for registry in keyring.unread:
        yield Line(f"richpod: no name and password can be read for {registry}")
    for image in sorted(problems):
        first, *others = uses[image]
        places = f" (and in {len(others)} more place{'s' * (len(others) > 1)})" if others else ""
        yield Line(first.said(f"{image}: {problems[image]}{places}"))
