"""The trunk: which pods are looked at, in which order, and that a feature happens whole or not at all."""

import string
import time
from copy import deepcopy
from random import Random
from typing import Any

import orjson
import pytest

from tests.reviews import answer, context, operations, patched, pod
from tests.strategies import FIXED_IP
from webhook import __version__
from webhook.admission import pipeline
from webhook.admission.context import Context
from webhook.admission.features import FEATURES, NAMES
from webhook.admission.features.feature import Feature
from webhook.admission.patch import ALLOWED
from webhook.admission.pipeline import mutate
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict
from webhook.errors import Refuse, Skip
from webhook.policy import Choice, Features, Level

Json = dict[str, Any]

ALPHABET = string.ascii_letters + string.digits + string.punctuation
sample = Random(1).sample
UNTOUCHED = {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True}


# --- pods that are left alone ---


@pytest.mark.parametrize(
    "namespace", ["kube-system", "kube-public", "kube-node-lease", "richpod-system", "richpod-lxcfs", "infra"]
)
def test_r45_excluded_namespaces_are_left_alone_even_when_selectors_are_wrong(namespace: str) -> None:
    assert answer(pod(), context({"excludedNamespaces": ["infra"]}), namespace=namespace) == UNTOUCHED


@pytest.mark.parametrize(
    "sent",
    [
        pod(annotations={"kubernetes.io/config.mirror": "0"}),
        pod(owner={"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u", "controller": True}),
    ],
)
def test_r44_mirror_pods_are_left_alone(sent: Json) -> None:
    assert answer(sent, context()) == UNTOUCHED


@pytest.mark.parametrize(
    "spec",
    [
        {"os": {"name": "windows"}},
        {"nodeSelector": {"kubernetes.io/os": "windows"}},
        {"nodeSelector": {"beta.kubernetes.io/os": "windows"}},
    ],
)
def test_r41_windows_pods_are_left_alone(spec: Json) -> None:
    assert answer(pod(spec), context()) == UNTOUCHED


def test_r46_richpods_own_pods_are_left_alone() -> None:
    assert answer(pod(labels={"richpod.io/component": "webhook"}), context()) == UNTOUCHED


def test_a_linux_pod_that_says_so_is_not_left_alone() -> None:
    assert "patch" in answer(pod({"os": {"name": "linux"}, "nodeSelector": {"kubernetes.io/os": "linux"}}), context())


def test_r3_a_pod_that_needs_nothing_is_not_touched() -> None:
    assert answer(pod(), context({"profiles": {"default": {}}})) == UNTOUCHED


# --- one feature, whole or not at all ---


def planted(monkeypatch: pytest.MonkeyPatch, apply: Any, **how: Any) -> None:
    """A feature between the others that records a little of everything, then ends as `apply` says."""

    def record(pod: Pod, option: Any, context: Context) -> list[Verdict]:
        pod.add_volumes([{"name": "planted", "emptyDir": {}}])
        for container in pod.app_containers:
            pod.add_mounts(container, [{"name": "planted", "mountPath": "/planted"}])
        pod.add_init_container_first({"name": "planted", "image": "x"})
        pod.annotate("example.com/planted", "yes")
        pod.patch.insert(pod.spec["containers"][0]["command"], "/spec/containers/0/command", ["/planted"])
        pod.patch.replace(pod.spec["containers"][0], "/spec/containers/0", "image", "planted:1")
        return list(apply())

    feature = Feature("planted", record, always=True, **how)
    monkeypatch.setattr(pipeline, "FEATURES", (*FEATURES[:3], feature, *FEATURES[3:]))
    monkeypatch.setattr(Context, "defaults", property(lambda self: {**dict.fromkeys(NAMES), "planted": None, "init": "launch"}))


def end(with_: Exception) -> Any:
    def raising() -> list[Verdict]:
        raise with_

    return raising


@pytest.mark.parametrize("annotations", [None, {}, {"example.com/own": "1"}])
def test_a_feature_that_skips_leaves_no_trace_but_its_verdict(monkeypatch: pytest.MonkeyPatch, annotations: Json | None) -> None:
    sent = pod(annotations=annotations)
    whole = deepcopy(sent)
    without = mutate(whole, "shop", context())
    planted(monkeypatch, end(Skip("why", "because")))
    with_it = deepcopy(sent)
    outcome = mutate(with_it, "shop", context())
    assert outcome.verdicts[0] == Verdict("planted", "skipped", "why", "because")
    assert outcome.operations[:-1] == without.operations[:-1]
    assert with_it["spec"] == whole["spec"]
    assert "example.com/planted" not in with_it["metadata"]["annotations"]


def test_a_feature_that_refuses_denies_the_pod_and_nothing_is_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, end(Refuse("why", "because", "do that", "spec.x")))
    sent = pod()
    touched = deepcopy(sent)
    assert mutate(touched, "shop", context()).operations == []
    assert touched == sent
    response = answer(sent, context())
    assert "patch" not in response
    assert response["status"]["details"]["causes"][0]["message"] == "richpod planted: because; to change: do that"


