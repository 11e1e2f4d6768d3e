"""Laws that hold for every pod, every policy and every Pod Security level."""

import re
from copy import deepcopy
from typing import Any

import jsonpatch
import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests import evanphx
from tests.additive import lost
from tests.in_tree import Cluster, Rejected, RuntimeClass, create, decoded
from tests.pod_security import violations
from tests.qos import qos_class
from tests.reviews import answer, context, operations, webhook
from tests.strategies import LEVEL, RUNTIMES, guaranteed_pods, pods, policies
from tests.valid_pod import problems
from webhook.admission.patch import ALLOWED
from webhook.admission.pipeline import mutate
from webhook.inpod.contract import AUTHORIZE_LABEL
from webhook.policy import Level, Policy

Json = dict[str, Any]

CLASSES = {r["class"]: RuntimeClass() for r in RUNTIMES.values()} | {
    "kata-qemu": RuntimeClass({"podFixed": {"cpu": "250m", "memory": "160Mi"}}, {"kata": "yes"}, ({"key": "kata"},)),
    "gvisor": RuntimeClass(None, {"sandbox": "gvisor"}),
}
CLUSTERS = st.sampled_from(
    [Cluster(CLASSES), Cluster(CLASSES, {"default": {"cpu": "1", "memory": "512Mi"}, "defaultRequest": {"cpu": "50m"}})]
)
TREATED_PODS = pods().map(decoded)


@given(TREATED_PODS, policies(), LEVEL)
def test_r24_twice_is_once(pod: Json, policy: Policy, level: Level) -> None:
    entry = context(policy, level=level)
    response = answer(pod, entry)
    again = answer(jsonpatch.apply_patch(pod, operations(response)), entry)
    assert again["allowed"] == response["allowed"]
    assert "patch" not in again


@given(TREATED_PODS, policies(), LEVEL, CLUSTERS)
def test_r25_trap_25_twice_with_the_in_tree_plug_ins_between_is_once(
    pod: Json, policy: Policy, level: Level, cluster: Cluster
) -> None:
    entry = context(policy, level=level)
    try:
        created = create(pod, [webhook(entry)], cluster)
    except Rejected:
        return
    once = answer(created, entry)
    assert once["allowed"]
    assert "patch" not in once


@given(TREATED_PODS, policies(), LEVEL)
def test_r16_a_patch_only_adds_and_replaces_what_is_allowed(pod: Json, policy: Policy, level: Level) -> None:
    document = pod
    for operation in operations(answer(pod, context(policy, level=level))):
        assert set(operation) == {"op", "path", "value"}
        assert operation["op"] in ("add", "replace")
        before = jsonpatch.JsonPointer(operation["path"]).resolve(document, None) if "/-" not in operation["path"] else None
        if operation["op"] == "replace":
            assert before is not None
            assert any(pattern.fullmatch(operation["path"]) for pattern, _ in ALLOWED)
        elif not operation["path"].rpartition("/")[2].isdigit():
            assert before is None
        document = jsonpatch.apply_patch(document, [operation])


@given(TREATED_PODS, policies(), LEVEL)
def test_trap_16_nothing_is_said_of_a_stop_signal_or_of_the_system(pod: Json, policy: Policy, level: Level) -> None:
    for operation in operations(answer(pod, context(policy, level=level))):
        assert not re.search(r"/spec/os\b|/stopSignal\b", operation["path"])
        assert '"stopSignal":' not in orjson.dumps(operation["value"]).decode()


@given(TREATED_PODS, policies(), LEVEL)
def test_r8_r15_all_that_was_there_stays(pod: Json, policy: Policy, level: Level) -> None:
    """Unknown fields at any level, argv, environment, lists and their order; only the values of ALLOWED may differ."""
    after = jsonpatch.apply_patch(pod, operations(answer(pod, context(policy, level=level))))
    assert list(lost(pod, after)) == []


@given(TREATED_PODS, policies(), LEVEL)
def test_trap_1_trap_2_argv_and_environment_are_kept_behind_what_is_inserted(pod: Json, policy: Policy, level: Level) -> None:
    after = jsonpatch.apply_patch(pod, operations(answer(pod, context(policy, level=level))))
    for section in ("initContainers", "containers"):
        treated = {container["name"]: container for container in after["spec"].get(section, [])}
        for container in pod["spec"].get(section, []):
            same = treated[container["name"]]
            assert [same.get(key) for key in ("env", "envFrom", "args", "workingDir")] == [
                container.get(key) for key in ("env", "envFrom", "args", "workingDir")
            ]
            if command := container.get("command"):
                assert same["command"][-len(command) :] == command
                inserted = same["command"][: -len(command)]
                assert not inserted or (inserted[0].startswith("/.richpod/bin/") and inserted[-1] == "--")


