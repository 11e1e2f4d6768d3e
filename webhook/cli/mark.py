"""What richpod wrote on a pod when it changed it."""

import re
from typing import Any

import orjson

from webhook.inpod.contract import PREFIX

Json = dict[str, Any]


def status(metadata: Json) -> Json | None:
    """The annotation, read; None where there is nothing of that shape.

    Its author can write it, too, and must not give advice in our name.
    """
    try:
        found = orjson.loads((metadata.get("annotations") or {}).get(f"{PREFIX}status", ""))
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("verdicts"), dict):
        return None
    forms = [(_WORD, found.get(key, "")) for key in ("version", "profile", "policy")]
    forms += [
        (form, word) for verdict in found["verdicts"].items() for form, word in zip((_FEATURE, _BRIEFS), verdict, strict=True)
    ]
    return found if all(isinstance(word, str) and form.fullmatch(word) for form, word in forms) else None


_WORD, _FEATURE = re.compile("[A-Za-z0-9._+-]{0,64}"), re.compile("[a-z-]{1,32}")
_BRIEFS = re.compile("(?:(?:^|; )(?:applied|adapted|skipped|refused)(?:: [a-z0-9.:-]{1,80})?)+")
"""As `verdicts.summary` writes them."""
