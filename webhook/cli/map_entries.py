"""What registries say of images, as the policy's `images.map` holds it."""

import json
from collections.abc import Mapping
from typing import Any

from webhook.images.choice import by_architecture
from webhook.images.program import Program, Programs

Json = dict[str, Any]


def entry(programs: Programs) -> Json:
    """What the policy reads as the same programs: one for all machines where they agree, else one for each architecture.

    Raises BadImage where variants of an architecture differ, which the policy does not tell apart.
    """
    found = by_architecture(programs)
    if len(set(found.values())) == 1:
        return _said(found.popitem()[1])
    return {"platforms": {architecture: _said(program) for architecture, program in found.items()}}


def _said(program: Program) -> Json:
    said = {
        "entrypoint": list(program.entrypoint),
        "cmd": list(program.cmd),
        "user": program.user,
        "workingDir": program.working_dir,
        "stopSignal": program.stop_signal,
    }
    return {key: value for key, value in said.items() if value}


def written(entries: Mapping[str, Json]) -> str:
    """JSON that is YAML, too: outside of the printable characters YAML would fold some and refuse others."""
    text = json.dumps(entries, indent=2, sort_keys=True, ensure_ascii=False)
    # JSON has a code for no character above; YAML takes them all as they are.
    return "".join(c if c.isprintable() or c == "\n" or c > "\uffff" else f"\\u{ord(c):04x}" for c in text) + "\n"
