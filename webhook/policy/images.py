"""What the policy says of images: what some run, and which registries may be asked what the others run."""

from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from webhook.errors import BadImage
from webhook.images import program, reference
from webhook.images.reference import plain
from webhook.policy import authorities
from webhook.policy.section import Contradiction, Named, Section
from webhook.policy.text import AddressRange, DnsLabel, DnsSubdomain, RegistryHost

Architecture = Literal["386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x"]


class Program(Section):
    """What an image runs, as its configuration says it."""

    entrypoint: list[str] = Field(default=[], description="The image's ENTRYPOINT.")
    cmd: list[str] = Field(default=[], description="The image's CMD.")
    user: str = Field(default="", description="The image's USER.")
    working_dir: str = Field(default="", description="The image's WORKDIR.")
    stop_signal: str = Field(default="", description="The image's STOPSIGNAL.")

    @property
    def read(self) -> program.Program:
        """As if it had been read from the image."""
        return program.Program(tuple(self.entrypoint), tuple(self.cmd), self.user, self.working_dir, self.stop_signal)


class MappedImage(Program):
    """The same, or one for each architecture where they differ."""

    platforms: Named[Architecture, Program] = Field(
        default={}, description="Architecture to what the image runs there; in place of all others."
    )

    @property
    def programs(self) -> program.Programs:
        return {name: one.read for name, one in self.platforms.items()} or {"": self.read}


class Registry(Section):
    """How one registry is asked. Pods choose nothing of it."""

    mirrors: list[RegistryHost] = Field(
        default=[], description="Registries that are asked before it, in this order, for the same paths."
    )
    ca: str = Field(default="", description="PEM certificates of the authorities to trust, besides the well-known ones.")
    addresses: list[AddressRange] = Field(
        default=[], description="Loopback, link-local or metadata addresses that it may have nevertheless."
    )
    plain_http: bool = Field(default=False, description="Whether it is asked without TLS.")


class Images(Section):
    """What images run when neither pod nor annotation says so."""

    map: dict[str, MappedImage] = Field(
        default={}, description="Image to what it runs; asked before any registry. richpod image-map writes it."
    )
    registries: Named[RegistryHost, Registry] = Field(
        default={}, description="The registries that may be asked, for example docker.io; no other ever is."
    )
    credentials: DnsSubdomain | None = Field(
        default=None, description="A Secret of type kubernetes.io/dockerconfigjson in richpod's own namespace."
    )
    pull_secrets_from: list[DnsLabel] = Field(
        default=[], description="The namespaces whose pods are looked up with their own imagePullSecrets."
    )
    architectures: list[Architecture] = Field(
        default=[], description="Those of the cluster's nodes, so that no others are looked up (default: all that an image has)."
    )


def unfit(images: Images) -> Iterator[Contradiction]:
    """Names that are none, settings that exclude each other."""
    names: dict[str, str] = {}
    for name, mapped in images.map.items():
        try:
            full = str(reference.parse(name))
        except BadImage as error:
            yield Contradiction(("map", name), str(error))
            continue
        if images.map[other := names.setdefault(full, name)] != mapped:
            yield Contradiction(("map", name), f"is the same image as {other}, and runs something else; write it once")
        if mapped.platforms and mapped.read != program.Program((), ()):
            yield Contradiction(
                ("map", name, "platforms"), "stands in place of entrypoint, cmd and the others; write one of them"
            )
    if not images.registries:
        for setting, value in (("credentials", images.credentials), ("pullSecretsFrom", images.pull_secrets_from)):
            if value:
                yield Contradiction((setting,), "is for registries; list those that may be asked under images.registries")
    for host, registry in images.registries.items():
        for name in (host, *registry.mirrors):
            if not _place(name):
                yield Contradiction(("registries", host), f"{name} is no host with a port from 1 to 65535")
        if not _named(host):
            yield Contradiction(("registries", host), "is no host in names of images: write it with its domain or its port")
        if plain(host) != host:
            yield Contradiction(("registries", host), f"is {plain(host)} in full names; write that")
        if registry.ca and (sentence := authorities.unread(registry.ca)):
            yield Contradiction(("registries", host, "ca"), sentence)


def _place(host: str) -> bool:
    """Whether a client could go there: its form alone does not tell."""
    try:
        return urlsplit(f"//{host}").port != 0
    except ValueError:
        return False


def _named(host: str) -> bool:
    """Whether an image can be of it: what has no dot and no port is a folder of Docker Hub's."""
    return reference.placed(f"{host}/x")[0] == plain(host)


def mapped(images: Images) -> Mapping[str, program.Programs]:
    """An image's full name to its programs."""
    return {str(reference.parse(name)): mapped.programs for name, mapped in images.map.items()}
