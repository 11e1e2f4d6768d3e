"""What is said about a workload before there is a pod: never a patch, never a denial, and the words of `dry-run`."""

from pathlib import Path
from typing import Any

import pytest

from tests.admission.previewed import FIXED, TYPO, body, group, response, template, told, workload
from tests.corpus.doors import ENTRIES, POLICY, Entry, pods
from tests.corpus.files import OWN, SHARED, manifests
from tests.reviews import context
from tests.running import Running
from webhook.admission.preview import preview, preview_unknown_profile
from webhook.admission.preview_entries import KINDS
from webhook.cli.documents import files
from webhook.cli.preview import Preview
from webhook.cli.problems import refuse_problems
from webhook.errors import BadInput
from webhook.policy import Policy

Json = dict[str, Any]


@pytest.mark.parametrize("kind", [kind for kinds in KINDS.values() for kind in kinds])
@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
def test_a_typo_in_the_template_is_said_with_the_right_word(kind: str, operation: str) -> None:
    assert told(workload(template({"richpod.io/intt": "launch"}), kind), kind=kind, operation=operation) == [TYPO]


def test_an_annotation_on_the_workload_itself_is_said() -> None:
    manifest = workload(template())
    manifest["metadata"]["annotations"] = {"richpod.io/lxcfs": "true"}
    assert told(manifest) == [
        "richpod web: richpod.io/lxcfs does nothing here: it is an annotation of pods, not of a Deployment",
        "richpod web: to change: move it to spec.template.metadata.annotations",
    ]


def test_more_replicas_than_fixed_addresses_are_said() -> None:
    held = template({"richpod.io/fixed-ip": "198.51.100.1"})
    assert told(workload(held, replicas=2, strategy={"type": "Recreate"}), FIXED) == [
        "richpod web: fixed-ip applied: up to 2 pods at once (replicas 2) for 1 address",
        "richpod web: to change: replicas: 1, or 2 addresses in richpod.io/fixed-ip",
    ]
    assert told(workload(held, replicas=1, strategy={"type": "Recreate"}), FIXED) == []


def test_more_replicas_than_the_one_pod_of_a_claim_are_foretold() -> None:
    held = template({"richpod.io/persist": '[{"path": "/srv", "claim": "data", "single": true}]'})
    assert told(workload(held, replicas=2), {"profiles": {"default": {"allow": ["persist"]}}}) == [
        "richpod web: persist refused: 2 pods at once (replicas 2) are created, each judged alone, and share claim data",
        "richpod web: to change: replicas: 1, or a StatefulSet with a volumeClaimTemplate data",
    ]


def test_claims_of_a_stateful_set_are_its_pods_own() -> None:
    held = template({"richpod.io/persist": '[{"path": "/srv", "claim": "data"}]'})
    claims = [{"metadata": {"name": "data"}}]
    allowed = {"profiles": {"default": {"allow": ["persist"]}}}
    assert told(workload(held, replicas=2, volumeClaimTemplates=claims), allowed, "StatefulSet") == []


def test_what_goes_as_asked_needs_no_word() -> None:
    assert told(workload(template())) == []


def test_an_audited_profile_says_that_nothing_is_done() -> None:
    audited = {"profiles": {"default": {"mode": "audit", "features": {"init": "launch"}}}}
    (warning,) = told(workload(template({"richpod.io/intt": "x"})), audited)
    assert warning.startswith("richpod web: audit only: the annotation richpod.io/intt")


def test_pods_that_would_be_refused_are_foretold_and_the_workload_is_not_denied() -> None:
    held = template(volumes=[{"name": "richpod-mine", "emptyDir": {}}])
    assert told(workload(held))[0].startswith("richpod web: pod refused: the volume name richpod-mine is reserved")


def test_an_unknown_profile_is_said_with_the_known_ones() -> None:
    policy = Policy.model_validate({"profiles": {"web": {}}})
    found = preview_unknown_profile(body(workload(template())), policy)
    assert response(found)["warnings"] == [
        "richpod web: the namespace asks for a profile that no label selects: NOT treated (known: default, web)",
        "richpod web: to change: richpod.io/profile: default among the labels of the namespace",
    ]
    assert preview_unknown_profile(body(workload(template(labels={"richpod.io/inject": "false"}))), policy).verdicts == []


def test_a_template_that_opts_out_is_passed_over() -> None:
    manifest = workload(template({"richpod.io/intt": "x"}, {"richpod.io/inject": "false"}))
    manifest["metadata"]["annotations"] = {"richpod.io/lxcfs": "true"}
    assert told(manifest) == []


def test_no_template_opts_out_of_a_required_profile() -> None:
    required = {
        "runtimes": {"gvisor": {"class": "gvisor", "kind": "gvisor"}},
        "profiles": {"default": {"features": {"runtime": "gvisor"}, "required": ["runtime"]}},
    }
    assert told(workload(template({"richpod.io/intt": "x"}, {"richpod.io/inject": "false"})), required) == [
        TYPO,
        "richpod web: the pod's label richpod.io/inject does nothing here: profile default is required",
        "richpod web: to change: remove the label richpod.io/inject from the pod",
    ]


