"""What to write so that a feature looks at a pod, or no longer does: lines of YAML, all of them needed.

A line of the pod is an annotation or says what to remove; a line of the policy names its place and holds all that stands there
then, so that a list is the whole list.
"""

from dataclasses import dataclass
from typing import Any

from webhook.admission.context import Context
from webhook.admission.features.feature import Feature, Option
from webhook.admission.pod import Pod
from webhook.cli.definitions import Lines, attainable, example, missing
from webhook.cli.yaml.text import flow, inline
from webhook.errors import BadValue
from webhook.inpod.contract import PREFIX
from webhook.policy import DEFAULT_PROFILE

_OFF: dict[str, tuple[str, Any]] = {
    "init": ("none", "none"),
    "lxcfs": ("false", False),
    "mirrors": ("", False),
    "runtime": ("", None),
    "volumes": ("", []),
}
"""Feature to the annotation's text and the profile's value that ask for nothing."""


@dataclass(frozen=True)
class Switch:
    """Of one feature on one pod."""

    feature: Feature
    pod: Pod
    context: Context

    @property
    def asked(self) -> bool:
        return self.feature.parse is not None and self.feature.name in self.pod.asked

    @property
    def wanted(self) -> bool:
        """Whether somebody who may asks for it."""
        name = self.feature.name
        default = self.context.defaults[name]
        chosen = self._read(self.pod.asked[name], default) if self.asked else default
        return _is_something(chosen if name in self.context.allow else default)

    @property
    def idle(self) -> bool:
        """Whether it treats containers, and the pod's annotation names none of the application's."""
        return self.feature.name in ("init", "lxcfs") and "containers" in self.pod.asked and not self.pod.treated

    def on(self) -> Lines:
        name = self.feature.name
        if self.feature.parse is None:
            defined = missing(name, "", self.pod, self.context)
            return defined if self.wanted else (*defined, self._features(True))
        lines = (f"remove {PREFIX}containers",) if self.idle else ()
        return lines if self.wanted else (*lines, *self.choosing(example(name, self.pod, self.context)))

    def off(self) -> Lines:
        name, profile = self.feature.name, self.context.profile
        text, value = _OFF.get(name, ("", None))
        named = name == "runtime" and self.pod.spec.get("runtimeClassName") is not None
        lines: Lines = ("remove runtimeClassName",) if named else ()
        if _is_something(self.context.defaults[name]) and name in self.context.allow and name not in profile.required:
            return (*lines, f"{PREFIX}{name}: {inline(text)}")
        lines += self.silence() if self.asked else ()
        if not _is_something(self.context.defaults[name]):
            return lines
        freed = (self._profile("required", []),) if name in profile.required else ()
        return (*lines, *freed, self._features(value))

    def silence(self) -> Lines:
        return (f"remove {PREFIX}{self.feature.name}",)

    def choosing(self, text: str) -> Lines:
        """So that the pod's annotation holds a text, and may; an example where the policy cannot let it hold that one."""
        name, allow = self.feature.name, self.context.allow
        if not attainable(name, text, self.pod, self.context):
            text = example(name, self.pod, self.context)
        lines = missing(name, text, self.pod, self.context)
        if self._read(text, text) != self.context.defaults[name] and name not in allow:
            if name == "volumes" and self._beyond_baseline():
                return ()
            lines += (self._profile("allow", [*self.context.profile.allow, name]),)
        return lines if self.pod.asked.get(name) == text else (*lines, f"{PREFIX}{name}: {inline(text)}")

    def _read(self, text: str, otherwise: Option) -> Option:
        assert self.feature.parse is not None
        try:
            return self.feature.parse(text)
        except BadValue:
            return otherwise

    def _beyond_baseline(self) -> bool:
        """Whether the policy would be refused if pods of this profile might choose volumes."""
        return not self.context.profile.namespaces and any(v.kind == "hostPath" for v in self.context.policy.volumes.values())

    def _features(self, value: Any) -> str:
        features = self.context.profile.features.model_dump(by_alias=True, exclude_defaults=True)
        return self._profile("features", {**features, self.feature.name: value})

    def _profile(self, key: str, value: Any) -> str:
        """A setting of the profile; all of the built-in one: writing any of it takes the place of the whole."""
        at, profile = f"profiles.{self.context.profile_name}", self.context.profile
        if profile == DEFAULT_PROFILE:
            return f"{at}: {flow({**profile.model_dump(by_alias=True, exclude_defaults=True), key: value})}"
        return f"{at}.{key}: {flow(value)}"


def _is_something(option: Option) -> bool:
    return bool(option) and option != "none"
