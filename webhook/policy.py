"""The administrator's one file: its sections, settings and defaults.

Every setting works when absent and ``{}`` is valid. An unknown key or a wrong type is an error here; what settings must agree on
is in `contradictions`, and `policy_file` asks both. The policy holds no credential.
"""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, JsonValue, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from webhook import __version__
from webhook.errors import nearest
from webhook.inpod.contract import RICHPOD_IMAGE_NAME, TOOLKIT_IMAGE_NAME
from webhook.policy_text import AbsolutePath, AnnotationKey, DnsLabel, DnsSubdomain, ImagePrefix, MinorVersion, Repository, Tag

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Pod Security levels, the loosest first."""

Annotation = Literal["init", "lxcfs", "runtime", "fixed-ip", "volumes"]
OWN_NAMESPACE = "richpod-system"
ALWAYS_EXCLUDED = ("kube-system", "kube-public", "kube-node-lease", OWN_NAMESPACE)
"""Namespaces whose pods never reach the webhook, whatever their labels say (requirement 45)."""


class Section(BaseModel):
    """A part of the policy: immutable, camelCase in the file, no unknown keys, no word taken for a number or a truth value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class Image(Section):
    """Where richpod's own two images come from."""

    prefix: Repository = "ghcr.io/richpod"
    tag: Tag = __version__

    @cached_property
    def repositories(self) -> tuple[str, str]:
        """The two repositories, without tag: what carries one of them and a reserved name is ours."""
        return f"{self.prefix}/{RICHPOD_IMAGE_NAME}", f"{self.prefix}/{TOOLKIT_IMAGE_NAME}"

    @cached_property
    def toolkit(self) -> str:
        return f"{self.repositories[1]}:{self.tag}"


class Toolkit(Section):
    """`copy`: an init container copies the toolkit. `image`: an image volume, nothing to copy or wait for (Kubernetes 1.35)."""

    delivery: Literal["copy", "image"] = "copy"


class Lxcfs(Section):
    """The node's folder of bound files, and the label of the nodes that have it."""

    path: AbsolutePath = "/var/lib/richpod/lxcfs"
    node_selector: dict[str, str] = {}


class FixedIP(Section):
    """The annotation the cluster's CNI reads, and the addresses each namespace may ask for."""

    annotation: AnnotationKey
    form: Literal["json-list", "comma-list"] = "json-list"
    pools: dict[DnsLabel, list[IPvAnyNetwork]] = {}


class ImageArgv(Section):
    """What an image runs: its ENTRYPOINT and CMD."""

    entrypoint: list[str] = []
    cmd: list[str] = []


class Images(Section):
    """What images run when neither pod nor annotation says so."""

    map: dict[str, ImageArgv] = {}


class Runtime(Section):
    """A RuntimeClass, and the family of runtimes it belongs to: the family decides what it cannot do."""

    class_: DnsSubdomain = Field(alias="class")
    kind: Literal["runc", "gvisor", "kata", "kata-fc", "sysbox", "crx", "nabla"] = "runc"


VOLUME_KINDS = (
    *("cephfs", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "fc", "hostPath"),
    *("image", "iscsi", "nfs", "persistentVolumeClaim", "projected", "rbd", "secret"),
)


class Volume(Section):
    """One volume source, as in a pod, and where it is mounted in the application's containers."""

    source: dict[str, dict[str, JsonValue]]
    mount_path: AbsolutePath
    read_only: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> "Volume":
        if len(self.source) != 1:
            raise ValueError("needs exactly one volume source, for example {persistentVolumeClaim: {claimName: data}}")
        # A kind nobody knows may be newer than we are; a misspelt one would make the API server drop it, and refuse every pod.
        if self.kind not in VOLUME_KINDS and (meant := nearest(self.kind, VOLUME_KINDS)):
            raise ValueError(f"{self.kind} is no volume source{meant}")
        return self

    @cached_property
    def kind(self) -> str:
        return next(iter(self.source))


class Features(Section):
    """What a profile switches on when a pod says nothing."""

    init: Literal["launch", "dumb-init", "none"] = "none"
    lxcfs: bool = False
    runtime: str | None = None
    mirrors: bool = False
    volumes: list[str] = []


class Profile(Section):
    """Defaults, and what a pod's annotations may change of them."""

    features: Features = Features()
    allow: list[Annotation] = []
    namespaces: list[DnsLabel] = []
    required: list[Literal["runtime"]] = []
    mode: Literal["enforce", "audit"] = "enforce"
    on_conflict: Literal["skip", "refuse"] = "skip"


DEFAULT_PROFILE = Profile(features=Features(init="launch"), allow=["init"])


class Policy(Section):
    """The whole file."""

    kubernetes: MinorVersion = "1.33"
    image: Image = Image()
    pod_security_default: Level = "privileged"
    pod_opt_in: bool = False
    excluded_namespaces: list[DnsLabel] = []
    toolkit: Toolkit = Toolkit()
    lxcfs: Lxcfs = Lxcfs()
    fixed_ip: FixedIP | None = Field(default=None, alias="fixedIP")
    images: Images = Images()
    mirrors: dict[ImagePrefix, ImagePrefix] = {}
    runtimes: dict[DnsLabel, Runtime] = {}
    volumes: dict[Annotated[DnsLabel, StringConstraints(max_length=48)], Volume] = {}
    profiles: dict[DnsLabel, Profile] = {}

    @model_validator(mode="before")
    @classmethod
    def _default_profile(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("profiles", {}), dict):
            return {**data, "profiles": {"default": DEFAULT_PROFILE, **data.get("profiles", {})}}
        return data

    @cached_property
    def excluded(self) -> frozenset[str]:
        return frozenset((*ALWAYS_EXCLUDED, *self.excluded_namespaces))

    @cached_property
    def hash(self) -> str:
        """Names this policy in status annotations: the first 12 hexadecimal digits of its SHA-256."""
        return hashlib.sha256(json.dumps(self.effective(), sort_keys=True).encode()).hexdigest()[:12]

    def effective(self) -> dict[str, Any]:
        """The policy with every default filled in, as JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
