"""The command's door: one file of manifests in, every pod of it with what the command says, and with what the webhook needs."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from webhook.__main__ import main
from webhook.admission.context import Context
from webhook.cli.documents import files
from webhook.cli.preview import Circumstances, Preview, previews
from webhook.policy import Level
from webhook.policy.file import load

Json = dict[str, Any]

POLICY_FILE = Path(__file__).parent / "policy.yaml"
POLICY = load(str(POLICY_FILE))


class Entry(NamedTuple):
    """The webhook entry all pods come to, and the namespace of those whose manifest names none."""

    profile: str
    level: Level
    namespace: str


ENTRIES = (Entry("light", "privileged", "shop"), Entry("dumb", "baseline", "shop"), Entry("secure", "restricted", "payments"))


class Case(NamedTuple):
    """`said`: the line of `dry-run -o json`. `context`: of the entry that the API server would call, None where it calls none."""

    said: Json
    pod: Json
    namespace: str
    context: Context | None

    @property
    def patch(self) -> list[Json]:
        patch: list[Json] = self.said["patch"]
        return patch

    @property
    def refused(self) -> bool:
        return any(verdict["outcome"] == "refused" for verdict in self.said["verdicts"])


class Said(NamedTuple):
    code: int
    stdout: bytes
    stderr: str


def words(entry: Entry, *more: str) -> list[str]:
    """Arguments of a dry run."""
    chosen = ("--profile", entry.profile, "--pod-security", entry.level, "-n", entry.namespace)
    return ["dry-run", "--policy", str(POLICY_FILE), *chosen, *more]


def command(arguments: list[str]) -> Said:
    """The `richpod` command, in this process."""
    with (
        io.TextIOWrapper(io.BytesIO(), write_through=True) as out,
        io.TextIOWrapper(io.BytesIO(), write_through=True) as err,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main(arguments)
        sys.stdout.flush()
        return Said(code, out.buffer.getvalue(), err.buffer.getvalue().decode())


def pods(name: str, content: bytes, entry: Entry) -> list[Preview]:
    """Every pod of a file's content, as the API server would be asked to create it."""
    circumstances = Circumstances(POLICY, entry.namespace, {}, entry.profile, entry.level)
    return previews(files([(name, content.decode())]), circumstances)


@cache
def read(path: Path, entry: Entry) -> tuple[list[Case], str]:
    """The pods of a readable file, and "", or none and what the command says is wrong with the file."""
    said = command(words(entry, "-f", str(path), "-o", "json"))
    if said.code == 2:
        return [], said.stderr
    found = zip(said.stdout.splitlines(), pods(path.name, path.read_bytes(), entry), strict=True)
    return [Case(orjson.loads(line), plain(pod.pod), pod.namespace, pod.context) for line, pod in found], ""


def plain(pod: Json) -> Json:
    """A copy of its own, of JSON's types only."""
    copy: Json = orjson.loads(orjson.dumps(pod))
    return copy
