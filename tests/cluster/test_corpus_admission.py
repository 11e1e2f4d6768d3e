"""Every pod of the corpus before a real API server, with and without the webhook. All are dry runs: nothing is ever stored."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
import yaml

from webhook.admission.entries import ENFORCE, PROFILE
from webhook.admission.qos import qos_class
from webhook.admission.workloads import Workload
from webhook.policy import Level

from ..corpus.files import OWN, SHARED
from ..evanphx import apply
from .access import Cluster, Object
from .corpus_pods import corpus_workloads, named_objects, printed, sent
from .creation import Answer, create_all
from .injection import Served, calls, in_force
from .lifecycle import GVISOR
from .namespaces import namespaces
from .stored import comparable

pytestmark = pytest.mark.cluster

FLOORS = {SHARED: 414, OWN: 28}
"""Pods that Kubernetes 1.36 accepts without us. Fewer mean that the tests ask for less than they did."""
POLICY = Path(__file__).parents[1] / "corpus" / "policy.yaml"
QOS = ("BestEffort", "Burstable", "Guaranteed")


class Ground(NamedTuple):
    """Two namespaces of one Pod Security level: pods of `rich` are sent to the webhook, those of `plain` are not."""

    profile: str
    level: Level
    rich: str
    plain: str

    def __str__(self) -> str:
        return f"{self.profile}-{self.level}"


class Grounds(NamedTuple):
    server: Served
    policy: Path
    by_name: dict[str, Ground]


@dataclass(frozen=True)
class Trial:
    """All pods of the corpus on one ground, in the corpus' order."""

    ground: Ground
    pods: list[Object]
    without: list[Answer]
    answers: list[Answer]
    printed: list[Object | None]
    """What `richpod dry-run -o json` printed; None where it could not read the manifest."""
    decisions: Counter[str]
    """Of the calls for the pods that are accepted without us."""

    @property
    def accepted(self) -> dict[int, Object]:
        """What was printed for the pods that are accepted without us, by their number."""
        found = {i: record for i, record in enumerate(self.printed) if self.without[i].accepted}
        assert None not in found.values()
        return {i: record for i, record in found.items() if record is not None}


@pytest.fixture(scope="module")
def corpora() -> dict[Path, list[Workload]]:
    return {folder: list(corpus_workloads(folder)) for folder in FLOORS}


@pytest.fixture(scope="module")
def workloads(corpora: dict[Path, list[Workload]]) -> list[Workload]:
    return [workload for folder in corpora for workload in corpora[folder]]


