"""Every alert is valid, fires when it should and only then, and says what to do first; judged by Prometheus' own promtool."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.prometheus import promtool
from webhook.cli.manifests.alert import Alert, rules
from webhook.cli.manifests.alerts import ALERTS

Series = dict[str, str]
"""Series to its values, one a minute, in promtool's short form: `0+1x10` is 0, 1, …, 10."""


class Case(NamedTuple):
    """The alert must be firing `at` this minute with the series of `fires`, and must not be with those of `quiet`."""

    fires: Series
    quiet: Series
    at: int = 60


HOOK = 'name="privileged.default.inject.richpod.io",type="admit",instance="api-1"'
OTHERS = 'name="hook.example.com",type="validating",instance="api-1"'
UP = {'up{instance="api-1"}': "1x2000"}
OPEN = "apiserver_admission_webhook_fail_open_count"
REJECTED = "apiserver_admission_webhook_rejection_count"
API_SECONDS = "apiserver_admission_webhook_admission_duration_seconds_bucket"
OUR_SECONDS = "richpod_admission_duration_seconds_bucket"
DECIDED = "richpod_admission_decisions_total"
EXPIRY = "richpod_certificate_expiry_timestamp_seconds"
DAY = 86400
WAITING = "kube_pod_init_container_status_waiting_reason"
ERRORS = "richpod_admission_errors_total"
SKIPPED = 'richpod_admission_verdicts_total{feature="lxcfs",outcome="skipped",reason="conflict"}'

ASKED = "richpod_gateway_requests_total"
WAITED = "richpod_gateway_request_duration_seconds_bucket"
CALLED = "richpod_gateway_upstream_calls_total"
LOOKUPS = "richpod_image_lookup_duration_seconds_count"


def growing(begun: int, step: int) -> str:
    """Still until minute 1,440, then `step` a minute."""
    return f"0+{begun}x1440 {begun * 1440}+{step}x120"