@given(pods(), policies(), LEVEL)
def test_r18_every_reader_of_the_patch_makes_the_same_pod_of_it(pod: Json, policy: Policy, level: Level) -> None:
    """Also of manifests as people write them, with nulls, empty lists and empty maps."""
    inside = deepcopy(pod)
    recorded = orjson.loads(orjson.dumps(mutate(inside, "shop", context(policy, level=level)).operations))
    strict: Json = jsonpatch.apply_patch(pod, recorded)
    assert strict == inside
    assert evanphx.apply(pod, recorded) == inside


@given(TREATED_PODS, policies(), LEVEL)
def test_r23_what_is_added_passes_validation(pod: Json, policy: Policy, level: Level) -> None:
    before = problems(pod)
    after = problems(jsonpatch.apply_patch(pod, operations(answer(pod, context(policy, level=level)))))
    assert [problem for problem in after if problem not in before] == []


@given(TREATED_PODS, policies(), LEVEL)
def test_r38_r39_pod_security_is_never_worse_than_the_entry_declares(pod: Json, policy: Policy, level: Level) -> None:
    before = violations(pod, level)
    after = violations(jsonpatch.apply_patch(pod, operations(answer(pod, context(policy, level=level)))), level)
    assert [violation for violation in after if violation not in before] == []


@given(guaranteed_pods().map(decoded), policies(), LEVEL, CLUSTERS)
def test_r35_a_guaranteed_pod_stays_guaranteed(pod: Json, policy: Policy, level: Level, cluster: Cluster) -> None:
    assert qos_class(pod) == "Guaranteed"
    try:
        created = create(pod, [webhook(context(policy, level=level))], cluster)
    except Rejected:
        return
    assert qos_class(created) == "Guaranteed"


@given(TREATED_PODS, policies(), LEVEL)
def test_r3_r4_patch_and_patch_type_come_together_or_not_at_all(pod: Json, policy: Policy, level: Level) -> None:
    response = answer(pod, context(policy, level=level))
    assert ("patch" in response) == ("patchType" in response)
    assert "patch" not in response or operations(response)


@given(TREATED_PODS, policies(), LEVEL)
def test_r20_the_same_pod_gets_the_same_bytes(pod: Json, policy: Policy, level: Level) -> None:
    same = Policy.model_validate(policy.effective())
    assert answer(pod, context(policy, level=level)) == answer(deepcopy(pod), context(same, level=level))


@given(TREATED_PODS, policies(), LEVEL)
def test_r19_metadata_is_left_alone_but_for_annotations_and_one_label(pod: Json, policy: Policy, level: Level) -> None:
    after: Json = jsonpatch.apply_patch(pod, operations(answer(pod, context(policy, level=level))))
    others = {k: v for k, v in (after["metadata"].pop("labels", None) or {}).items() if k != AUTHORIZE_LABEL}
    assert others == (pod["metadata"].pop("labels", None) or {})
    assert {k: v for k, v in after["metadata"].items() if k != "annotations"} == {
        k: v for k, v in pod["metadata"].items() if k != "annotations"
    }
    assert after.get("status") == pod.get("status")
    assert after["spec"].get("nodeName") == pod["spec"].get("nodeName")


@given(TREATED_PODS, policies(), LEVEL)
def test_a_pod_without_a_patch_is_not_touched_inside_either(pod: Json, policy: Policy, level: Level) -> None:
    before = orjson.dumps(pod)
    if not mutate(pod, "shop", context(policy, level=level)).operations:
        assert orjson.dumps(pod) == before


@given(TREATED_PODS, policies(), LEVEL)
def test_r55_warnings_are_few_short_and_printable(pod: Json, policy: Policy, level: Level) -> None:
    said = answer(pod, context(policy, level=level)).get("warnings", [])
    assert len(said) <= 10
    assert all(0 < len(line) <= 120 and line.isprintable() and not line.startswith("Warning:") for line in said)
