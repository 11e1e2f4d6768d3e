"""What a person may write to change a verdict, and where it is to be written, told by its key."""

from webhook.admission.annotations import ANNOTATIONS
from webhook.inpod.contract import PREFIX
from webhook.policy import Policy

_OF_THE_POD = frozenset(f"{PREFIX}{name}" for name in ANNOTATIONS)
_OF_THE_POLICY = frozenset(field.alias or name for name, field in Policy.model_fields.items())


def advice(fix: str) -> str:
    """The words of every line that says what to write."""
    return f"to change{where(fix)}: {fix}"


def where(fix: str) -> str:
    """`, in the policy` or `, an annotation of the pod`; nothing where the line itself says it."""
    key = fix.removeprefix("remove ").partition(":")[0]
    if key in _OF_THE_POD:
        return ", an annotation of the pod"
    return ", in the policy" if key.partition(".")[0] in _OF_THE_POLICY else ""
