"""The administrator's one file: its sections, and the profiles that namespaces opt in to.

Every setting works when absent and ``{}`` is valid. An unknown key or a wrong type is an error here; what settings must agree on
is in `contradictions`, and `file` asks both. The policy holds no credential.
"""

import hashlib
import json
from functools import cached_property
from typing import Any, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from webhook.inpod.contract import MOST_SERVICES
from webhook.installation import LXCFS_NAMESPACE, NAMESPACE
from webhook.policy.cluster import FixedIP, Image, Lxcfs, Systemd, Toolkit
from webhook.policy.gateway import Application, Gateway, Grant
from webhook.policy.hooks import Hooks
from webhook.policy.images import Images
from webhook.policy.permission import MOST_GRANTS
from webhook.policy.runtimes import Runtime
from webhook.policy.section import Named, Section
from webhook.policy.services import Service
from webhook.policy.text import ApplicationName, DnsLabel, ImagePrefix, MinorVersion, VolumeName
from webhook.policy.volumes import Volume

Level = Literal["privileged", "baseline", "restricted"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Pod Security levels, the loosest first."""

Choice = Literal[
    "init", "systemd", "hooks", "services", "debug", "lxcfs", "runtime", "fixed-ip", "volumes", "persist", "authorize"
]
"""Features of which pods may be let choose; systemd lets them choose an init of their image."""

MACHINES = frozenset(("systemd", "sbin-init"))
"""Inits of the image itself."""

ALWAYS_EXCLUDED = ("kube-system", "kube-public", "kube-node-lease", NAMESPACE, LXCFS_NAMESPACE)
"""Namespaces whose pods never reach the webhook, whatever their labels say (requirement 45)."""


class Features(Section):
    """What a profile switches on when a pod says nothing."""

    init: Literal["launch", "dumb-init", "systemd", "sbin-init", "none"] = Field(
        default="none", description="What runs as the first process of a container."
    )
    lxcfs: bool = Field(default=False, description="Whether /proc shows a container's own limits.")
    hooks: Hooks = Field(default=Hooks(), description="What runs around the application's life; needs an init.")
    services: list[str] = Field(
        default=[],
        max_length=MOST_SERVICES,
        description="Names under services, or shipped ones: what runs beside the application.",
    )
    debug: Literal["java", "none"] = Field(
        default="none", description="java: a debugger may attach to the main container's JVM; needs an init."
    )
    runtime: str | None = Field(
        default=None, description="A name under runtimes: what pods without a runtimeClassName run under."
    )
    mirrors: bool = Field(default=False, description="Whether images are pulled through the mirrors.")
    volumes: list[str] = Field(default=[], description="Names under volumes: what is mounted into every pod.")
    authorize: list[str] = Field(
        default=[],
        max_length=MOST_GRANTS,
        description="Names under grants: what a pod waits to be authorized for before it starts.",
    )


class Profile(Section):
    """Defaults, and what a pod's annotations may change of them."""

    features: Features = Field(default=Features(), description="What is switched on when a pod says nothing.")
    allow: list[Choice] = Field(default=[], description="What pods may choose by annotations richpod.io/NAME.")
    namespaces: list[DnsLabel] = Field(
        default=[], description="The namespaces it is for; where listed, a label alone never selects it."
    )
    required: list[Literal["runtime", "authorize"]] = Field(
        default=[], description="What no pod runs without; there is no opt-out then."
    )
    mode: Literal["enforce", "audit"] = Field(
        default="enforce", description="audit: says what would be done, and changes no pod."
    )
    on_conflict: Literal["skip", "refuse"] = Field(
        default="skip", description="Whether a pod that does not go with a feature goes on without it or is refused."
    )


DEFAULT_PROFILE = Profile(features=Features(init="launch"), allow=["init"])


class Policy(Section):
    """The policy of richpod: one file, the administrator's. Everything has a default."""

    model_config = ConfigDict(json_schema_extra={"$schema": "https://json-schema.org/draft/2020-12/schema"})

    kubernetes: MinorVersion = Field(default="1.33", description='The oldest minor version to support, in quotes: "1.33".')
    image: Image = Field(default=Image(), description="The registry and the tag of richpod's own images.")
    pod_security_default: Level = Field(
        default="privileged", description="The Pod Security level that namespaces without a label for it enforce."
    )
    pod_opt_in: bool = Field(default=False, description="Whether a pod's own label opts it in where its namespace has none.")
    excluded_namespaces: list[DnsLabel] = Field(default=[], description="Namespaces that no label opts in, besides the system's.")
    toolkit: Toolkit = Field(default=Toolkit(), description="How richpod's programs come into a pod.")
    lxcfs: Lxcfs = Field(default=Lxcfs(), description="Where lxcfs serves its files, and on which nodes.")
    systemd: Systemd = Field(default=Systemd(), description="What containers get whose first process is an init of their image.")
    fixed_ip: FixedIP | None = Field(
        default=None, alias="fixedIP", description="How pods ask the CNI for addresses, and for which."
    )
    images: Images = Field(default=Images(), description="What images run, for pods that name no command.")
    mirrors: Named[ImagePrefix, ImagePrefix] = Field(
        default={},
        description="Beginning of an image's full name, for example docker.io/, to what replaces it; the longest wins.",
    )
    runtimes: Named[DnsLabel, Runtime] = Field(default={}, description="The RuntimeClasses that profiles and pods may name.")
    services: Named[VolumeName, Service] = Field(
        default={}, description="The programs beside an application that profiles and pods may name."
    )
    volumes: Named[VolumeName, Volume] = Field(default={}, description="The volumes that profiles and pods may name.")
    applications: Named[ApplicationName, Application] = Field(
        default={}, description="Applications by name, for upstreams that know them so, and who may act for them."
    )
    grants: Named[DnsLabel, Grant] = Field(default={}, description="What pods may be authorized for, and which.")
    gateway: Gateway = Field(default=Gateway(), description="How long pods wait for it, and which upstreams it asks.")
    profiles: Named[DnsLabel, Profile] = Field(
        default={},
        description="What namespaces opt in to. Each is what it says: writing default replaces the built-in one "
        "(features: {init: launch}, allow: [init]) as a whole, so that an init it does not name is none.",
    )

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
