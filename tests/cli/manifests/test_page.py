"""docs/installation.md shows what tests run, and names what is rendered."""

import re

from tests.cli.conftest import PROJECT
from tests.cli.manifests.conftest import SORTS
from tests.cluster.installation import ALLOW, LABEL, REFUSING
from webhook.__main__ import COMMANDS
from webhook.cli import explain_live
from webhook.cli.manifests.components import COMPONENTS
from webhook.cli.manifests.files import files
from webhook.installation import EXPLAIN_ROLE
from webhook.policy.file import parse

PAGE = (PROJECT / "docs/installation.md").read_text()


def test_r54_the_way_out_and_the_order_of_uninstalling_are_those_the_cluster_tests_take() -> None:
    assert "kubectl delete mutatingwebhookconfiguration richpod\n" in PAGE
    uninstalling = PAGE.split("## Uninstall")[1]
    first, rest = f"kubectl delete {REFUSING} -l {LABEL}\n", "kubectl delete --ignore-not-found -k richpod\n"
    assert uninstalling.index(first) < uninstalling.index(rest)


def test_every_file_and_every_component_is_explained() -> None:
    numbered = [name for name in files(parse(SORTS), []) if name[0].isdigit()]
    for name in (*numbered, *COMPONENTS):
        assert f"| `{name}` |" in PAGE


def test_the_line_that_lets_a_team_explain_is_the_one_that_explain_says_and_the_cluster_test_takes() -> None:
    assert f"\n{ALLOW}\n" in PAGE
    assert explain_live.ALLOW == ALLOW
    assert EXPLAIN_ROLE in ALLOW


def test_commands_that_are_shown_exist() -> None:
    shown = set(re.findall(r"richpod ([a-z]+)", "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))))
    assert shown - {"richpod"} <= {*COMMANDS, "richpod"}
