"""What became of a live pod when it was created, told at 3 a.m.: whether it was changed, by whom, and if not, why not."""

import json
from typing import Any

import pytest

from webhook.admission.features import NAMES
from webhook.cli.documents import Document, File
from webhook.cli.history import Surroundings, created, not_judged_as_before, recorded
from webhook.cli.owners import Owner
from webhook.cli.preview import Circumstances, Preview, previews
from webhook.cli.trace import Gate
from webhook.policy import Policy
from webhook.policy.file import parse

Json = dict[str, Any]
POLICY = parse("{volumes: {}, profiles: {default: {features: {init: launch}, allow: [init, volumes]}}}")
AT, BEFORE, AFTER = "2026-01-01T12:00:00Z", "2026-01-01T11:00:00Z", "2026-01-01T13:00:00Z"
OWNER = Owner("apps/v1", "Deployment", "web")
INSTALLED = {"metadata": {"creationTimestamp": BEFORE}}


def pod(**annotations: str) -> Json:
    asked = {f"richpod.io/{key}": value for key, value in {"init": "launch", **annotations}.items()}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "creationTimestamp": AT, "annotations": asked},
        "spec": {"containers": [{"name": "web", "image": "web", "command": ["/web"]}]},
    }


def today(of: Json, policy: Policy = POLICY) -> Preview:
    documents = [Document("cluster", 1, 1, "", of)]
    (found,) = previews([File("cluster", "", documents)], Circumstances(policy, "shop", {"shop": {"richpod.io/inject": "true"}}))
    return found


def labelled(at: str) -> Json:
    """The Namespace, and when somebody wrote the label."""
    fields = {"f:metadata": {"f:labels": {"f:richpod.io/inject": {}}}}
    return {"metadata": {"managedFields": [{"manager": "kubectl-label", "time": at, "fieldsV1": fields}, {"manager": "x"}]}}


def told(of: Json, namespace: Json | None = None, configuration: Json | None = INSTALLED) -> Gate:
    return created(of, today(of), Surroundings(namespace, configuration, OWNER))


def test_a_pod_that_was_changed_says_by_what_and_how() -> None:
    status = {"version": "0.1.0", "profile": "web", "policy": "abc", "verdicts": {"init": "applied", "lxcfs": "skipped: level"}}
    gate = told(pod(status=json.dumps(status)))
    assert gate.result == "changed"
    assert gate.sentence == f"by richpod 0.1.0, profile web, policy abc (today's is {POLICY.hash})"
    assert gate.details == ("init: applied", "lxcfs: skipped: level")
    assert gate.fix == ()


def test_a_pod_of_todays_policy_says_so() -> None:
    gate = told(pod(status=json.dumps({"version": "1", "profile": "web", "policy": POLICY.hash, "verdicts": {}})))
    assert gate.sentence.endswith(f"policy {POLICY.hash} (today's)")


@pytest.mark.parametrize("status", ["", "{", "[]", '{"verdicts": []}'])
def test_an_annotation_that_is_none_of_ours_is_passed_over(status: str) -> None:
    assert told(pod(status=status)).result == "not changed"


def marked(**verdicts: str) -> Json:
    """Of today's policy."""
    return pod(status=json.dumps({"version": "1", "profile": "default", "policy": POLICY.hash, "verdicts": verdicts}))


def test_a_second_look_at_a_changed_pod_tells_what_the_first_one_said() -> None:
    held = marked(init="applied", volumes="skipped: path-taken")
    assert not_judged_as_before(held, today(held)) == ("volumes",)
    assert not_judged_as_before(pod(), today(pod())) == ()


def test_a_second_look_tells_nothing_of_what_another_policy_made_nor_of_a_pod_that_it_refuses() -> None:
    held = pod(status=json.dumps({"version": "1", "profile": "default", "policy": "another", "verdicts": {"init": "applied"}}))
    assert not_judged_as_before(held, today(held)) == NAMES
    refused = marked()
    refused["metadata"]["annotations"]["richpod.io/volumes"] = "nothing"
    assert not_judged_as_before(refused, today(refused)) == NAMES