CASES = {
    "RichpodDown": Case({'richpod_ready{instance="a"}': "0x60"}, {'richpod_ready{instance="a"}': "0x58 1x5"}),
    "RichpodReplicaMissing": Case(
        {'richpod_ready{instance="a"}': "1x60", 'richpod_ready{instance="b"}': "1x40 0x20"},
        {'richpod_ready{instance="a"}': "1x60", 'richpod_ready{instance="b"}': "1x50 0x10"},
    ),
    "RichpodBlocksPods": Case(
        {**UP, f'{REJECTED}{{{HOOK},error_type="apiserver_internal_error"}}': "3x52 4x8"},
        {**UP, f'{REJECTED}{{{HOOK},error_type="no_error"}}': "0+1x60", f'{REJECTED}{{{OTHERS},error_type="x"}}': "0+1x60"},
    ),
    "RichpodFailsOpen": Case({**UP, f"{OPEN}{{{HOOK}}}": "_x55 1x5"}, {**UP, f"{OPEN}{{{HOOK}}}": "_x40 1x20"}),
    "RichpodFails": Case({f'{ERRORS}{{class="500"}}': "0x55 1x5"}, {f'{ERRORS}{{class="400"}}': "0+9x60"}),
    "RichpodOverloaded": Case({f'{ERRORS}{{class="503"}}': "0x40 1+1x20"}, {f'{ERRORS}{{class="503"}}': "0x56 9x4"}),
    "RichpodRefusesMany": Case(
        {f'{DECIDED}{{profile="a",decision="refused"}}': "0+1x60", f'{DECIDED}{{profile="a",decision="patched"}}': "0+2x60"},
        {f'{DECIDED}{{profile="a",decision="refused"}}': "0+1x60", f'{DECIDED}{{profile="a",decision="patched"}}': "0+9x60"},
    ),
    "RichpodSlow": Case(
        {
            f'{OUR_SECONDS}{{le="0.1"}}': "0+90x60",
            f'{OUR_SECONDS}{{le="0.25"}}': "0+100x60",
            f'{OUR_SECONDS}{{le="+Inf"}}': "0+100x60",
        },
        {
            f'{OUR_SECONDS}{{le="0.1"}}': "0+100x60",
            f'{OUR_SECONDS}{{le="0.25"}}': "0+100x60",
            f'{OUR_SECONDS}{{le="+Inf"}}': "0+100x60",
        },
    ),
    "RichpodCallsSlow": Case(
        {f'{API_SECONDS}{{{HOOK},le="0.5"}}': "0+9x60", f'{API_SECONDS}{{{HOOK},le="+Inf"}}': "0+10x60"}
        | {f'{API_SECONDS}{{{HOOK},le="1"}}': "0+10x60"},
        {f'{API_SECONDS}{{{OTHERS},le="0.5"}}': "0+9x60", f'{API_SECONDS}{{{OTHERS},le="+Inf"}}': "0+10x60"}
        | {f'{API_SECONDS}{{{HOOK},le="0.5"}}': "0+10x60", f'{API_SECONDS}{{{HOOK},le="+Inf"}}': "0+10x60"},
    ),
    "RichpodReplicasDiffer": Case(
        {'richpod_info{policy="a",version="1"}': "1x60", 'richpod_info{policy="b",version="1"}': "_x20 1x40"},
        {'richpod_info{policy="a",version="1"}': "1x60", 'richpod_info{policy="b",version="1"}': "_x40 1x20"},
    ),
    "RichpodCertificateUnusable": Case(
        {'richpod_certificate_usable{instance="a"}': "1x50 0x10"}, {'richpod_certificate_usable{instance="a"}': "1x58 0x2"}
    ),
    "RichpodCertificateExpires": Case(
        {f'{EXPIRY}{{instance="a"}}': f"{13 * DAY}x60"},
        {f'{EXPIRY}{{instance="a"}}': f"{30 * DAY}x60", f'{EXPIRY}{{instance="b"}}': "0x60"},
    ),
    "RichpodCertsAbsent": Case({"richpod_certs_in_step": "1x30"}, {"richpod_certs_in_step": "1x30 _x10 1x20"}),
    "RichpodCertsProblem": Case(
        {'richpod_certs_problem{problem="refused"}': "0x40 1x20"}, {'richpod_certs_problem{problem="refused"}': "1x50 0x10"}
    ),
    "RichpodCertsOutOfStep": Case({"richpod_certs_in_step": "0x90"}, {"richpod_certs_in_step": "0x40 1 0x50"}, 80),
    "RichpodLxcfsDown": Case({'richpod_lxcfs_up{node="a"}': "1x50 0x10"}, {'richpod_lxcfs_up{node="a"}': "1x50 0 1x10"}),
    "RichpodLxcfsRestarts": Case(
        {'richpod_lxcfs_restarts_total{node="a",reason="ended"}': "0+0.1x60"},
        {'richpod_lxcfs_restarts_total{node="a",reason="ended"}': "0x30 1x30"},
    ),
    "RichpodGatewayDown": Case(
        {'richpod_gateway_ready{instance="a"}': "1x60", 'richpod_gateway_found{instance="a"}': "1x50 0x10"},
        {'richpod_gateway_ready{instance="a"}': "1x60", 'richpod_gateway_found{instance="a"}': "1x30 0 1x29"},
    ),
    "RichpodGatewayReplicaMissing": Case(
        {'richpod_gateway_ready{instance="a"}': "1x60", 'richpod_gateway_ready{instance="b"}': "1x40 0x20"},
        {'richpod_gateway_ready{instance="a"}': "1x60", 'richpod_gateway_ready{instance="b"}': "1x50 0x10"},
    ),
    "RichpodUpstreamFails": Case(
        {f'{CALLED}{{upstream="acl",outcome="unanswered"}}': "0+2x60", f'{CALLED}{{upstream="acl",outcome="done"}}': "0+1x60"},
        {f'{CALLED}{{upstream="acl",outcome="unanswered"}}': "0+1x60", f'{CALLED}{{upstream="acl",outcome="done"}}': "0+2x60"},
    ),
    "RichpodRevokesWait": Case(
        {'richpod_gateway_grants{phase="Revoking",instance="a"}': "0x20 3x40"},
        {'richpod_gateway_grants{phase="Revoking",instance="a"}': "3x50 0 3x9"},
    ),
    "RichpodGatewayBusy": Case({f'{ASKED}{{status="503"}}': "0+20x60"}, {f'{ASKED}{{status="200"}}': "0+900x60"}),
    "RichpodGatewayDenies": Case(
        {'richpod_gateway_denied_total{reason="application"}': "0+2x60"},
        {'richpod_gateway_denied_total{reason="application"}': "0+1x60"},
    ),
    "RichpodGatewayLimits": Case({f'{ASKED}{{status="429"}}': "0+2x60"}, {f'{ASKED}{{status="429"}}': "0+1x60"}),
    "RichpodGatewaySlow": Case(
        {f'{WAITED}{{le="60"}}': "0+9x60", f'{WAITED}{{le="120"}}': "0+10x60", f'{WAITED}{{le="+Inf"}}': "0+10x60"},
        {f'{WAITED}{{le="60"}}': "0+10x60", f'{WAITED}{{le="120"}}': "0+10x60", f'{WAITED}{{le="+Inf"}}': "0+10x60"},
    ),
    "RichpodToolkitMissing": Case(
        {f'{WAITING}{{namespace="a",container="richpod-toolkit",reason="ErrImagePull"}}': "1x54 0x6"}
        | {f'{WAITING}{{namespace="a",container="richpod-toolkit",reason="ImagePullBackOff"}}': "_x54 1x6"},
        {f'{WAITING}{{namespace="a",container="richpod-toolkit",reason="PodInitializing"}}': "1x60"}
        | {f'{WAITING}{{namespace="a",container="richpod-toolkit",reason="ErrImagePull"}}': "0x57 1x3"}
        | {f'{WAITING}{{namespace="a",container="migrate",reason="ErrImagePull"}}': "1x60"},
    ),
    "RichpodUnknownProfile": Case(
        {f'{DECIDED}{{profile="",level="",decision="unchanged"}}': "0x55 1x5"},
        {f'{DECIDED}{{profile="a",level="baseline",decision="unchanged"}}': "0+1x60"},
    ),
    "RichpodLookupsFail": Case(
        {
            f'{LOOKUPS}{{registry="r.example",result="late"}}': "0+3x60",
            f'{LOOKUPS}{{registry="r.example",result="found"}}': "0+2x60",
        },
        {
            f'{LOOKUPS}{{registry="r.example",result="late"}}': "0+2x60",
            f'{LOOKUPS}{{registry="r.example",result="found"}}': "0+3x60",
        },
    ),
    "RichpodSkipsGrow": Case({SKIPPED: growing(1, 5)}, {SKIPPED: growing(2, 5)}, 1500),
}