def test_a_vital_feature_that_skips_denies_the_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, end(Skip("why", "because")), vital=True)
    assert answer(pod(), context())["status"]["details"]["causes"][0]["field"] == "metadata.annotations[richpod.io/planted]"


@pytest.mark.parametrize("fault", [RuntimeError("bug"), KeyError("x"), RecursionError()])
def test_r9_a_fault_of_ours_is_no_answer_and_never_half_a_patch(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """It becomes HTTP 500 at the server's edge, and failurePolicy decides."""
    planted(monkeypatch, end(fault))
    with pytest.raises(type(fault)):
        answer(pod(), context())


# --- modes ---


def test_audit_says_all_and_changes_nothing() -> None:
    policy = {"profiles": {"default": {"mode": "audit", "features": {"init": "launch"}, "allow": ["volumes"]}}}
    response = answer(pod(), context(policy))
    assert "patch" not in response
    assert response["auditAnnotations"] == {"init": "applied"}
    refused = answer(pod(annotations={"richpod.io/volumes": "x"}), context(policy))
    assert refused["allowed"]
    assert refused["auditAnnotations"]["volumes"] == "refused: unknown-volume"
    assert refused["warnings"][0].startswith("richpod web-5c9-: audit only: volumes refused: ")


def test_on_conflict_refuse_turns_every_skip_into_a_denial() -> None:
    policy = {"profiles": {"default": {"onConflict": "refuse", "features": {"lxcfs": True}}}}
    assert not answer(pod({"hostPID": True}), context(policy))["allowed"]
    assert not answer(pod(annotations={"richpod.io/lxfs": "true"}), context(policy))["allowed"]
    assert answer(pod(), context(policy))["allowed"]


# --- annotations that are no feature ---


def test_an_unknown_annotation_is_said_with_the_nearest_name() -> None:
    response = answer(pod(annotations={"richpod.io/intt": "launch", "richpod.io/status": "x"}), context())
    assert response["warnings"] == [
        "richpod web-5c9-: the annotation richpod.io/intt is not known and does nothing; did you mean richpod.io/init?"
    ]
    assert "patch" in response


@pytest.mark.parametrize("key", ["richpod.io/inject", "richpod.io/profile"])
def test_a_label_among_the_annotations_is_said_to_be_one(key: str) -> None:
    response = answer(pod(annotations={key: "true"}), context())
    assert response["warnings"] == [f"richpod web-5c9-: {key} does nothing here: it is a label, not an annotation"]


def test_of_a_refused_pod_nothing_is_said_to_be_applied() -> None:
    policy = {"profiles": {"default": {"features": {"init": "launch"}, "allow": ["volumes"]}}}
    refused = mutate(pod(annotations={"richpod.io/volumes": "dta"}), "shop", context(policy))
    assert [(verdict.feature, verdict.outcome) for verdict in refused.verdicts] == [("volumes", "refused")]


def test_trap_23_the_containers_to_treat_are_named() -> None:
    containers = [{"name": name, "image": "a:1", "command": ["/a"]} for name in ("app", "web")]
    response = answer(pod({"containers": containers}, {"richpod.io/containers": "web, wbe"}), context())
    assert response["warnings"] == [
        "richpod web-5c9-: the annotation containers names wbe, which is not there; did you mean web?"
    ]
    assert [o["path"] for o in operations(response) if "command" in o["path"]] == [
        "/spec/containers/1/command/0",
        "/spec/containers/1/command/1",
    ]


def test_every_feature_that_a_pod_may_choose_is_in_the_policys_list() -> None:
    assert {feature.name for feature in FEATURES if feature.annotations} == set(Choice.__args__)  # type: ignore[attr-defined]
    assert set(NAMES) - {"fixed-ip"} == set(Features.model_fields)


@pytest.mark.parametrize(
    "annotations",
    [
        {f"richpod.io/x{i}": "" for i in range(20_000)},
        {"richpod.io/containers": ",".join(f"apq{i}" for i in range(20_000))},
        {"richpod.io/volumes": ",".join(f"apq{i}" for i in range(20_000))},
        {"richpod.io/fixed-ip": "198.51.100.7," * 20_000},
        {"richpod.io/commands": "[" * 200},
        {"richpod.io/containers": "".join(sample(ALPHABET * 1_000, 90_000))},
    ],
    ids=lambda annotations: next(iter(annotations)),
)
def test_what_is_said_of_a_pod_does_not_grow_with_what_it_asks(annotations: Json) -> None:
    """Annotations are not limited yet when we are asked: a pod's author must not keep the others waiting."""
    containers = [{"name": f"app{i}", "image": "a:1"} for i in range(999)]
    containers.append({"name": "".join(sample(ALPHABET * 1_000, 90_000)), "image": "a:1"})
    policy = {"fixedIP": FIXED_IP, "profiles": {"default": {"features": {"init": "launch"}, "allow": ["fixed-ip", "volumes"]}}}
    began = time.monotonic()
    response = answer(pod({"containers": containers}, annotations), context(policy))
    assert time.monotonic() - began < 3  # a name compared with every container took half a minute
    assert len(orjson.dumps(response)) < 4_000


# --- status ---


def status(after: Json) -> Json:
    found: Json = orjson.loads(after["metadata"]["annotations"]["richpod.io/status"])
    return found


def test_the_status_says_version_profile_policy_and_verdicts() -> None:
    entry = context({"profiles": {"default": {"features": {"init": "launch", "lxcfs": True}}}}, level="baseline")
    assert status(patched(pod(), entry)) == {
        "version": __version__,
        "profile": "default",
        "policy": entry.policy.hash,
        "verdicts": {"lxcfs": "skipped: conflict", "init": "applied"},
    }


def test_a_status_alone_is_never_a_reason_for_a_patch() -> None:
    assert "patch" not in answer(pod(annotations={"richpod.io/status": "forged"}), context({"profiles": {"default": {}}}))


def test_a_copied_status_is_replaced_with_the_truth() -> None:
    after = patched(pod(annotations={"richpod.io/status": "copied"}), context())
    assert status(after)["verdicts"] == {"init": "applied"}


def test_r21_the_status_is_left_out_where_it_would_burst_the_limit() -> None:
    sent = pod(annotations={"filler": "x" * (256 * 1024 - 20)})
    response = answer(sent, context())
    assert response["auditAnnotations"] == {"init": "applied", "pod": "skipped: annotations-full"}
    assert not [o for o in operations(response) if o["path"].startswith("/metadata")]


def test_r56_a_second_pass_writes_its_audit_under_keys_of_its_own() -> None:
    """The API server refuses another value for a key that the first pass has written."""
    after = patched(pod(), context())
    assert answer(after, context())["auditAnnotations"] == {"init-again": "applied"}


def test_the_list_of_what_may_be_replaced_is_complete_and_no_longer_than_it_must_be() -> None:
    """That nothing else is ever altered is a law; here every line of the list is needed by some feature."""
    profile = {"features": {"init": "launch", "hooks": {"poststop": ["/opt/tidy.sh"]}, "debug": "java", "mirrors": True}}
    spec = {
        "terminationGracePeriodSeconds": 30,
        "initContainers": [{"name": "i", "image": "i:1"}],
        "containers": [{"name": "app", "image": "a:1", "command": ["/a"], "livenessProbe": {"httpGet": {"port": 1}}}],
        "volumes": [{"name": "m", "image": {"reference": "m:1"}}],
    }
    sent = pod(spec, {"richpod.io/status": "copied"})
    response = answer(sent, context({"mirrors": {"docker.io/": "m.example/"}, "profiles": {"default": profile}}))
    replaced = [operation["path"] for operation in operations(response) if operation["op"] == "replace"]
    assert {pattern for pattern, _ in ALLOWED for path in replaced if pattern.fullmatch(path)} == {p for p, _ in ALLOWED}


# --- Pod Security, hostNetwork and the like change nothing they need not ---


@pytest.mark.parametrize("level", ["privileged", "baseline", "restricted"])
@pytest.mark.parametrize("spec", [{"hostNetwork": True}, {"hostPID": True}, {"hostUsers": False}])
def test_r42_no_port_and_no_host_field_is_ever_injected(level: Level, spec: Json) -> None:
    everything = {"profiles": {"default": {"features": {"init": "launch", "lxcfs": True, "mirrors": True}}}}
    sent = pod(spec)
    after = patched(sent, context(everything, level=level))
    assert not any("ports" in c for c in [*after["spec"]["containers"], *after["spec"].get("initContainers", [])])
    host = ("hostNetwork", "hostPID", "hostIPC", "hostUsers", "dnsPolicy")
    assert {k: after["spec"].get(k) for k in host} == {k: sent["spec"].get(k) for k in host}


def test_r43_a_containers_own_hooks_and_probes_stay() -> None:
    own = {"lifecycle": {"preStop": {"exec": {"command": ["/stop"]}}}, "livenessProbe": {"httpGet": {"port": 1}}}
    sent = pod({"containers": [{"name": "app", "image": "a:1", "command": ["/a"], **own}]})
    after = patched(sent, context())["spec"]["containers"][0]
    assert {key: after[key] for key in own} == own


@pytest.mark.parametrize("nobody", ["", " , "])
def test_whoever_has_no_container_treated_is_told(nobody: str) -> None:
    response = answer(pod(annotations={"richpod.io/containers": nobody}), context())
    assert response["warnings"] == ["richpod web-5c9-: the annotation containers names no container: nothing is treated"]
