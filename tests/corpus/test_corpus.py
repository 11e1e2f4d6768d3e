"""Every manifest through both doors; and the real command once over all of them."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.corpus.doors import ENTRIES, POLICY, Entry, read, words
from tests.corpus.files import OWN, PAGE, ROOT, SHARED, every, malformed, manifests, name
from tests.corpus.outcomes import of_file, page
from tests.corpus.run import run
from tests.reviews import answer, context
from webhook.admission.workloads import pod, workloads
from webhook.errors import BadReview

CORPORA = [folder for folder in (OWN, SHARED) if folder.is_dir()]
FILES = [path for folder in CORPORA for path in manifests(folder)]
DUMB = ENTRIES[1]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_pod_keeps_every_promise(path: Path) -> None:
    assert [problem for entry in ENTRIES for problem in run(path, entry)[0]] == []


@pytest.mark.parametrize("path", [path for folder in CORPORA for path in malformed(folder)], ids=name)
def test_a_file_that_is_no_yaml_is_named_with_its_line(path: Path) -> None:
    cases, said = read(path, DUMB)
    assert cases == []
    assert re.match(rf"{re.escape(str(path))}:[1-9][0-9]*: document [0-9]+: not YAML: ", said)


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_the_command_prints_the_patches_of_a_whole_corpus_in_order(folder: Path) -> None:
    readings = {path: read(path, DUMB) for path in manifests(folder)}
    readable = {path: cases for path, (cases, unreadable) in readings.items() if not unreadable}
    said = _richpod(words(DUMB, *(word for path in readable for word in ("-f", str(path)))))
    every = [case for cases in readable.values() for case in cases]
    assert [orjson.loads(line) for line in said.stdout.splitlines()] == [case.patch for case in every if case.patch]
    assert said.returncode == int(any(case.refused for case in every)), said.stderr.decode()


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_the_command_names_every_unreadable_file_of_a_folder_and_prints_nothing(folder: Path) -> None:
    said = _richpod(words(DUMB, "-f", str(folder)))
    unreadable = {str(path) for path in manifests(folder) if read(path, DUMB)[1]}
    named = {line.partition(":")[0] for line in said.stderr.decode().splitlines()}
    assert {str(path) for path in malformed(folder)} <= named <= {str(path) for path in malformed(folder)} | unreadable


@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_r6_what_is_not_shaped_like_a_pod_is_answered_or_called_a_bad_request(folder: Path) -> None:
    """The command reads no such file; the API server sends no such pod, a stranger might."""
    documents = [d for path in manifests(folder) if read(path, DUMB)[1] for d in yaml.safe_load_all(path.read_bytes())]
    misshapen = [pod(workload, "shop") for document in documents for workload in workloads(document)]
    assert misshapen
    statuses = {_status(pod, entry) for pod in misshapen for entry in ENTRIES}
    assert statuses <= {200, 400}


def test_the_page_is_up_to_date() -> None:
    if not SHARED.is_dir():
        pytest.skip("the manifests of others are not beside this repository")
    counted = {entry.profile: sum((of_file(*read(path, entry)) for path in every(SHARED)), Counter()) for entry in ENTRIES}
    assert PAGE.read_text() == page(counted), "run `make corpus`"


def _status(pod: Any, entry: Entry) -> int:
    try:
        answer(pod, context(POLICY, entry.profile, entry.level))
    except BadReview as error:
        return error.status
    return 200


def _richpod(arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "webhook", *arguments], cwd=ROOT, capture_output=True, check=False)
