"""What a pod's annotations say of hooks and of the traffic switch, and how it goes with what the profile says."""

from typing import Any

import orjson

from webhook.errors import BadValue
from webhook.inpod.check_url import target
from webhook.nearest import closest
from webhook.policy.hooks import KINDS, Asked, Command
from webhook.policy.paths import is_file, is_own

LONGEST = 8 << 10
"""Characters of one annotation."""
MOST_WORDS = 100
"""Each is an operation of the patch."""


def _command(text: str) -> tuple[str, ...]:
    if len(text) > LONGEST:
        raise BadValue(f"never runs, is longer than {LONGEST} characters")
    if text.startswith("/") and any(blank in text for blank in " \t\n"):
        raise BadValue("never runs, a path alone has no arguments", orjson.dumps(text.split()).decode())
    words = _json(text) if text.startswith("[") else [text]
    if len(words) > MOST_WORDS:
        raise BadValue(f"never runs, has more than {MOST_WORDS} words")
    if not words or not all(type(word) is str and "\0" not in word for word in words) or not is_file(words[0]):
        raise BadValue("""never runs, write /PATH or '["/PATH","ARG"]'""")
    return tuple(words)


def _json(text: str) -> list[Any]:
    try:
        found = orjson.loads(text)
    except ValueError:
        return []
    return found if type(found) is list else []


def _url(text: str) -> str:
    try:
        target(text)
    except ValueError as error:
        raise BadValue(str(error)) from None
    return text


def _file(text: str) -> str:
    if not is_file(text):
        raise BadValue("write the absolute path of a file, for example /srv/www/online")
    if is_own(text):
        raise BadValue("is in richpod's own folder: write another, for example /srv/www/online")
    return text


def _hold(text: str) -> bool:
    if text not in ("auto", "hold"):
        raise BadValue("write auto or hold", closest(text[:10], ("auto", "hold")))
    return text == "hold"


ANNOTATIONS = {**dict.fromkeys(KINDS, _command), "check-url": _url, "online-file": _file, "online": _hold}
_FIELDS = {"check-url": "check_url", "online-file": "online_file", "online": "hold"}


def combine(asked: Asked, annotation: str, value: Any) -> Asked:
    """A pod's own hook comes after those of its profile; what there is one of takes the profile's place."""
    if annotation in KINDS:
        changed: dict[str, Any] = {annotation: (*getattr(asked, annotation), Command(value, asked.timeout))}
    else:
        changed = {_FIELDS[annotation]: value}
    return asked._replace(**changed)
