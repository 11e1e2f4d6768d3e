"""docs/gateway.md: its policy is one, its commands are those that tests take, its numbers and tables those of the code."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from tests.cluster.installation import GIVING_BACK
from tests.gateway.granted import OWNER
from webhook.__main__ import COMMANDS
from webhook.cli.check.gateway import CHECKS, CLOSE, OPEN
from webhook.cli.grants_read import ALLOW
from webhook.cli.manifests.gateway import manifests
from webhook.gateway import server
from webhook.gateway.grants.grant import State
from webhook.gateway.metrics import PHASES
from webhook.gateway.pods import endings, following
from webhook.gateway.replicas import election, live
from webhook.gateway.upstreams import limits
from webhook.gateway.upstreams.entries import entries
from webhook.installation import GATEWAY, GATEWAY_HOST
from webhook.policy import Policy
from webhook.policy.file import parse

DOCS = Path(__file__).parents[1] / "docs"
PAGE, INSTALLATION = ((DOCS / name).read_text() for name in ("gateway.md", "installation.md"))
SHELL = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def policy() -> Policy:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return parse(text)


def test_the_policy_shown_asks_what_the_page_says(policy: Policy) -> None:
    assert policy.gateway.upstreams["acl"].credentials == "acl-token"
    assert "secret generic acl-token --from-literal=Authorization=" in SHELL
    ((entry, call),) = entries(OWNER, ["orders", "dns"], ["10.0.0.7"], policy.grants, policy.gateway.upstreams)
    assert (call.method, call.url) == ("PUT", "https://acl.example.com/rules/orders-db/10.0.0.7")
    assert yaml.safe_load(call.body) == {"owner": OWNER.application}
    assert entry.revoke.method == "DELETE"


def test_its_defaults_are_written_out(policy: Policy) -> None:
    default = Policy().gateway
    assert (policy.gateway.wait, policy.gateway.window) == (default.wait, default.window)


def test_commands_that_are_shown_exist() -> None:
    shown = {line.split()[1]: shlex.split(line) for line in SHELL.splitlines() if line.startswith("richpod ")}
    assert shown.keys() <= COMMANDS.keys()
    for words in (shlex.split(line) for line in SHELL.splitlines() if line.startswith("richpod grants")):
        command = [sys.executable, "-m", "webhook", *words[1:], "--context", "nowhere"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "no cluster to talk to" in ran.stderr


def test_commands_of_the_doctor_are_those_of_the_page() -> None:
    assert {ALLOW, CLOSE, OPEN} <= {*SHELL.splitlines()}
    assert GIVING_BACK[0] == CLOSE
    assert "\n".join(GIVING_BACK) in SHELL


def test_it_is_closed_before_richpod_is_uninstalled() -> None:
    uninstalling = INSTALLATION.split("## Uninstall")[1]
    assert uninstalling.index("gateway.md#taking-it-out") < uninstalling.index("kubectl delete --ignore-not-found -k richpod")


def test_its_tables_have_every_phase_and_every_right() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    phases = [row.split("`")[1] for row in rows if row.split("|")[1].strip().strip("`") in PHASES]
    assert phases == [*PHASES]
    rendered = [one.object for one in manifests(parse('{"grants": {"dns": {"ports": [53]}}}'))]
    roles = [one for one in rendered if one["kind"] in ("ClusterRole", "Role") and one["metadata"]["name"] == GATEWAY]
    rules: list[dict[str, Any]] = [rule for role in roles for rule in role["rules"]]
    said = [row for row in rows if re.match(r"\| (ClusterRole|Role)\b", row)]
    assert len(said) == len(rules)
    for row, rule in zip(said, rules, strict=True):
        _, what, names, verbs, _ = (cell.strip() for cell in row.split("|"))
        assert what.endswith(f"`{rule['resources'][0]}`")
        assert verbs == ", ".join(rule["verbs"])
        assert re.findall(r"`(.+?)`", names) == rule.get("resourceNames", [])


def test_its_numbers_are_those_of_the_code() -> None:
    for sentence in (
        f"| {limits.CALLS} in a window |",
        f"| {limits.FAILURES} in a window |",
        f"every {election.OFTEN * server.LEASE:g} s, holds it for {server.LEASE}",
        f"up to {(1 + election.OFTEN) * server.LEASE:g} s until another leads",
        f"every {live.WATCH // 60} minutes",
        f"after {endings.PAUSES[-1]:g} s at most, for ever",
        f"https://{GATEWAY_HOST}/authorize",
    ):
        assert sentence in PAGE, sentence
    assert following.PAUSE < server.LEASE
    assert {"revoked", "refused"} <= {*get_args(State)}


def test_the_doctor_has_as_many_lines_as_are_said() -> None:
    assert f"has {['no', 'one', 'two', 'three'][len(CHECKS)]} lines about the gateway" in PAGE