def check(tmp_path: Path, *tests: dict[str, Any]) -> None:
    (tmp_path / "rules.json").write_text(json.dumps(rules(ALERTS)))
    cases = {"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": [{"interval": "1m", **test} for test in tests]}
    (tmp_path / "tests.json").write_text(json.dumps(cases))
    judged = promtool("test", "rules", tmp_path / "tests.json")
    assert judged.returncode == 0, judged.stdout + judged.stderr


def observed(series: Series) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in series.items()]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_r58_an_alert_fires_when_it_should_and_only_then(alert: Alert, tmp_path: Path) -> None:
    case = CASES[alert.name]
    firing = f'count(ALERTS{{alertname="{alert.name}",alertstate="firing"}})'
    tests = []
    for series, samples in ((case.fires, [{"value": 1}]), (case.quiet, [])):
        asked = {"expr": firing, "eval_time": f"{case.at}m", "exp_samples": samples}
        tests.append({"input_series": observed(series), "promql_expr_test": [asked]})
    check(tmp_path, *tests)


def test_r58_what_happens_for_the_first_time_is_seen_and_what_was_there_before_prometheus_is_not(tmp_path: Path) -> None:
    """The API server shows no count before its first event."""
    count = f"{OPEN}{{{HOOK}}}"
    asked = {"alertname": "RichpodFailsOpen", "exp_alerts": []}
    old = {"input_series": observed({'up{instance="api-1"}': "1x20", count: "7x20"})}
    check(tmp_path, *({**old, "alert_rule_test": [{**asked, "eval_time": f"{minute}m"}]} for minute in (0, 5, 9, 10, 15)))


def test_r58_an_absent_webhook_is_down(tmp_path: Path) -> None:
    asked = {
        "expr": 'count(ALERTS{alertname="RichpodDown",alertstate="firing"})',
        "eval_time": "5m",
        "exp_samples": [{"value": 1}],
    }
    check(tmp_path, {"input_series": [], "promql_expr_test": [asked]})


def test_r58_a_certificates_controller_that_reaches_nothing_is_as_good_as_absent(tmp_path: Path) -> None:
    """promtool counts time from 0, which is also when the controller looked last."""
    firing = 'count(ALERTS{alertname="RichpodCertsAbsent",alertstate="firing"})'
    looking = {"richpod_certs_in_step": "1x60", "richpod_certs_look_timestamp_seconds": "0+60x60"}
    silent = {**looking, "richpod_certs_look_timestamp_seconds": "0x60"}
    check(
        tmp_path,
        {"input_series": observed(looking), "promql_expr_test": [{"expr": firing, "eval_time": "60m", "exp_samples": []}]},
        {
            "input_series": observed(silent),
            "promql_expr_test": [{"expr": firing, "eval_time": "60m", "exp_samples": [{"value": 1}]}],
        },
    )


def test_r58_an_installation_without_the_certificates_controller_misses_none(tmp_path: Path) -> None:
    """cert-manager does its work there."""
    asked = {"alertname": "RichpodCertsAbsent", "eval_time": "60m", "exp_alerts": []}
    check(tmp_path, {"input_series": observed({"richpod_ready": "1x60"}), "alert_rule_test": [asked]})


def test_an_alert_names_the_entry_and_the_first_thing_to_do(tmp_path: Path) -> None:
    alert = next(alert for alert in ALERTS if alert.name == "RichpodFailsOpen")
    entry = "privileged.default.inject.richpod.io"
    said = {"summary": f"Pods of {entry} were created without richpod, because its calls failed.", "runbook": alert.first}
    expected = {"exp_labels": {"severity": "warning", "name": entry}, "exp_annotations": said}
    asked = {"alertname": alert.name, "eval_time": "60m", "exp_alerts": [expected]}
    check(tmp_path, {"input_series": observed(CASES[alert.name].fires), "alert_rule_test": [asked]})


def test_promtool_finds_every_rule_valid(tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(json.dumps(rules(ALERTS)))
    judged = promtool("check", "rules", tmp_path / "rules.json")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert f"SUCCESS: {len(ALERTS)} rules found" in judged.stdout


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_says_in_one_line_what_to_do_first(alert: Alert) -> None:
    assert "`richpod check`" in alert.first or "`kubectl" in alert.first
    assert alert.summary.isprintable()
    assert alert.first.isprintable()
    assert not alert.summary.endswith("$value }}.")  # a number says of what
