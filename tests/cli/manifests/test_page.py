"""docs/installation.md and docs/images.md show what tests run, and name what is rendered."""

import json
import re

import yaml

from tests.cli.check.healthy import facts, line
from tests.cli.conftest import PROJECT
from tests.cli.manifests.conftest import GRANTING, SORTS
from tests.cluster.installation import ALLOW, LABEL, REFUSING
from webhook.__main__ import COMMANDS
from webhook.cli import explain_live
from webhook.cli.manifests.components import COMPONENTS
from webhook.cli.manifests.files import files
from webhook.installation import EXPLAIN_ROLE, PULL_SECRETS_ROLE
from webhook.policy.file import parse

PAGE = (PROJECT / "docs/installation.md").read_text()
IMAGES = (PROJECT / "docs/images.md").read_text()


def test_r54_the_way_out_and_the_order_of_uninstalling_are_those_the_cluster_tests_take() -> None:
    assert "kubectl delete mutatingwebhookconfiguration richpod\n" in PAGE
    uninstalling = PAGE.split("## Uninstall")[1]
    first, rest = f"kubectl delete {REFUSING} -l {LABEL}\n", "kubectl delete --ignore-not-found -k richpod\n"
    assert uninstalling.index(first) < uninstalling.index(rest)


def test_every_file_and_every_component_is_explained() -> None:
    numbered = {name for policy in (SORTS, GRANTING) for name in files(parse(policy), []) if name[0].isdigit()}
    for name in (*numbered, *COMPONENTS):
        assert f"| `{name}` |" in PAGE


def test_the_line_that_lets_a_team_explain_is_the_one_that_explain_says_and_the_cluster_test_takes() -> None:
    assert f"\n{ALLOW}\n" in PAGE
    assert explain_live.ALLOW == ALLOW
    assert EXPLAIN_ROLE in ALLOW


def test_commands_that_are_shown_exist() -> None:
    shown = set(re.findall(r"richpod ([a-z][a-z-]*)", "".join(re.findall(r"```sh\n(.*?)```", PAGE + IMAGES, re.DOTALL))))
    assert shown - {"richpod"} <= {*COMMANDS, "richpod"}


def test_the_registries_that_are_shown_are_a_policys() -> None:
    shown = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", IMAGES, re.DOTALL)[0])
    # Only its place is shown.
    del shown["images"]["registries"]["registry.example.com:5000"]["ca"]
    assert parse(json.dumps(shown)).images.credentials == "registries"


def test_what_makes_the_secret_is_what_check_says() -> None:
    named = parse('{"images": {"registries": {"docker.io": {}}, "credentials": "registries"}}')
    fix = line("credentials", facts(named)).findings[0].fix
    assert f"\n{fix.removesuffix('FILE')}config.json\n" in IMAGES


def test_the_role_that_reads_secrets_of_pods_is_the_one_that_is_shown() -> None:
    assert f"`{PULL_SECRETS_ROLE}`" in IMAGES
