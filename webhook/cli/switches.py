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
from webhook.policy.contradictions import without_init

_OFF: dict[str, tuple[str | None, Any]] = {
    "init": ("none", "none"),
    "hooks": (None, {}),
    "services": ("", []),
    "debug": ("none", "none"),
    "lxcfs": ("false", False),
    "mirrors": ("", False),
    "runtime": ("", None),
    "volumes": ("", []),
    "authorize": ("none", []),
}
"""Feature to the annotation's text and the profile's value that ask for nothing; None where no annotation does."""


@dataclass(frozen=True)
class Switch:
    """Of one feature on one pod."""

    feature: Feature
    pod: Pod
    context: Context

    @property
    def asked(self) -> bool:
        return bool(self.keys)

    @property
    def keys(self) -> list[str]:
        """The feature's annotations that the pod has, without their prefix."""
        return [name for name in self.feature.annotations if name in self.pod.asked]

    @property
    def option(self) -> Option:
        """What all that can be read asks for together, whether it is allowed or not."""
        option = self.context.defaults[self.feature.name]
        for key in self.keys:
            option = self._read(key, self.pod.asked[key], option)
        return option

    @property
    def wanted(self) -> bool:
        """Whether somebody who may asks for it."""
        name = self.feature.name
        return _is_something(self.option if name in self.context.allow else self.context.defaults[name])

    @property
    def idle(self) -> bool:
        """Whether it treats containers, and the pod's annotation names none of the application's."""
        return self.feature.name in ("init", "lxcfs") and "containers" in self.pod.asked and not self.pod.treated

    def on(self) -> Lines:
        name = self.feature.name
        if not self.feature.annotations:
            defined = missing(name, "", self.pod, self.context)
            return defined if self.wanted else (*defined, self._features(True))
        lines = (f"remove {PREFIX}containers",) if self.idle else ()
        if self.wanted:
            return lines
        return (*lines, *self.choosing(next(iter(self.feature.annotations)), example(name, self.pod, self.context)))

    def off(self) -> Lines:
        name, profile = self.feature.name, self.context.profile
        text, value = _OFF.get(name, ("", None))
        named = name == "runtime" and self.pod.spec.get("runtimeClassName") is not None
        lines: Lines = ("remove runtimeClassName",) if named else ()
        may = name in self.context.allow and name not in profile.required
        if _is_something(self.context.defaults[name]) and may and text is not None:
            return (*lines, f"{PREFIX}{name}: {inline(text)}")
        lines += self.silence() if self.asked else ()
        if not _is_something(self.context.defaults[name]):
            return lines
        freed = (self._profile("required", []),) if name in profile.required else ()
        return (*lines, *freed, self._features(value))

    def silence(self) -> Lines:
        return tuple(f"remove {PREFIX}{key}" for key in self.keys)

    def correct(self) -> Lines:
        """So that each of the feature's annotations means something."""
        return tuple(f"remove {PREFIX}{key}" for key in self.keys if not self._means(key, self.pod.asked[key]))

    def choosing(self, key: str, text: str) -> Lines:
        """So that an annotation of the pod holds a text, and may; an example where the policy cannot let it hold that one."""
        name, allow = self.feature.name, self.context.allow
        if not attainable(name, text, self.pod, self.context):
            text = example(name, self.pod, self.context)
        lines = missing(name, text, self.pod, self.context)
        default = self.context.defaults[name]
        if name not in allow and not (self._means(key, text) and self._read(key, text, default) == default):
            if name == "volumes" and self._beyond_baseline():
                return ()
            lines += (self._profile("allow", [*self.context.profile.allow, name]),)
        return lines if self.pod.asked.get(key) == text else (*lines, f"{PREFIX}{key}: {inline(text)}")

    def _read(self, key: str, text: str, option: Option) -> Option:
        """The option with an annotation, or without one whose text means nothing."""
        return self.feature.combine(option, key, self.feature.annotations[key](text)) if self._means(key, text) else option

    def _means(self, key: str, text: str) -> bool:
        try:
            self.feature.annotations[key](text)
        except BadValue:
            return False
        return True

    def _beyond_baseline(self) -> bool:
        """Whether the policy would be refused if pods of this profile might choose volumes."""
        return not self.context.profile.namespaces and any(v.kind == "hostPath" for v in self.context.policy.volumes.values())

    def _features(self, value: Any) -> str:
        """The profile's, with this one's value; without those that a policy must not name where it has no init."""
        own = self.context.profile.features
        features = own.model_dump(by_alias=True, exclude_defaults=True)
        if self.feature.name == "init" and value == "none":
            lost = {found.path[0] for found in without_init(own)}
            features = {name: option for name, option in features.items() if name not in lost}
        return self._profile("features", {**features, self.feature.name: value})

    def _profile(self, key: str, value: Any) -> str:
        """A setting of the profile; all of the built-in one: writing any of it takes the place of the whole."""
        at, profile = f"profiles.{self.context.profile_name}", self.context.profile
        if profile == DEFAULT_PROFILE:
            return f"{at}: {flow({**profile.model_dump(by_alias=True, exclude_defaults=True), key: value})}"
        return f"{at}.{key}: {flow(value)}"


def _is_something(option: Option) -> bool:
    return bool(option) and option != "none"
