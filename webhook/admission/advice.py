"""Where a line of advice is to be written, told by its key."""

import re

from webhook.inpod.contract import PREFIX
from webhook.policy import Policy

_OF_THE_POLICY = frozenset(field.alias or name for name, field in Policy.model_fields.items())
_ANNOTATION = re.compile(rf"(remove )?{re.escape(PREFIX)}[a-z-]+(: .*)?")


def where(fix: str) -> str:
    """`, in the policy` or `, an annotation of the pod`; nothing where the line itself says it."""
    if re.split("[.:]", fix, maxsplit=1)[0] in _OF_THE_POLICY:
        return ", in the policy"
    return ", an annotation of the pod" if _ANNOTATION.fullmatch(fix) and " among " not in fix else ""
