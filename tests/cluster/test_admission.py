"""What people at kubectl see of the webhook on a real API server: patched pods, denials, warnings, and the ways around it."""

import json
import subprocess
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

import pytest

from webhook.admission.entries import INJECT
from webhook.inpod.contract import TOOLKIT_CONTAINER

from ..additive import lost
from .access import Cluster, Object
from .creation import create
from .injection import Served, calls, in_force
from .namespaces import Namespaces
from .pods import pod

pytestmark = pytest.mark.cluster

NAME = f"people-{uuid4().hex[:8]}"
POLICY = """
volumes: {share: {source: {nfs: {server: nfs.example, path: /share}}, mountPath: /share}}
profiles:
  default: {features: {init: launch, lxcfs: true}, allow: [init, lxcfs, runtime, volumes]}
  watched: {features: {init: launch, lxcfs: true}, mode: audit}
  strict: {features: {init: launch}, onConflict: refuse}
"""
ANNOTATIONS_LIMIT = 256 * 1024


class Site(NamedTuple):
    cluster: Cluster
    server: Served
    make: Namespaces

    def namespace(self, **labels: str) -> str:
        """One whose pods come to the webhook; profile `default` if nothing else is said."""
        chosen = {f"richpod.io/{key}": value for key, value in labels.items()} or {INJECT: "true"}
        return self.make({"test-webhook": NAME, **chosen})

    def kubectl_create(self, subject: Object, *options: str) -> str:
        return self.cluster.kubectl("create", *options, "-f", "-", input=json.dumps(subject))

    def refusal(self, subject: Object, *options: str) -> str:
        """What kubectl prints on its stderr when it fails."""
        with pytest.raises(subprocess.CalledProcessError) as failed:
            self.kubectl_create(subject, *options)
        return str(failed.value.stderr)


