"""What Prometheus sees (requirement 58)."""

import orjson
import pytest

from tests.reviews import pod, review
from tests.running import DEFAULT, Files, Running, process
from webhook.admission.metrics import ERRORS, TABLE

BODY = orjson.dumps(review(pod()))
REFUSED = orjson.dumps(review(pod({"volumes": [{"name": "richpod-mine", "emptyDir": {}}]})))
TYPO = orjson.dumps(review(pod(annotations={"richpod.io/intt": "launch"})))


def families(webhook: Running) -> dict[str, str]:
    """Name to type of all that /metrics shows."""
    lines = webhook.health("/metrics").body.decode().splitlines()
    return {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE ")}


def test_metrics_shows_the_table_and_the_process_and_nothing_else(webhook: Running) -> None:
    shown = families(webhook)
    assert {name for name in shown if not name.startswith("process_")} == set(TABLE)
    assert "process_resident_memory_bytes" in shown


def test_every_name_says_its_unit_and_counters_end_in_total() -> None:
    shown = {name.rsplit("_", 1)[1] for name in TABLE}
    assert shown == {"info", "ready", "usable", "seconds", "total", "flight"}


def test_buckets_meet_the_api_servers_own(webhook: Running) -> None:
    lines = webhook.health("/metrics").body.decode()
    for bucket in ("0.005", "0.025", "0.1", "0.5"):
        assert f'richpod_admission_duration_seconds_bucket{{le="{bucket}",profile="default"}}' in lines


def test_what_may_be_counted_shows_as_0_before_it_happens(files: Files) -> None:
    with process(files) as (fresh, _):
        lines = fresh.health("/metrics").body.decode()
    assert 'richpod_admission_decisions_total{decision="audited",level="restricted",profile="default"} 0.0' in lines
    assert all(f'richpod_admission_errors_total{{class="{name}"}} 0.0' in lines for name in ERRORS)


def test_the_version_and_the_policy_are_named(webhook: Running) -> None:
    lines = webhook.health("/metrics").body.decode()
    assert 'richpod_info{policy="' in lines
    assert webhook.metric("richpod_ready") == 1


@pytest.mark.parametrize(
    ("path", "body", "decision"),
    [
        (DEFAULT, BODY, "patched"),
        (DEFAULT, REFUSED, "refused"),
        (DEFAULT, orjson.dumps(review(pod(), "kube-system")), "left-alone"),
        ("/mutate/watched/privileged", BODY, "audited"),
        ("/unknown-profile", BODY, "unchanged"),
        (DEFAULT, orjson.dumps(review(pod(), operation="UPDATE")), "misdirected"),
    ],
)
def test_a_review_is_counted_by_profile_level_and_decision(webhook: Running, path: str, body: bytes, decision: str) -> None:
    _, *entry = path.split("/")[1:] if path.startswith("/mutate/") else ("", "", "")
    labels = {"decision": decision, "level": entry[1], "profile": entry[0]}
    counted = webhook.metric("richpod_admission_decisions_total", **labels)
    timed = webhook.metric("richpod_admission_duration_seconds_count", profile=entry[0])
    assert webhook.post(body, path).status == 200
    assert webhook.metric("richpod_admission_decisions_total", **labels) == counted + 1
    assert webhook.metric("richpod_admission_duration_seconds_count", profile=entry[0]) == timed + 1


def test_bytes_and_patch_operations_are_counted(webhook: Running) -> None:
    names = ("request_bytes_total", "response_bytes_total", "patch_operations_total")
    before = [webhook.metric(f"richpod_admission_{name}") for name in names]
    body = orjson.dumps(review(pod(), uid="counted"))
    answer = webhook.post(body).body
    grown = [webhook.metric(f"richpod_admission_{name}") - b for name, b in zip(names, before, strict=True)]
    said = webhook.log.event("admission", uid="counted")
    assert grown == [len(body), len(answer), said["operations"]]


def test_a_verdict_is_counted_by_the_reason_that_people_read_elsewhere(webhook: Running) -> None:
    labels = {"feature": "pod", "outcome": "skipped", "reason": "unknown-annotation"}
    before = webhook.metric("richpod_admission_verdicts_total", **labels)
    webhook.post(TYPO)
    assert webhook.metric("richpod_admission_verdicts_total", **labels) == before + 1


@pytest.mark.parametrize(
    ("status", "path", "body"), [("400", DEFAULT, b"{"), ("404", "/x", b""), ("503", "/mutate/other/privileged", BODY)]
)
def test_a_refused_call_is_counted_by_its_status(webhook: Running, status: str, path: str, body: bytes) -> None:
    before = webhook.metric("richpod_admission_errors_total", **{"class": status})
    webhook.post(body, path)
    assert webhook.metric("richpod_admission_errors_total", **{"class": status}) == before + 1
