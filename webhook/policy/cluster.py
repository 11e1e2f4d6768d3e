"""What the policy says of the cluster: where it finds richpod's own parts, lxcfs and addresses."""

from functools import cached_property
from typing import Literal

from pydantic import Field

from webhook import __version__
from webhook.inpod.contract import RICHPOD_IMAGE_NAME, TOOLKIT_IMAGE_NAME
from webhook.policy.section import Named, Section
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
