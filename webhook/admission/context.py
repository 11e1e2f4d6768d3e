"""What is known before a pod arrives: the policy, the profile and the Pod Security level of one webhook entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from webhook.images.program import Programs
from webhook.policy import Level, Policy, Profile, images
from webhook.policy.runtimes import kind_by_name

STAND_IN = "PEM of the authorities, which only the webhook knows"
"""In files, for what a cluster holds."""


@dataclass(frozen=True)
class Context:
    """Made once for each (profile, level); every admission of that entry shares it."""

    policy: Policy
    profile_name: str
    level: Level
    authority: str = STAND_IN
    """PEM of those that the gateway's certificate may be of; "" while they are not known."""

    @cached_property
    def profile(self) -> Profile:
        return self.policy.profiles[self.profile_name]

    @cached_property
    def allow(self) -> frozenset[str]:
        return frozenset(self.profile.allow)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Annotation name to the profile's own value of it."""
        features = self.profile.features
        return {
            "runtime": features.runtime,
            "volumes": tuple(features.volumes),
            "init": features.init,
            "hooks": features.hooks.asked,
            "services": tuple(features.services),
            "debug": features.debug,
            "lxcfs": features.lxcfs,
            "mirrors": features.mirrors,
            "fixed-ip": None,
            "persist": (),
            "authorize": tuple(features.authorize),
        }

    @cached_property
    def mapped(self) -> Mapping[str, Programs]:
        """An image's full name to what the policy says that it runs."""
        return images.mapped(self.policy.images)

    @cached_property
    def runtime_names(self) -> dict[str, str]:
        """RuntimeClass to the policy's name of it."""
        return {runtime.class_: name for name, runtime in self.policy.runtimes.items()}

    def runtime_kind(self, runtime_class: str | None) -> str:
        """The family a RuntimeClass belongs to; runc where nothing says otherwise."""
        if not runtime_class:
            return "runc"
        if name := self.runtime_names.get(runtime_class):
            return self.policy.runtimes[name].kind
        return kind_by_name(runtime_class)