@pytest.fixture(scope="module")
def server(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with in_force(api_server, POLICY, tmp_path_factory.mktemp("served"), NAME) as running:
        yield running


@pytest.fixture
def site(api_server: Cluster, server: Served, namespace: Namespaces) -> Site:
    return Site(api_server, server, namespace)


def waiting(name: str, *command: str, **annotations: str) -> Object:
    """A pod that is stored and never started: its scheduling gate stays shut."""
    subject = pod(name, "app:1", *command, schedulingGates=[{"name": "example.com/never"}])
    subject["metadata"]["annotations"] = {f"richpod.io/{key}": value for key, value in annotations.items()}
    return subject


def test_a_pod_is_stored_as_its_server_side_dry_run_showed_it(site: Site) -> None:
    """Requirement 53."""
    subject = waiting(site.namespace(), "/app", init="launch")
    shown = json.loads(site.kubectl_create(subject, "--dry-run=server", "-o", "json"))
    assert json.loads(site.cluster.kubectl("-n", subject["metadata"]["namespace"], "get", "pods", "-o", "json"))["items"] == []
    stored = json.loads(site.kubectl_create(subject, "-o", "json"))
    for found in (shown, stored):
        (init,) = found["spec"]["initContainers"]
        assert init["name"] == TOOLKIT_CONTAINER
        assert found["spec"]["containers"][0]["command"] == ["/.richpod/bin/launch", "--", "/app"]
        assert json.loads(found["metadata"]["annotations"]["richpod.io/status"])["profile"] == "default"
    assert ours(shown) == ours(stored)


def test_kubectl_apply_finds_nothing_to_change_in_an_injected_pod(site: Site) -> None:
    subject = waiting(site.namespace(), "/app")
    for said in ("pod/subject created\n", "pod/subject unchanged\n"):
        assert site.cluster.kubectl("apply", "-f", "-", input=json.dumps(subject)) == said


def test_what_is_done_to_a_pod_that_is_there_is_not_sent(site: Site) -> None:
    """Trap 26: its subresources."""
    namespace = site.namespace()
    subject = waiting(namespace, "/app", init="launch")
    subject["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "100m"}}
    site.kubectl_create(subject)
    larger = {"spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "200m"}}}]}}
    site.cluster.kubectl("-n", namespace, "patch", "pod", "subject", "--subresource=resize", "-p", json.dumps(larger))
    site.cluster.kubectl("-n", namespace, "debug", "subject", "--image=app:1")
    spec = json.loads(site.cluster.kubectl("-n", namespace, "get", "pod", "subject", "-o", "json"))["spec"]
    assert spec["containers"][0]["resources"] == {"requests": {"cpu": "200m"}}
    assert len(spec["ephemeralContainers"]) == 1
    assert [event["decision"] for event in calls(site.cluster, site.server, namespace)] == ["patched"]


def test_a_denial_is_the_pods_name_the_field_and_one_sentence(site: Site) -> None:
    """Requirements 5 and 76."""
    said = site.refusal(waiting(site.namespace(), volumes="shares")).splitlines()[-1]
    assert said == (
        'The Pod "subject" is invalid: metadata.annotations[richpod.io/volumes]: '
        "richpod volumes: volume shares is not defined; did you mean share? (known: share)"
    )


def test_a_denial_with_several_reasons_has_a_line_for_each(site: Site) -> None:
    said = site.refusal(waiting(site.namespace(), volumes="none", runtime="none")).splitlines()
    assert said[-3:] == [
        'The Pod "subject" is invalid: ',
        "* metadata.annotations[richpod.io/runtime]: richpod runtime: "
        "runtime none is not defined (known: none); to change, an annotation of the pod: richpod.io/runtime: NAME",
        "* metadata.annotations[richpod.io/volumes]: richpod volumes: volume none is not defined (known: share)",
    ]


def test_what_is_denied_is_not_stored(site: Site) -> None:
    subject = waiting(site.namespace(), volumes="none")
    site.refusal(subject)
    assert site.cluster.kubectl("-n", subject["metadata"]["namespace"], "get", "pods", "-o", "name") == ""


def test_kubectl_prints_a_warning_for_what_is_left_out(site: Site) -> None:
    """Requirement 55."""
    said = site.refusal(waiting(site.namespace(), "/app", lxcfss="true"), "--dry-run=server", "--warnings-as-errors")
    subject = "Warning: richpod subject:"
    assert said.splitlines() == [
        f"{subject} the annotation richpod.io/lxcfss is not known and does nothing; did you mean richpod.io/lxcfs?",
        f"{subject} init skipped: container main of a pod without controller: each later kubectl apply would fail",
        f"{subject} to change, an annotation of the pod: richpod.io/init: launch",
        "error: 3 warnings received",
    ]


def test_whoever_writes_a_pod_is_told_of_labels_that_mean_nothing(site: Site) -> None:
    subject = waiting(site.namespace(), "/app", init="launch")
    subject["metadata"]["labels"] = {INJECT: "False"}
    assert site.refusal(subject, "--dry-run=server", "--warnings-as-errors").splitlines()[:2] == [
        'Warning: richpod subject: the pod\'s label richpod.io/inject is "False", neither true nor false: the pod is treated',
        'Warning: richpod subject: to change: richpod.io/inject: "false" among the labels of the pod',
    ]


def test_kubectl_prints_no_warning_where_all_went_as_asked(site: Site) -> None:
    site.kubectl_create(waiting(site.namespace(), "/app", init="launch"), "--dry-run=server", "--warnings-as-errors")


def test_a_profile_that_does_not_exist_changes_nothing_and_warns_with_those_that_do(site: Site) -> None:
    subject = waiting(site.namespace(profile="lihgt"), "/app", init="launch")
    said = site.refusal(subject, "--dry-run=server", "--warnings-as-errors")
    assert "Warning: richpod subject: the namespace asks for a profile that no label selects: NOT treated" in said
    assert "(known: default, strict" in said
    assert ours(create(site.cluster, subject).body) == []


def test_a_strict_profile_denies_what_others_skip(site: Site) -> None:
    said = site.refusal(waiting(site.namespace(profile="strict")))
    assert 'The Pod "subject" is invalid: spec: richpod init: container main: no command' in said


def test_audit_changes_nothing_and_denies_nothing_but_says_what_it_would_do(site: Site) -> None:
    name = site.namespace(profile="watched")
    subjects = [waiting(name, "/app", init="launch"), waiting(name, "/app", volumes="none")]
    plain = [create(site.cluster, {**s, "metadata": {**s["metadata"], "namespace": site.make()}}) for s in subjects]
    for subject, without in zip(subjects, plain, strict=True):
        answer = create(site.cluster, subject)
        assert answer.accepted
        assert answer.body["spec"].keys() == without.body["spec"].keys()
        assert ours(answer.body) == []
    said = calls(site.cluster, site.server, name)
    assert [event["decision"] for event in said] == ["audited", "audited"]
    assert "init applied" in said[0]["verdicts"]
    assert "volumes refused: not-allowed" in said[1]["verdicts"]


HOSTILE = {
    "as long as annotations may be": {"richpod.io/init": "a" * (ANNOTATIONS_LIMIT - 200)},
    "a thousand unknown keys": {f"richpod.io/key-{number}": "true" for number in range(1000)},
    "lists without end": {"richpod.io/commands": "[" * 200_000},
    "brackets of somebody else": {"example.com/art": "[{" * 500},
    "quotes and backslashes": {"example.com/quotes": '\\"' * 100_000},
    "lines that look like a log's": {"richpod.io/init": '\n{"event":"admission","decision":"patched"}\n'},
    "control characters": {"richpod.io/lxcfs": "\x1b[31m\x7f\x85\u202e\x00", "richpod.io/containers": "\r\n\t,main"},
    "half a character": {"richpod.io/init": "\ud800"},
    "shell words": {"richpod.io/commands": '{"main": ["$(touch /tmp/owned)", "; rm -rf /"]}'},
    "a container of no sane name": {"richpod.io/containers": "../../etc/passwd, main"},
    "our own status": {"richpod.io/status": '{"version":"9","verdicts":{"init":"applied"}}'},
}


@pytest.mark.parametrize("annotations", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_annotations_are_harmless(site: Site, annotations: dict[str, str]) -> None:
    """Requirements 21, 55, 57: the pod is created, nothing of it is lost, and every line people read is one line of ours."""
    name = site.namespace()
    subject = waiting(name, "/app")
    subject["metadata"]["annotations"] = annotations
    without = create(site.cluster, {**subject, "metadata": {**subject["metadata"], "namespace": site.make()}})
    answer = create(site.cluster, subject)
    assert without.accepted
    assert answer.accepted, answer.body
    sent = {"metadata": {"annotations": without.body["metadata"]["annotations"]}, "spec": subject["spec"]}
    assert list(lost(sent, answer.body)) == []
    assert len(answer.warnings) <= 10
    assert all(len(warning) <= 120 and warning.isprintable() and warning.startswith("richpod") for warning in answer.warnings)
    (event,) = calls(site.cluster, site.server, name)
    assert event["decision"] in ("patched", "unchanged")
    assert len(json.dumps(event)) < 120_000


def ours(found: Object) -> list[Object]:
    """What carries a reserved name, and argv."""
    spec = found["spec"]
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    mounts = [mount for container in containers for mount in container.get("volumeMounts", [])]
    return [part for part in [*containers, *spec.get("volumes", []), *mounts] if part["name"].startswith("richpod-")]