def wordy() -> Json:
    annotations = {f"richpod.io/{'x' * 300}{i}": "x" for i in range(50)}
    manifest = workload(template(annotations))
    manifest["metadata"]["annotations"] = annotations
    return manifest


@pytest.mark.parametrize("name", ["web", "w" * 253])
def test_warnings_are_few_and_short(name: str) -> None:
    """Requirement 55."""
    lines = told(wordy(), name=name)
    assert len(lines) == 5
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize(("kind", "word"), [("Deployment", "deployment"), ("CronJob", "cronjob")])
def test_what_no_longer_fits_is_told_of_the_workload_by_the_policy_that_runs(kind: str, word: str) -> None:
    manifest = wordy()
    if kind == "CronJob":
        manifest["spec"] = {"jobTemplate": {"spec": manifest["spec"]}}
    last = told(manifest, kind=kind, name="web")[-1]
    assert last.endswith(f" more; run `richpod explain {word}/web -n shop` once applied")


def test_what_no_longer_fits_of_a_workload_whose_name_is_not_known_yet_is_told_of_its_file() -> None:
    manifest = wordy()
    manifest["metadata"] = {"generateName": "web-"}
    assert told(manifest)[-1].endswith(" more; run `richpod explain -f FILE --policy FILE`")


@pytest.mark.parametrize("name", ["w" * 60, "x$(reboot)", "--all", "web\n"])
def test_r55_a_command_that_cannot_be_pasted_is_not_told(name: str) -> None:
    """Webhooks see names before the API server judges them."""
    assert told(wordy(), name=name)[-1].endswith(" more; run `richpod explain -f FILE --policy FILE`")


# --- over HTTP ---


def test_r57_r58_a_preview_is_logged_and_counted_as_what_it_is(webhook: Running) -> None:
    labels = {"profile": "default", "level": "baseline", "decision": "previewed"}
    verdicts = {"feature": "pod", "outcome": "skipped", "reason": "unknown-annotation"}
    metrics = (("richpod_admission_decisions_total", labels), ("richpod_admission_verdicts_total", verdicts))
    before = [webhook.metric(name, **values) for name, values in metrics]
    sent = body(workload(template({"richpod.io/intt": "x"}), "CronJob"), "CronJob", uid="previewed", name="web")
    assert webhook.post(sent, "/preview/default/baseline").status == 200
    line = webhook.log.event("admission", uid="previewed")
    said = ("decision", "kind", "namespace", "name", "profile", "level", "operations")
    assert [line[key] for key in said] == ["previewed", "CronJob", "shop", "web", "default", "baseline", 0]
    assert line["verdicts"] == ["pod skipped: unknown-annotation", "init applied"]
    # Nothing has become of any pod: its verdicts are not counted.
    assert [webhook.metric(name, **values) for name, values in metrics] == [before[0] + 1, before[1]]


@pytest.mark.parametrize(
    ("path", "status"), [("/preview/unknown-profile", 200), ("/preview/web/baseline", 404), ("/preview/default", 404)]
)
def test_every_preview_is_answered_at_once(webhook: Running, path: str, status: int) -> None:
    """Also of a profile that only a newer policy knows: to be asked again after a second would make people wait for nothing."""
    reply = webhook.post(body(workload(template())), path)
    assert reply.status == status
    assert "retry-after" not in reply.headers


# --- the words of dry-run ---


def readable(path: Path, entry: Entry) -> list[Preview]:
    """What `dry-run` makes of a file; nothing where it cannot be read."""
    try:
        refuse_problems(files([(path.name, path.read_bytes().decode())]))
    except BadInput:
        return []
    return pods(path.name, path.read_bytes(), entry)


CORPORA = [folder for folder in (OWN, SHARED) if folder.is_dir()]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.profile)
@pytest.mark.parametrize("folder", CORPORA, ids=lambda folder: folder.name)
def test_every_workload_of_a_corpus_is_told_what_dry_run_says(folder: Path, entry: Entry) -> None:
    found = 0
    for path in manifests(folder):
        for one in readable(path, entry):
            kind, version = one.workload.kind, one.workload.object["apiVersion"]
            if one.context is None or version != f"{group(kind)}/v1":
                continue
            sent = {"metadata": one.workload.object.get("metadata"), "spec": one.workload.object["spec"]}
            answer = preview(body(sent, kind, namespace=one.namespace), context(POLICY, entry.profile, entry.level))
            assert (answer.decision, answer.verdicts) == ("previewed", one.outcome.verdicts), one
            assert response(answer).keys() <= {"uid", "allowed", "warnings", "auditAnnotations"}
            found += 1
    assert found > 5
