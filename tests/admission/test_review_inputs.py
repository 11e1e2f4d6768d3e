"""What an answer depends on, and what changes nothing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.admission.rich import RICH, sent
from tests.reviews import context, pod, review
from webhook.admission.review import admit

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("metadata", "name"),
    [({"generateName": "web-"}, "web-"), ({"name": "web-0", "generateName": "web-"}, "web-0"), ({"generateName": None}, "")],
)
def test_r47_a_pod_without_a_name_is_called_by_its_generate_name(metadata: Json, name: str) -> None:
    assert admit(orjson.dumps(review(pod(**metadata))), context()).name == name


def test_r48_the_namespace_is_the_requests() -> None:
    found = admit(orjson.dumps(review(pod(namespace="kube-system"), namespace="shop")), context())
    assert (found.namespace, found.decision) == ("shop", "patched")
    assert admit(orjson.dumps(review(pod(namespace="shop"), namespace="kube-system")), context()).decision == "left-alone"


def test_r49_who_asks_changes_nothing() -> None:
    users = [{"username": "system:admin", "groups": ["system:masters"]}, {}, None, {"username": "mallory"}]
    assert len({admit(sent({"userInfo": user}), context(RICH)).body for user in users}) == 1


@pytest.mark.parametrize("annotations", [None, {"richpod.io/volumes": "dta"}])
def test_r53_a_dry_run_gets_the_same_answer(annotations: Json | None) -> None:
    bodies = {
        admit(orjson.dumps(review(pod(annotations=annotations), dryRun=dry_run)), context(RICH)).body
        for dry_run in (True, False, None)
    }
    assert len(bodies) == 1


PROGRAM = """
import sys
import orjson
from tests.reviews import context, review, pod
from tests.admission.rich import RICH
from webhook.admission.review import admit
annotations = {"richpod.io/volumes": "data,keys", "richpod.io/x": "1", "richpod.io/lxcsf": "1", "richpod.io/containers": "b,app"}
refused = pod(annotations={"richpod.io/volumes": "x"})
for sent in (pod(), pod(annotations=annotations), pod({"runtimeClassName": "evil"}), refused):
    sys.stdout.buffer.write(admit(orjson.dumps(review(sent)), context(RICH)).body + b"\\n")
"""


def test_r20_every_process_answers_with_the_same_bytes() -> None:
    """Nothing hangs on the order of a set, the clock or chance."""
    root = Path(__file__).parents[2]
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1", "2026")
    }
    assert len(answers) == 1
    assert answers.pop().count(b"\n") == 4
