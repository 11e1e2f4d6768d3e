"""Who is asked in, and who is not: live namespaces, live pods, the whole installation between them."""

import json
from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest

from webhook.admission.entries import ENFORCE, INJECT, PROFILE
from webhook.policy import LEVELS

from .access import Cluster, Object
from .creation import Answer, create
from .installation import Installation
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import asking, policy, verdicts

pytestmark = pytest.mark.cluster

LISTED = f"test-listed-{uuid4().hex[:8]}"
EXCLUDED = f"test-excluded-{uuid4().hex[:8]}"
HOST = {"source": {"hostPath": {"path": "/var/log"}}, "mountPath": "/node/log", "readOnly": True}
PROFILES = {
    "bare": {},
    "caged": {"features": {"runtime": "gvisor", "init": "launch"}, "allow": ["runtime"]},
    "dumb": {"features": {"init": "dumb-init"}},
    "everything": {"features": {"init": "launch", "lxcfs": True, "volumes": ["scratch"]}, "allow": ["init", "lxcfs"]},
    "nodes": {"features": {"volumes": ["log"]}, "namespaces": [LISTED]},
    "strict": {"features": {"init": "launch", "lxcfs": True}, "onConflict": "refuse"},
    "watched": {"features": {"init": "launch"}, "mode": "audit"},
}
SCRATCH = {"source": {"emptyDir": {}}, "mountPath": "/scratch"}
RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def whole_policy() -> str:
    sections = json.loads(
        policy(
            runtimes={"gvisor": {"class": "gvisor"}},
            volumes={"log": HOST, "scratch": SCRATCH},
            excludedNamespaces=[EXCLUDED],
            podOptIn=True,
        )
    )
    sections["profiles"] |= {"default": {"features": {"init": "launch"}, "allow": ["init"]}, **PROFILES}
    return json.dumps(sections)


POLICY = whole_policy()


def answer(cluster: Cluster, namespace: str, labels: Mapping[str, str] | None = None, **security: object) -> Answer:
    whole = pod(namespace, "app:1", "/app")
    whole["metadata"] |= {"annotations": asking({"init": "launch"}), "labels": {"app": "subject", **(labels or {})}}
    if security:
        whole["spec"]["containers"][0]["securityContext"] = security
    return create(cluster, whole)


MATRIX: dict[str, tuple[dict[str, str], dict[str, str], bool]] = {
    "nothing asks": ({}, {}, False),
    "the namespace asks": ({INJECT: "true"}, {}, True),
    "the namespace asks for a profile": ({PROFILE: "everything"}, {}, True),
    "the namespace asks and does not want": ({INJECT: "false", PROFILE: "everything"}, {}, False),
    "a profile beats the default": ({INJECT: "true", PROFILE: "bare"}, {}, False),
    "the pod opts out": ({INJECT: "true"}, {INJECT: "false"}, False),
    "the pod opts out of a profile": ({PROFILE: "everything"}, {INJECT: "false"}, False),
    "the pod opts in": ({}, {INJECT: "true"}, True),
    "the pod opts in where the namespace does not want": ({INJECT: "false"}, {INJECT: "true"}, False),
}


@pytest.mark.parametrize("case", MATRIX)
def test_labels_of_namespace_and_pod(case: str, installation: Installation, namespace: Namespaces) -> None:
    of_namespace, of_pod, treated = MATRIX[case]
    found = answer(installation.cluster, namespace(of_namespace), of_pod)
    assert found.accepted
    assert bool(verdicts(found.body)) == treated


def test_an_unknown_profile_changes_nothing_and_says_which_are_known(installation: Installation, namespace: Namespaces) -> None:
    found = answer(installation.cluster, namespace({PROFILE: "evrything"}))
    assert found.accepted
    assert not verdicts(found.body)
    assert "asks for a profile that no label selects: NOT treated (known: bare, caged" in found.warnings[0]


def test_r75_a_label_alone_never_selects_a_profile_beyond_baseline(installation: Installation, namespace: Namespaces) -> None:
    found = answer(installation.cluster, namespace({PROFILE: "nodes"}))
    assert found.accepted
    assert all("hostPath" not in volume for volume in found.body["spec"]["volumes"])
    assert any("no label selects" in warning for warning in found.warnings)


@pytest.fixture
def named(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace that the policy names."""
    name, labels = request.param
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    until("its account", lambda: cluster.kubectl("-n", name, "get", "serviceaccount/default"))
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize("named", [(LISTED, {})], indirect=True)
def test_a_namespace_that_is_listed_needs_no_label(installation: Installation, named: str) -> None:
    found = answer(installation.cluster, named)
    assert verdicts(found.body) == {"volumes": "applied", "init": "skipped: not-allowed"}


@pytest.mark.parametrize("named", [(EXCLUDED, {INJECT: "true", PROFILE: "everything"})], indirect=True)
def test_r45_an_excluded_namespace_beats_every_label(installation: Installation, named: str) -> None:
    found = answer(installation.cluster, named, {INJECT: "true"})
    assert found.accepted
    assert not verdicts(found.body)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("profile", ["default", *(name for name, profile in PROFILES.items() if "namespaces" not in profile)])
def test_a_profile_in_a_namespace_of_each_level(
    profile: str, level: str, installation: Installation, namespace: Namespaces
) -> None:
    """What its author wrote is admitted or refused as it is without richpod; unless the profile itself is strict, and says so."""
    ours, theirs = namespace({PROFILE: profile, ENFORCE: level}), namespace({ENFORCE: level})
    fitting = answer(installation.cluster, ours, **RESTRICTED)
    if profile == "strict" and level != "privileged":
        assert fitting.status == 422
        assert "richpod lxcfs:" in fitting.body["message"]
        return
    assert fitting.accepted, fitting.body["message"]
    loose, alone = answer(installation.cluster, ours), answer(installation.cluster, theirs)
    assert (loose.status, _complaints(loose.body)) == (alone.status, _complaints(alone.body))


def _complaints(body: Object) -> str:
    """Pod Security's, of the author's container alone."""
    message = str(body.get("message", ""))
    assert "richpod" not in message
    return message
