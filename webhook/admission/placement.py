"""Words of ours that stand where they mean nothing: opting in at the wrong place, in silence, is the field's oldest complaint."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from webhook.admission.annotations import ANNOTATIONS, unknown_annotation
from webhook.admission.context import Context
from webhook.admission.entries import INJECT, PROFILE
from webhook.admission.pod import controller
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import Workload, template
from webhook.inpod.contract import AUTHORIZE_LABEL, AUTHORIZER_CONTAINER, PREFIX

Json = dict[str, Any]


class Misplaced(NamedTuple):
    """A word that means nothing where it stands, as an annotation or a label; `move` says where it does."""

    noun: str
    key: str
    sentence: str
    move: str


class _Home(NamedTuple):
    noun: str
    holders: tuple[str, ...]

    def __str__(self) -> str:
        return f"{_ARTICLES[self.noun]} of {' and '.join(self.holders)}"


_ARTICLES = {"annotation": "an annotation", "label": "a label"}
_HOMES = {
    INJECT: _Home("label", ("namespaces", "pods")),
    PROFILE: _Home("label", ("namespaces",)),
    **{f"{PREFIX}{name}": _Home("annotation", ("pods",)) for name in ANNOTATIONS},
}
"""Word to where it belongs."""


MOST = 10
"""Words that are told of: a body may hold a hundred thousand, and each is compared with all that are known."""


def misplaced(workload: Workload, context: Context | None) -> Iterator[Verdict]:
    """Of the pod and of what is around it; the pod's annotations are looked at with the pod.

    `context` is that of the entry which sees the pod; None where none does, or its profile is unknown.
    What a controller made, nobody wrote: a ReplicaSet has its labels from the template of its Deployment.
    """
    at = ".".join((*workload.path, "metadata"))
    labels = _written((template(workload).get("metadata") or {}).get("labels") or {}, template(workload).get("spec") or {})
    found = [(wrong.sentence, wrong.move) for wrong in islice(_misplaced({"labels": labels}, "pods", at), MOST)]
    if (value := labels.get(INJECT, "true")) not in ("true", "false"):
        fix = f'{INJECT}: "{meant(value)}" among the labels of the pod'
        treated = "" if context is None else ": the pod is treated"
        found.append((f'the pod\'s label {INJECT} is "{value}", neither true nor false{treated}', fix))
    if value == "false" and context is not None and context.profile.required:
        sentence = f"the pod's label {INJECT} does nothing here: profile {context.profile_name} is required"
        found.append((sentence, f"remove the label {INJECT} from the pod"))
    held = workload.object
    for key in () if controller(held.get("metadata") or {}) else workload.path:
        around = islice(_misplaced(held.get("metadata") or {}, f"a {workload.kind}", at), MOST)
        found += ((wrong.sentence, wrong.move) for wrong in around)
        held = held[key]
    return (Verdict("pod", "skipped", "wrong-place", sentence, fix) for sentence, fix in found)


def _written(labels: Json, spec: Json) -> Json:
    """Without the one that richpod writes into pods with an authorizer."""
    ours = any(raw.get("name") == AUTHORIZER_CONTAINER for raw in spec.get("initContainers") or ())
    return {key: value for key, value in labels.items() if key != AUTHORIZE_LABEL} if ours else labels


def misplaced_on_namespace(metadata: Json) -> Iterator[Misplaced]:
    """Annotations and labels of a Namespace, and the label that is no answer."""
    yield from _misplaced(metadata, "namespaces", "")
    if (value := (metadata.get("labels") or {}).get(INJECT, "true")) not in ("true", "false"):
        yield Misplaced("label", INJECT, f'{INJECT} is "{value}": write "true" or "false"', f'{INJECT}: "{meant(value)}"')


def _misplaced(metadata: Json, holder: str, pod: str) -> Iterator[Misplaced]:
    """Each word that does not belong here; `pod` is the path of the pod's metadata."""
    for noun in _ARTICLES:
        for key in metadata.get(f"{noun}s") or ():
            home = _HOMES.get(key)
            if home is not None and (noun != home.noun or holder not in home.holders):
                places = {"namespaces": "the Namespace's labels", "pods": f"{pod}.{home.noun}s"}
                wrong = f"of {holder}" if noun == home.noun else _ARTICLES[noun]
                sentence = f"{key} does nothing here: it is {home}, not {wrong}"
                move = f"move it to {' or '.join(places[each] for each in home.holders)}"
                yield Misplaced(noun, key, sentence, move)
            elif home is None and noun == "annotation" and (name := key.removeprefix(PREFIX)) not in (key, "status"):
                yield Misplaced(noun, key, unknown_annotation(name), f"move it to {pod}.annotations")


_NO = ("0", "disable", "disabled", "f", "false", "n", "never", "no", "none", "off")


def meant(value: str) -> str:
    return "false" if value.strip().lower() in _NO else "true"
