"""`richpod grants`: what is said before any cluster is asked, the table, and what is told of one pod."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.manifests.conftest import GRANTING
from tests.gateway.granted import ADDRESS, OWNER, grant, pod
from tests.gateway.grants.test_stored import ACTIVE, NOW
from webhook.cli.authorizing import asking, authorizer
from webhook.cli.grants import record, table
from webhook.cli.grants_explain import ledger, limits
from webhook.cli.trace import Gate
from webhook.gateway.grants.grant import Attempt, Grant
from webhook.gateway.upstreams.limits import CALLS
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZER_CONTAINER, GRANT_OPTION
from webhook.policy.file import parse

Json = dict[str, Any]
POLICY = parse(GRANTING)
SINCE = "2026-06-01T10:00:00Z"
TODAY = datetime.fromtimestamp(NOW, UTC)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-n", "No Name"], "'No Name' is no name of a namespace"),
        (["-n", "shop", "-A"], "not allowed with argument"),
        (["--explain", "web", "-A"], "--explain is about one pod: name its namespace by -n in place of -A"),
        (["--explain", "deployment/web"], "deployment/web: write the name of a pod"),
        (["--explain", "Web"], "Web: write the name of a pod"),
        (["--explain", ""], ": write the name of a pod"),
        (["--context", "nowhere"], "no cluster to talk to"),
        (["--explain", "web", "--context", "nowhere"], "no cluster to talk to"),
    ],
)
def test_wrong_usage_ends_with_2(richpod: Run, words: list[str], said: str) -> None:
    ran = richpod("grants", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


# --- all Grants ---

HELD = grant(entries=(ACTIVE,))


def test_a_row_says_whose_it_is_what_it_has_and_what_it_cost() -> None:
    head, row = table([(SINCE, HELD)])
    assert head.text.split() == ["NAMESPACE", "POD", "APPLICATION", "ADDRESS", "GRANTS", "PHASE", "CALLS", "SINCE", "WHY"]
    assert row.text.split() == ["shop", "web-1", "shop", ADDRESS, "orders", "Active", "1", SINCE]
    assert row.style == "green"


@pytest.mark.parametrize(
    ("held", "phase", "why"),
    [
        (grant(entries=(ACTIVE._replace(state="refused", reason="it answered 403"),)), "Refused", "it answered 403"),
        (
            grant(ended="the pod is gone", entries=(ACTIVE._replace(state="revoking", reason="it answered 500"),)),
            "Revoking",
            "the pod is gone; it answered 500",
        ),
        (grant(), "Pending", ""),
    ],
)
def test_a_row_says_why(held: Grant, phase: str, why: str) -> None:
    _, row = table([(SINCE, held)])
    assert phase in row.text.split()
    assert row.text.endswith(why or SINCE)


def test_columns_stand_below_each_other_and_nobody_begins_a_line() -> None:
    long = grant(owner=OWNER._replace(pod="web-" + "1" * 40, application="a\nb\x1b[31m"), entries=(ACTIVE,))
    lines = [line.text for line in table([(SINCE, HELD), (SINCE, long)])]
    assert len({line.index(word) for line, word in zip(lines, ("PHASE", "Active", "Active"), strict=True)}) == 1
    assert all(line.isprintable() for line in lines)


def test_a_record_holds_each_entry_and_no_call_that_could_be_repeated() -> None:
    said = record(SINCE, HELD)
    assert (said["object"]["name"], said["phase"], said["application"]) == (OWNER.uid, "Active", "shop")
    (entry,) = said["entries"]
    assert entry["attempts"] == [{"at": NOW, "outcome": "granted"}]
    assert "revoke" not in entry


# --- one pod ---


def asking_pod(*words: str, **status: Any) -> Json:
    command = ["python3", APPLICATION_OPTION, "shop/web", *words]
    container = {"name": AUTHORIZER_CONTAINER, "command": command}
    return pod(spec={"initContainers": [container], "serviceAccountName": "web"}, status=status)


def said(gates: Any) -> dict[str, tuple[str, str]]:
    return {gate.name: (gate.result, gate.sentence) for gate in gates}


def test_what_a_pod_asks_for_and_may() -> None:
    found = said(asking(asking_pod(GRANT_OPTION, "orders", GRANT_OPTION, "common"), POLICY))
    assert list(found) == ["pod", "asks", "policy", "authorizer"]
    assert found["pod"] == ("Running", f"uid {OWNER.uid}, addresses: {ADDRESS}")
    assert found["asks"] == ("orders, common", "for application shop/web, as ServiceAccount web")
    assert found["policy"] == ("permits", f"policy {POLICY.hash}")


def test_what_the_policy_refuses_is_said_in_the_gateways_words() -> None:
    *_, gate, _ = asking(asking_pod(GRANT_OPTION, "oders"), POLICY)
    assert (gate.name, gate.result, gate.sentence) == (
        "policy",
        "refused",
        "the policy has no grant oders; did you mean orders?",
    )


def test_a_pod_to_which_the_gateway_would_not_listen_says_so() -> None:
    found = said(asking(asking_pod(GRANT_OPTION, "orders", phase="Succeeded"), POLICY))
    assert found["pod"] == ("not heard", "pod shop/web-1 has ended")


def test_a_pod_that_asks_for_nothing_is_sent_to_explain() -> None:
    gates = list(asking(pod(), POLICY))
    assert [(gate.name, gate.result) for gate in gates] == [("pod", "Running"), ("asks", "nothing")]
    assert gates[1].fix == ("kubectl richpod explain pod/web-1 -n shop",)


def test_without_a_policy_nothing_is_said_of_it() -> None:
    assert "policy" not in said(asking(asking_pod(GRANT_OPTION, "orders"), None))


ENDED = {"exitCode": 77, "finishedAt": SINCE, "message": "richpod: not authorized: no"}
LEFT = f"it ended with exit code 77 at {SINCE}: not authorized: no"


@pytest.mark.parametrize(
    ("status", "result", "sentence"),
    [
        ({}, "waits", "it has not been started"),
        ({"state": {"running": {"startedAt": SINCE}}}, "asks", f"since {SINCE}"),
        ({"state": {"terminated": ENDED}}, "failed", LEFT),
        ({"state": {"terminated": {"exitCode": 0, "finishedAt": SINCE}}}, "done", f"it ended with exit code 0 at {SINCE}"),
        (
            {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ENDED}, "restartCount": 2},
            "waits",
            f"CrashLoopBackOff; started 3 times; {LEFT}",
        ),
    ],
)
def test_the_authorizer_says_what_it_left(status: Json, result: str, sentence: str) -> None:
    statuses = [{"name": AUTHORIZER_CONTAINER, **status}] if status else []
    assert authorizer(pod(status={"initContainerStatuses": statuses})) == Gate("authorizer", result, sentence)


def test_each_entry_has_its_attempts_with_time_and_outcome() -> None:
    first, entry = ledger(grant(entries=(ACTIVE._replace(state="pending", reason="no answer within 10 s"),)), "grant")
    assert (first.result, first.details) == ("Pending", (f"uid {OWNER.uid}",))
    assert (entry.name, entry.result) == ("orders", "pending")
    assert entry.sentence == f"at acl, for {ADDRESS}: no answer within 10 s"
    assert entry.details == (f"{TODAY:%Y-%m-%d %H:%M:%S} UTC: granted",)


def test_an_address_that_a_limit_closes_says_until_when() -> None:
    """Attempts of earlier pods at the address count, and those of other applications do not."""
    attempts = tuple(Attempt(NOW - 20 + number, "unanswered") for number in range(CALLS))
    earlier = grant(owner=OWNER._replace(uid="before"), entries=(ACTIVE._replace(attempts=attempts),))
    other = grant(owner=OWNER._replace(uid="other", application="other"), entries=(ACTIVE._replace(attempts=attempts * 20),))
    (shut,) = limits(grant(), [earlier, other], POLICY, TODAY)
    assert (shut.result, shut.sentence) == (
        "closed",
        f"{ADDRESS} until {datetime.fromtimestamp(NOW + 40, UTC):%Y-%m-%d %H:%M:%S} UTC: 3 calls within 60 s from this address",
    )
    assert list(limits(grant(), [other], POLICY, TODAY)) == [Gate("limit", "open", ADDRESS)]
