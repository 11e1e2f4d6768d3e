"""What the policy says of the cluster: where it finds richpod's own parts, lxcfs and addresses."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field, IPvAnyNetwork

from webhook import __version__
from webhook.inpod.contract import LARGEST_BUDGET, RICHPOD_IMAGE_NAME, TOOLKIT_IMAGE_NAME
from webhook.policy.paths import plain
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


class Systemd(Section):
    """How containers come to control groups that an init of their image may write."""

    cgroup: Literal["none", "runtime", "own-v1", "node-root"] = Field(
        default="none",
        description="runtime: the RuntimeClass or CRI-O makes them writable; own-v1: cgroup v1, the pod's own; node-root: cgroup "
        "v1, all of the node's, by which a pod may take over the node.",
    )
    hierarchy: AbsolutePath = Field(
        default="/sys/fs/cgroup/systemd",
        description="cgroup v1: the folder of the node's named hierarchy in which the kubelet's folder kubepods lies.",
    )
    restarts: int = Field(
        default=0,
        ge=0,
        le=LARGEST_BUDGET,
        description="How often systemd starts a program that failed anew before its end is the container's.",
    )
    login_secrets: bool = Field(
        default=False, description="Whether root's login shells see variables that come from Secrets, too."
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


def _paths(words: str) -> list[PurePosixPath]:
    return [PurePosixPath(word) for word in words.split()]


_TREES = _paths(
    "/bin /boot /dev /etc /lib /lib32 /lib64 /opt/cni /proc /sbin /sys /usr /var/log /var/run"
    " /run/containerd /run/crio /run/docker /run/k3s /run/lock /run/systemd /run/udev /run/user"
    " /var/lib/apt /var/lib/cni /var/lib/containerd /var/lib/containers /var/lib/docker /var/lib/dpkg /var/lib/etcd"
    " /var/lib/k0s /var/lib/kubelet /var/lib/rancher /var/lib/rpm /var/lib/systemd"
)
"""Of the node, with all that is in them."""
_FOLDERS = _paths("/ /home /media /mnt /opt /root /run /srv /tmp /var /var/cache /var/lib /var/tmp")
"""Of the node, and what is in them may be another's."""


def unfit(lxcfs: Lxcfs) -> Iterator[Contradiction]:
    """Folders that the node lives by: the agent lays files over what is in its own, and covers all of it when it ends."""
    path = PurePosixPath(plain(lxcfs.path))
    tree = next((tree for tree in _TREES if path.is_relative_to(tree)), None)
    if tree is not None or path in _FOLDERS:
        whose = f"all of {tree} does" if tree else f"{path} is not for lxcfs alone"
        yield Contradiction(("path",), f"belongs to the node: {whose}; write for example {Lxcfs().path}")
    elif lxcfs.path != str(path):
        # The agent finds what it has mounted by the path that the kernel shows, and Kubernetes takes none with `..`.
        yield Contradiction(("path",), f"is a longer way to write {path}; write that")


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