@pytest.fixture(scope="module")
def grounds(api_server: Cluster, workloads: list[Workload], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    with ExitStack() as stack:
        make = stack.enter_context(namespaces(api_server))
        name = f"corpus-{uuid4().hex[:8]}"
        enforced: dict[Level, str] = {level: make({ENFORCE: level}) for level in ("privileged", "baseline", "restricted")}
        listed = make({"test-webhook": name})
        by_label: list[tuple[str, Level]] = [
            ("light", "privileged"),
            ("light", "baseline"),
            ("dumb", "privileged"),
            ("light", "restricted"),
        ]
        found = [Ground("secure", "privileged", listed, enforced["privileged"])]
        for profile, level in by_label:
            rich = make({"test-webhook": name, PROFILE: profile, ENFORCE: level})
            found.append(Ground(profile, level, rich, enforced[level]))
        policy = yaml.safe_load(POLICY.read_text())
        policy["profiles"]["secure"]["namespaces"] = [listed]
        text = yaml.safe_dump(policy)
        if api_server.layout is None:
            api_server.apply(GVISOR)
        everywhere = [*enforced.values(), *(ground.rich for ground in found)]
        stack.enter_context(named_objects(api_server, [sent(workload, "") for workload in workloads], everywhere))
        server = stack.enter_context(in_force(api_server, text, tmp_path_factory.mktemp("served"), name))
        policy_file = tmp_path_factory.mktemp("policy") / "policy.yaml"
        policy_file.write_text(text)
        yield Grounds(server, policy_file, {str(ground): ground for ground in found})


@pytest.fixture(scope="module")
def without(api_server: Cluster, grounds: Grounds, workloads: list[Workload]) -> dict[Level, list[Answer]]:
    """The API server's answers where nobody calls the webhook."""
    plain = {ground.level: ground.plain for ground in grounds.by_name.values()}
    return {level: create_all(api_server, [sent(w, namespace) for w in workloads]) for level, namespace in plain.items()}


@pytest.fixture(
    scope="module", params=["light-privileged", "dumb-privileged", "secure-privileged", "light-baseline", "light-restricted"]
)
def trial(
    request: pytest.FixtureRequest,
    api_server: Cluster,
    grounds: Grounds,
    workloads: list[Workload],
    without: dict[Level, list[Answer]],
) -> Trial:
    ground = grounds.by_name[request.param]
    pods = [sent(workload, ground.rich) for workload in workloads]
    bare = without[ground.level]
    answers: dict[int, Answer] = {}
    decisions: Counter[str] = Counter()
    for accepted in (True, False):
        group = [i for i, answer in enumerate(bare) if answer.accepted is accepted]
        answers |= zip(group, create_all(api_server, [pods[i] for i in group]), strict=True)
        if accepted:
            decisions.update(event["decision"] for event in calls(api_server, grounds.server, ground.rich))
    namespace = json.loads(api_server.kubectl("get", "namespace", ground.rich, "-o", "json"))
    records = printed(workloads, namespace, grounds.policy)
    return Trial(ground, pods, bare, [answers[i] for i in range(len(pods))], records, decisions)


@pytest.mark.parametrize("folder", FLOORS, ids=["shared", "own"])
def test_the_server_accepts_as_many_pods_without_us_as_before(
    folder: Path,
    corpora: dict[Path, list[Workload]],
    without: dict[Level, list[Answer]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not corpora[folder]:
        pytest.skip("this corpus is not beside the repository")
    shared = len(corpora[SHARED])
    answers = without["privileged"][:shared] if folder == SHARED else without["privileged"][shared:]
    accepted = sum(answer.accepted for answer in answers)
    with capsys.disabled():
        print(f"\n{folder.name}: {accepted} of {len(answers)} pods are accepted without the webhook")
    assert accepted >= FLOORS[folder]


def test_every_patch_is_accepted(trial: Trial) -> None:
    """A pod that is accepted without us is accepted, or the command says that we refuse it."""
    for i, record in trial.accepted.items():
        answer = trial.answers[i]
        assert answer.accepted is not refused(record), answer.body
        assert answer.accepted or refused_by_us(answer), answer.body


def test_a_pod_refused_without_us_is_refused_for_the_same_reason(trial: Trial) -> None:
    """Unless the command says that we refuse it, too: we are asked before the API server validates."""
    for before, after, record in zip(trial.without, trial.answers, trial.printed, strict=True):
        if not before.accepted:
            assert not after.accepted
            assert reason(after) == reason(before) or (record and refused(record) and refused_by_us(after))


def test_patched_pods_are_what_the_command_printed(api_server: Cluster, trial: Trial) -> None:
    """The printed patch, applied before the API server sees the pod, leads to the same object after the server's defaults."""
    patches = {i: record["patch"] for i, record in trial.accepted.items() if not refused(record)}
    pods = [apply(relocated(trial.pods[i], trial.ground.plain), patch) for i, patch in patches.items()]
    for i, expected in zip(patches, create_all(api_server, pods), strict=True):
        assert expected.accepted, expected.body
        assert comparable(trial.answers[i].body) == comparable(expected.body)


def test_a_second_call_changes_nothing(trial: Trial) -> None:
    """As many patches as changed pods, however often the API server calls."""
    changed = [record for record in trial.accepted.values() if record["patch"]]
    assert trial.decisions["patched"] == len(changed) > 0


def test_one_call_for_each_pod(trial: Trial) -> None:
    """Our containers cause no second call (requirement 31); a runtime class whose overhead arrives afterwards does."""
    called = [record for record in trial.accepted.values() if record["entry"]]
    twice = [record for record in called if any(o["path"] == "/spec/runtimeClassName" for o in record["patch"])]
    assert trial.decisions.total() == len(called) + len(twice)
    assert (trial.ground.profile == "secure") is bool(twice)


def test_no_pod_gets_a_worse_quality_of_service(trial: Trial) -> None:
    for before, after in zip(trial.without, trial.answers, strict=True):
        if after.accepted:
            was, now = (QOS.index(answer.body["status"]["qosClass"]) for answer in (before, after))
            assert now >= was
            assert qos_class(after.body["spec"]) == QOS[now]


def relocated(pod: Object, namespace: str) -> Object:
    return {**pod, "metadata": {**pod["metadata"], "namespace": namespace}}


def refused(record: Object) -> bool:
    return any(verdict["outcome"] == "refused" for verdict in record["verdicts"])


def refused_by_us(answer: Answer) -> bool:
    return re.match(r'admission webhook ".*\.richpod\.io" denied the request: .*: richpod ', answer.body["message"]) is not None


def reason(answer: Answer) -> list[str]:
    """Why the API server refused a pod, without what differs between two refusals of one pod: an inserted element shifts
    indexes, names are generated, namespaces are two."""
    causes = (answer.body.get("details") or {}).get("causes")
    said = [f"{cause.get('field')}: {cause['message']}" for cause in causes] if causes else [answer.body["message"]]
    return sorted(re.sub(r'\[\d+\]|^pods "[^"]*"|test-[0-9a-f]{8}', "*", sentence) for sentence in said)
