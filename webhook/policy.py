"""The administrator's one file, checked as a whole.

Every setting works when absent and ``{}`` is valid. An unknown key, a wrong type or a reference to something undefined is an
error with path, line and the nearest known name. The policy holds no credential.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from webhook import __version__
from webhook.errors import nearest
from webhook.inpod.contract import RICHPOD_IMAGE_NAME, TOOLKIT_IMAGE_NAME

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Pod Security levels, the loosest first."""

Annotation = Literal["init", "lxcfs", "runtime", "fixed-ip", "volumes"]
OWN_NAMESPACE = "richpod-system"
ALWAYS_EXCLUDED = ("kube-system", "kube-public", "kube-node-lease", OWN_NAMESPACE)
"""Namespaces whose pods never reach the webhook, whatever their labels say (requirement 45)."""

DnsLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^:\x00]*$", max_length=4096)]
ImagePrefix = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._:/-]*$", max_length=400)]
# An annotation's name part ends at 63 characters, its optional prefix is a DNS subdomain.
AnnotationKey = Annotated[str, StringConstraints(pattern=r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]


class Section(BaseModel):
    """A part of the policy: immutable, camelCase in the file, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Image(Section):
    """Where richpod's own two images come from."""

    prefix: ImagePrefix = "ghcr.io/richpod"
    tag: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")] = __version__

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

    class_: DnsLabel = Field(alias="class")
    kind: Literal["runc", "gvisor", "kata", "kata-fc", "sysbox", "crx", "nabla"] = "runc"


class Volume(Section):
    """One volume source, as in a pod, and where it is mounted in the application's containers."""

    source: dict[str, dict[str, Any]]
    mount_path: AbsolutePath
    read_only: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> "Volume":
        if len(self.source) != 1:
            raise ValueError("needs exactly one volume source, for example {persistentVolumeClaim: {claimName: data}}")
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

    kubernetes: Annotated[str, StringConstraints(pattern=r"^1\.[0-9]{2}$")] = "1.33"
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

    @model_validator(mode="after")
    def _whole(self) -> "Policy":
        if problems := list(_contradictions(self)):
            raise ValueError("\n".join(problems))
        return self

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


def _contradictions(policy: Policy) -> Iterator[str]:
    """What each section accepts alone but not together: one sentence each, the path first."""
    if policy.toolkit.delivery == "image" and int(policy.kubernetes.split(".")[1]) < 35:
        yield f'toolkit.delivery: image volumes need kubernetes: "1.35" or newer, not "{policy.kubernetes}"; write copy'
    for source, target in policy.mirrors.items():
        if again := next((s for s in policy.mirrors if target.startswith(s)), None):
            yield f"mirrors.{source}: its target begins with {again!r} and would be rewritten again; name another target"
    owners: dict[str, str] = {}
    for name, profile in policy.profiles.items():
        for sentence in (*_undefined(policy, profile), *_misplaced(policy, profile)):
            yield f"profiles.{name}.{sentence}"
        for namespace in profile.namespaces:
            if (other := owners.setdefault(namespace, name)) != name:
                yield f"profiles.{name}.namespaces: {namespace} belongs to profile {other} already"


def _undefined(policy: Policy, profile: Profile) -> Iterator[str]:
    """Names a profile uses that no section defines."""
    runtime = profile.features.runtime
    if runtime is not None and runtime not in policy.runtimes:
        yield f"features.runtime: {runtime!r} is not defined under runtimes{nearest(runtime, policy.runtimes)}"
    if "runtime" in profile.required and runtime is None:
        yield "required: runtime is required, but features.runtime names none"
    for volume in profile.features.volumes:
        if volume not in policy.volumes:
            yield f"features.volumes: {volume!r} is not defined under volumes{nearest(volume, policy.volumes)}"
    if "fixed-ip" in profile.allow and policy.fixed_ip is None:
        yield "allow: fixed-ip needs the section fixedIP"


def _misplaced(policy: Policy, profile: Profile) -> Iterator[str]:
    """Namespaces a profile lists and may not, or must list and does not."""
    if not profile.namespaces and (exceeding := _beyond_baseline(policy, profile)):
        yield f"namespaces: {exceeding} exceeds Pod Security baseline; list the namespaces that may use it"
    for namespace in profile.namespaces:
        if namespace in policy.excluded:
            yield f"namespaces: {namespace} is excluded"


def _beyond_baseline(policy: Policy, profile: Profile) -> str | None:
    """A volume that a label alone must not hand out: hostPath is the one source Pod Security baseline forbids."""
    reachable = policy.volumes if "volumes" in profile.allow else profile.features.volumes
    for name in reachable:
        if name in policy.volumes and policy.volumes[name].kind == "hostPath":
            return f"volume {name} (hostPath)"
    return None
