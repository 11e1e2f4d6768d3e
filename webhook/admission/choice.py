"""What a pod's annotations choose of a feature, as far as the profile lets pods choose and the text means something."""

from webhook.admission.context import Context
from webhook.admission.features.feature import Feature, Option
from webhook.admission.pod import Pod
from webhook.admission.verdicts import annotated
from webhook.errors import BadValue, Skip
from webhook.inpod.contract import PREFIX

LONGEST_QUOTED = 14
"""Characters of an annotation: what to write instead follows, and kubectl prints no long line."""


def chosen(feature: Feature, annotation: str, option: Option, pod: Pod, context: Context) -> Option:
    """The option that holds once one annotation of the pod has been read. Raises Skip."""
    text = pod.asked[annotation]
    try:
        found = feature.combine(option, annotation, feature.annotations[annotation](text))
    except BadValue as error:
        said = text if len(text) <= LONGEST_QUOTED else f"{text[: LONGEST_QUOTED - 1]}…"
        fix = annotated(annotation, error.meant) if error.meant else ""
        raise Skip("bad-value", f"{annotation} {error.place or repr(said)}: {error}", fix) from None
    needed = {feature.name, *(value for key, value in feature.permissions.items() if key == found)}
    if (found != option or annotation in feature.beside) and (missing := sorted(needed - context.allow)):
        sentence = f"profile {context.profile_name} does not let pods choose {missing[-1]}"
        allow = ", ".join((*context.profile.allow, *missing))
        fix = f"profiles.{context.profile_name}.allow: [{allow}]"
        # What a profile requires was decided by the administrator: the author's way is to ask for nothing.
        raise Skip("not-allowed", sentence, f"remove {PREFIX}{annotation}" if feature.name in context.profile.required else fix)
    return found
