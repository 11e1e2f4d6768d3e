"""Words of ours that stand where they mean nothing: opting in at the wrong place, in silence, is the field's oldest complaint."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.annotations import ANNOTATIONS, unknown_annotation
from webhook.admission.context import Context
from webhook.admission.entries import INJECT, PROFILE
from webhook.admission.pod import controller
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import Workload, template
from webhook.inpod.contract import PREFIX

Json = dict[str, Any]


class _Home(NamedTuple):
    noun: str
    holders: tuple[str, ...]

    def __str__(self) -> str:
        return f"{_ARTICLES[self.noun]} of {' and '.join(self.holders)}"


_ARTICLES = {"annotation": "an annotation", "label": "a label"}
_VERBS = {"annotation": "annotate", "label": "label"}
_HOMES = {
    INJECT: _Home("label", ("namespaces", "pods")),
    PROFILE: _Home("label", ("namespaces",)),
    **{f"{PREFIX}{name}": _Home("annotation", ("pods",)) for name in ANNOTATIONS},
}
"""Word to where it belongs."""


def misplaced(workload: Workload, context: Context | None) -> Iterator[Verdict]:
    """Of the pod and of what is around it; the pod's annotations are looked at with the pod.

    `context` is that of the entry which sees the pod; None where none does, or its profile is unknown.
    What a controller made, nobody wrote: a ReplicaSet has its labels from the template of its Deployment.
    """
    at = ".".join((*workload.path, "metadata"))
    labels = (template(workload).get("metadata") or {}).get("labels") or {}
    found = [wrong[2:] for wrong in _misplaced({"labels": labels}, "pods", at)]
    if (value := labels.get(INJECT, "true")) not in ("true", "false"):
        fix = f'{INJECT}: "{_meant(value)}" among the labels of the pod'
        found.append((f"the pod's label {INJECT} is neither true nor false", fix))
    if value == "false" and context is not None and context.profile.required:
        sentence = f"the pod's label {INJECT} does nothing here: profile {context.profile_name} is required"
        found.append((sentence, f"remove the label {INJECT} from the pod"))
    held = workload.object
    for key in () if controller(held.get("metadata") or {}) else workload.path:
        found += (wrong[2:] for wrong in _misplaced(held.get("metadata") or {}, f"a {workload.kind}", at))
        held = held[key]
    return (Verdict("pod", "skipped", "wrong-place", sentence, fix) for sentence, fix in found)


def misplaced_on_namespace(metadata: Json) -> Iterator[tuple[str, dict[str, str]]]:
    """Sentences about the annotations and labels of a Namespace, each with verbs of kubectl and what they are to do.

    KEY=VALUE writes, KEY- removes.
    """
    for noun, key, sentence, _ in _misplaced(metadata, "namespaces", ""):
        mended = {_VERBS[noun]: f"{key}-"}
        if noun == "annotation" and key in (INJECT, PROFILE):
            value = metadata["annotations"][key]
            mended["label"] = f"{key}={_meant(value) if key == INJECT else value}"
        yield sentence, mended
    if (value := (metadata.get("labels") or {}).get(INJECT, "true")) not in ("true", "false"):
        yield f'{INJECT} is "{value}": write "true" or "false"', {"label": f"{INJECT}={_meant(value)}"}


def _misplaced(metadata: Json, holder: str, pod: str) -> Iterator[tuple[str, str, str, str]]:
    """Of each word that does not belong here: what it is written as, itself, a sentence, and where to move it.

    `pod` is the path of the pod's metadata.
    """
    for noun in _ARTICLES:
        for key in metadata.get(f"{noun}s") or ():
            home = _HOMES.get(key)
            if home is not None and (noun != home.noun or holder not in home.holders):
                places = {"namespaces": "the Namespace's labels", "pods": f"{pod}.{home.noun}s"}
                wrong = f"of {holder}" if noun == home.noun else _ARTICLES[noun]
                sentence = f"{key} does nothing here: it is {home}, not {wrong}"
                yield noun, key, sentence, f"move it to {' or '.join(places[each] for each in home.holders)}"
            elif home is None and noun == "annotation" and (name := key.removeprefix(PREFIX)) not in (key, "status"):
                yield noun, key, unknown_annotation(name), f"move it to {pod}.annotations"


_NO = ("0", "disable", "disabled", "f", "false", "n", "never", "no", "none", "off")


def _meant(value: str) -> str:
    return "false" if value.strip().lower() in _NO else "true"
