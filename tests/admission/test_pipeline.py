"""The trunk: which pods are looked at, in which order, and that a feature happens whole or not at all."""

from copy import deepcopy
from typing import Any

import pytest

from tests.reviews import answer, context, patched, pod
from webhook.admission import pipeline
from webhook.admission.context import Context
from webhook.admission.features import FEATURES, NAMES
from webhook.admission.features.feature import Feature
from webhook.admission.pipeline import mutate
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict
from webhook.errors import Refuse, Skip
from webhook.policy import Level

Json = dict[str, Any]


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