def test_where_no_policy_is_known_the_mark_still_tells() -> None:
    gate = recorded(marked(init="applied"))
    assert (gate.result, gate.details) == ("changed", ("init: applied",))
    assert gate.sentence.endswith("(today's is not known)")
    assert recorded(pod())[:3] == ("created", "not changed", "whether a creation today would change it is not known")


def test_a_pod_that_is_only_audited_was_not_passed_over() -> None:
    """What audit would refuse happens to no pod: to restart it would change nothing."""
    policy = parse("{profiles: {default: {features: {lxcfs: true}, mode: audit, onConflict: refuse}}}")
    labels = {"richpod.io/inject": "true", "pod-security.kubernetes.io/enforce": "baseline"}
    held = pod()
    documents = [File("cluster", "", [Document("cluster", 1, 1, "", held)])]
    (preview,) = previews(documents, Circumstances(policy, "shop", {"shop": labels}))
    assert preview.outcome.refused
    gate = created(held, preview, Surroundings(None, INSTALLED, OWNER))
    assert (gate.result, gate.sentence, gate.fix) == ("not changed", "a creation today would not change it either", ())


def test_nobody_is_told_that_a_pod_lacks_nothing_where_only_a_registry_knows() -> None:
    held = pod()
    del held["spec"]["containers"][0]["command"]
    preview = today(held, parse("{images: {registries: {docker.io: {}}}}"))
    gate = created(held, preview, Surroundings(None, INSTALLED, OWNER))
    sentence = "whether a creation today would change it the webhook asks docker.io, and this command does not"
    assert (gate.result, gate.sentence) == ("not changed", sentence)


def test_a_pod_that_nobody_would_change() -> None:
    gate = told(pod(init="none"))
    assert (gate.result, gate.sentence, gate.fix) == ("not changed", "a creation today would not change it either", ())


@pytest.mark.parametrize(("asked", "would"), [({}, "change"), ({"volumes": "nothing"}, "refuse")])
def test_a_pod_that_was_passed_over_has_the_line_that_makes_it_anew(asked: dict[str, str], would: str) -> None:
    gate = told(pod(**asked))
    assert (gate.result, gate.sentence) == ("not changed", f"a creation today would {would} it")
    assert gate.fix == ("kubectl -n shop rollout restart deployment/web",)


def test_one_of_too_many_pods_that_was_passed_over_would_be_changed() -> None:
    template = pod(persist='[{"path": "/srv", "claim": "data", "single": true}]')
    spec = {"replicas": 3, "template": template}
    allowed = parse("profiles: {default: {allow: [init, persist]}}")
    preview = today({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}, allowed)
    assert preview.outcome.refused
    gate = created(template, preview, Surroundings(None, INSTALLED, OWNER))
    assert (gate.result, gate.sentence) == ("not changed", "a creation today would change it")


def test_one_that_is_older_than_the_configuration_was_never_sent() -> None:
    gate = told(pod(), configuration={"metadata": {"creationTimestamp": AFTER}})
    assert gate.details == (f"the pod was created at {AT}, the configuration richpod at {AFTER}",)


def test_one_that_is_older_than_the_label_may_have_been_passed_over() -> None:
    sentence = f"may be: the pod was created at {AT}, kubectl-label wrote labels of the namespace at {AFTER}"
    assert told(pod(), labelled(AFTER)).details == (sentence,)


@pytest.mark.parametrize(("namespace", "configuration"), [(labelled(BEFORE), INSTALLED), (None, None)])
def test_where_nothing_else_explains_it_the_webhook_may_have_been_away(
    namespace: Json | None, configuration: Json | None
) -> None:
    (reason,) = told(pod(), namespace, configuration).details
    assert reason == f"may be: the webhook was away at {AT}, which does not keep pods from being created"
