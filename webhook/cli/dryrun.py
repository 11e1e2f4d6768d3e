"""`richpod dry-run`: what the webhook would do to manifests, as patches, JSON, YAML, a diff or a report.

The one importer of jsonpatch: YAML and diff show what the printed patch makes of the template, as the API server would apply it.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from webhook.admission.patch import Operation, escape
from webhook.cli import inputs
from webhook.cli.documents import Document, File
from webhook.cli.inputs import Inputs
from webhook.cli.preview import Preview
from webhook.cli.records import line, record
from webhook.cli.report import report, verdict_lines
from webhook.cli.terminal import Line, data, show, talk
from webhook.printable import one_line

Json = Any

EXAMPLES = """examples:
  %(prog)s -f examples/legacy-app/app.yaml --policy examples/legacy-app/policy.yaml
  %(prog)s -f examples/legacy-app --policy examples/legacy-app/policy.yaml -o diff
  %(prog)s -f - --policy examples/legacy-app/policy.yaml -o report < examples/legacy-app/app.yaml
  %(prog)s -f examples/legacy-app --policy examples/legacy-app/policy.yaml --strict -o json

exit status: 0 fine, 1 a pod was refused (--strict: or a feature skipped), 2 wrong usage or unreadable input
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    inputs.add_arguments(parser)
    parser.add_argument("--strict", action="store_true", help="exit with 1 if anything was skipped, too")
    parser.add_argument(
        "-o",
        "--output",
        choices=_FORMS,
        default="patch",
        help="patch (default): an RFC 6902 array for each changed pod, one per line; json: a line for each pod; "
        "yaml: the whole input, templates changed; diff: the same as a unified diff; report: for people",
    )


def run(arguments: argparse.Namespace) -> int:
    given = inputs.read(arguments)
    _FORMS[arguments.output](given)
    talk(Line(f"richpod: {note}") for note in given.notes)
    if arguments.output != "report":
        talk(said for preview in given.previews for said in verdict_lines(preview))
    return inputs.exit_code(given.previews, strict=arguments.strict)


def _patches(given: Inputs) -> None:
    data("".join(line(preview.outcome.operations) for preview in given.previews if preview.outcome.operations))


def _json(given: Inputs) -> None:
    data("".join(line(record(preview)) for preview in given.previews))


def _yaml(given: Inputs) -> None:
    """All files as one stream, with a `---` between two where there is none."""
    written: list[str] = []
    for file, texts in _changed_files(given):
        text = "".join(texts)
        if not written:
            written.append(file.bom)
        elif text:
            opening = "" if not written[-1] or written[-1].endswith("\n") else "\n"
            written.append(opening if text.startswith("---") else f"{opening}---\n")
        written.append(text)
    data("".join(written))


def _diff(given: Inputs) -> None:
    from webhook.cli.unified_diff import unified_diff

    lines: list[Line] = []
    for file, texts in _changed_files(given):
        pieces = zip((document.text for document in file.documents), texts, strict=True)
        for said in unified_diff(one_line(file.name, 4096), pieces):
            lines += (Line(part, _COLOURS.get(said[:1], "")) for part in said.split("\n"))
    show(lines, sys.stdout)


_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def _report(given: Inputs) -> None:
    show(report(given.previews), sys.stdout)


_FORMS = {"patch": _patches, "json": _json, "yaml": _yaml, "diff": _diff, "report": _report}


def _changed_files(given: Inputs) -> Iterator[tuple[File, list[str]]]:
    """Every file and the texts of its documents with the templates changed."""
    changes: dict[int, list[Preview]] = {}
    for preview in given.previews:
        if preview.outcome.operations:
            changes.setdefault(id(preview.document), []).append(preview)
    for file in given.files:
        yield file, [_changed(document, changes.get(id(document), []), given.notes) for document in file.documents]


def _changed(document: Document, changes: list[Preview], notes: list[str]) -> str:
    if not changes:
        return document.text
    from webhook.cli.yaml.edit import edited

    text, in_place = edited(document.text, patched(document.data, changes))
    if not in_place:
        notes.append(f"{document}: written anew, without its comments")
    return text


def patched(manifest: Json, changes: list[Preview]) -> Json:
    """A manifest in which every pod's patch was applied to its template."""
    from jsonpatch import apply_patch

    operations = []
    for preview in changes:
        held = manifest
        for part in preview.path:
            held = held[part]
        template = "".join(f"/{escape(str(part))}" for part in preview.path)
        if held.get("metadata") is None:
            # A pod has metadata even where its template has none.
            operations.append({"op": "add", "path": f"{template}/metadata", "value": {}})
        changed = [*_beside_claims(preview.outcome.operations, held, preview.pod)]
        operations += [{**operation, "path": template + operation["path"]} for operation in changed]
    return apply_patch(manifest, operations)


def _beside_claims(operations: list[Operation], held: Json, pod: Json) -> Iterator[Operation]:
    """A StatefulSet's controller puts volumes before those of the template: they are there while the patch counts on them."""
    written, volumes = held["spec"].get("volumes"), pod["spec"].get("volumes") or []
    count = len(volumes) - len(written or ())
    if not count or not any(operation["path"].startswith("/spec/volumes") for operation in operations):
        yield from operations
        return
    if written is None:
        yield {"op": "add", "path": "/spec/volumes", "value": []}
    yield from ({"op": "add", "path": f"/spec/volumes/{i}", "value": volumes[i]} for i in range(count))
    yield from operations
    yield from ({"op": "remove", "path": "/spec/volumes/0"} for _ in range(count))
