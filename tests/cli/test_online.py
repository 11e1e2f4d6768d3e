"""`richpod online` and `richpod offline`: what is said before any cluster is asked, and of what the launcher answers."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Ran, Run
from webhook.cli import online
from webhook.cluster import Cluster
from webhook.execution import Executed
from webhook.inpod.contract import LAUNCH, SIDECAR_CONTAINER

Json = dict[str, Any]


@pytest.mark.parametrize("verb", ["online", "offline"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deployment/web"], "deployment/web: only a pod can be switched: write pod/NAME"),
        (["shop/web"], "shop/web: only a pod can be switched: write pod/NAME"),
        (["pod/"], "pod/: '' is no name of a pod"),
        (["pod/.."], "pod/..: '..' is no name of a pod"),
        (["web?x"], "web?x: 'web?x' is no name of a pod"),
        (["Web"], "Web: 'Web' is no name of a pod"),
        ([], "the following arguments are required: POD"),
        (["web", "-n", "No Name"], "'No Name' is no name of a namespace"),
        (["web", "--context", "nowhere"], "no cluster to talk to"),
    ],
)
def test_what_is_no_pod_ends_with_2(richpod: Run, verb: str, words: list[str], said: str) -> None:
    ran = richpod(verb, *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


class Having(Cluster):
    """One with this pod alone."""

    def __init__(self, pod: Json) -> None:
        self._pod = pod

    def get(self, path: str) -> Json:
        return self._pod


def without_a_switch(verdicts: Json | None, owner: str = "ReplicaSet") -> Json:
    owners = [{"apiVersion": "v1", "kind": owner, "name": "web", "uid": "u", "controller": True}]
    annotations = {} if verdicts is None else {"richpod.io/status": json.dumps({"verdicts": verdicts})}
    metadata = {"namespace": "shop", "name": "web", "annotations": annotations, "ownerReferences": owners}
    return {"metadata": metadata, "spec": {"containers": [{"name": "main"}]}}


HOLD = "; to change, an annotation of the pod: richpod.io/online: hold"


@pytest.mark.parametrize(
    ("pod", "advised"),
    [
        (without_a_switch({"init": "applied"}), HOLD),
        (without_a_switch({"init": "adapted: conflict", "hooks": "applied"}), HOLD),
        (without_a_switch(None), ""),
        (without_a_switch({"lxcfs": "applied"}), ""),
        (without_a_switch({"init": "skipped: argv-unknown"}), ""),
        (without_a_switch({"init": "applied; skipped: argv-unknown"}), ""),
        (without_a_switch({"init": "applied", "hooks": "skipped: not-allowed"}), ""),
        (without_a_switch({"init": "applied", "hooks": "adapted: conflict"}), ""),
        (without_a_switch({"init": "applied"}, "Job"), ""),
    ],
)
def test_a_pod_without_a_switch_is_told_what_gives_it_one_where_that_would(
    richpod: Run, monkeypatch: pytest.MonkeyPatch, pod: Json, advised: str
) -> None:
    monkeypatch.setattr(online, "connect", lambda context: Having(pod))
    assert richpod("online", "web", "-n", "shop") == Ran(
        2,
        "",
        f"Pod shop/web has no switch: it has no hooks{advised}\n"
        "why it has not, and what else gives it one: richpod explain pod/web -n shop\n",
    )


class Answering(Cluster):
    """One with a pod that has a switch, and a launcher that answers so."""

    def __init__(self, ended: Executed) -> None:
        self._ended = ended

    def get(self, path: str) -> Json:
        main = {"name": "main", "command": [LAUNCH, "--state", "/.richpod-state/main", "--", "/app"]}
        return {
            "metadata": {"namespace": "shop", "name": "web"},
            "spec": {"containers": [main], "initContainers": [{"name": SIDECAR_CONTAINER}]},
            "status": {"containerStatuses": [{"name": "main", "state": {"running": {}}}]},
        }

    def execute(self, *what: object) -> Executed:
        return self._ended


@pytest.fixture(params=[0, 1])
def code(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """With which the launcher ends; what stands in its place may write anything anywhere."""
    ended = Executed(request.param, "a stranger\n", "richpod: a\x1b\nrichpod: b\n")
    monkeypatch.setattr(online, "connect", lambda context: Answering(ended))
    return ended.code


def test_what_the_launcher_says_is_for_people(richpod: Run, code: int) -> None:
    assert richpod("online", "web", "-n", "shop") == Ran(code, "", "richpod: a\N{REPLACEMENT CHARACTER}\nrichpod: b\n")


def test_what_the_launcher_says_is_in_the_record(richpod: Run, code: int) -> None:
    ran = richpod("offline", "pod/web", "-n", "shop", "-o", "json")
    assert (ran.code, ran.err) == (code, "")
    assert ran.lines == [
        {
            "object": {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web"},
            "container": "main",
            "verb": "offline",
            "exitCode": code,
            "said": ["richpod: a\x1b", "richpod: b"],
        }
    ]
