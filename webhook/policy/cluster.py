"""What the policy says of the cluster: where it finds richpod's own parts, lxcfs and addresses."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

from pydantic import Field, IPvAnyNetwork

from webhook import __version__
from webhook.inpod.contract import RICHPOD_IMAGE_NAME, TOOLKIT_IMAGE_NAME
from webhook.policy.section import Contradiction, Named, Section
from webhook.policy.text import AbsolutePath, AddressRange, AnnotationKey, DnsLabel, Repository, Tag


class Image(Section):
    """Where richpod's own two images come from."""

    prefix: Repository = Field(default="ghcr.io/richpod", description="Registry and path of both images.")
    tag: Tag = Field(default=__version__, description="The tag of both images.")

    @cached_property
    def repositories(self) -> tuple[str, str]:
        """The two repositories, without tag: what carries one of them and a reserved name is ours."""
        return f"{self.prefix}/{RICHPOD_IMAGE_NAME}", f"{self.prefix}/{TOOLKIT_IMAGE_NAME}"

    @cached_property
    def richpod(self) -> str:
        return f"{self.repositories[0]}:{self.tag}"

    @cached_property
    def toolkit(self) -> str:
        return f"{self.repositories[1]}:{self.tag}"


class Toolkit(Section):
    """The toolkit: richpod's programs inside pods."""

    delivery: Literal["copy", "image"] = Field(
        default="copy",
        description="copy: by an init container; image: as an image volume, nothing to wait for (Kubernetes 1.35).",
    )


class Lxcfs(Section):
    """The node's folder of bound files, and the label of the nodes that have it."""

    path: AbsolutePath = Field(default="/var/lib/richpod/lxcfs", description="The folder of lxcfs's files on a node.")
    node_selector: dict[str, str] = Field(
        default={}, description="Labels of the nodes that have it; a pod that uses it selects them."
    )


class FixedIP(Section):
    """The annotation the cluster's CNI reads, and the addresses each namespace may ask for."""

    annotation: AnnotationKey = Field(description="The annotation that the cluster's CNI reads.")
    form: Literal["json-list", "comma-list"] = Field(
        default="json-list", description="How the CNI wants several addresses written."
    )
    pools: Named[DnsLabel, list[AddressRange]] = Field(
        default={}, description="Namespace to the address ranges its pods may ask for."
    )


_NODES = re.compile(
    "/|/(bin|boot|etc|home|lib|lib64|media|mnt|opt|root|run|sbin|srv|tmp|usr|var)"
    "|/var/(lib|lib/containerd|lib/kubelet|log|run)|/(dev|proc|sys)(/.*)?"
)


def unfit(lxcfs: Lxcfs) -> Iterator[Contradiction]:
    """Folders that the node lives by: the agent lays files over what is in its own, and covers all of it when it ends."""
    path = posixpath.normpath(f"/{lxcfs.path.lstrip('/')}")
    if _NODES.fullmatch(path):
        yield Contradiction(("path",), f"is the node's own {path}; write a folder for lxcfs alone, for example {Lxcfs().path}")
    elif ".." in lxcfs.path.split("/"):
        yield Contradiction(("path",), f"Kubernetes takes no path with ..; write {path}")


def overlapping(pools: Mapping[str, list[IPvAnyNetwork]]) -> Iterator[Contradiction]:
    """Ranges within one of another namespace: pods of both could ask for one address."""
    ranges = sorted((found.version, found, name, at) for name, pool in pools.items() for at, found in enumerate(pool))
    # Two ranges lie apart, or one within the other; a wider one comes first.
    widest, owner = None, ""
    for _, found, name, at in ranges:
        if widest is None or not found.overlaps(widest):
            widest, owner = found, name
        elif name != owner:
            said = f"{found} is within {widest} of fixedIP.pools.{owner}"
            yield Contradiction((name, at), f"{said}: pods of both could ask for one address; give each its own range")
