"""docs/authorization.md: its examples do what it says, and its tables and numbers are those of the code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.admission.authorizer import TOKEN
from webhook.admission.features.authorize import FEATURE
from webhook.admission.resources import EQUAL_RESOURCES, SMALL_RESOURCES
from webhook.inpod import authorizer
from webhook.policy.file import parse
from webhook.policy.text import LONGEST_APPLICATION

PAGE = (Path(__file__).parents[1] / "docs/authorization.md").read_text()
POLICY, WORKLOAD = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)


def run(folder: Path, workload: str) -> Any:
    """What becomes of a workload under the page's policy; what is said stands in the status."""
    policy, file = folder / "policy.yaml", folder / "app.yaml"
    policy.write_text(POLICY)
    file.write_text(workload)
    command = ["dry-run", f"--policy={policy}", "--profile=default", f"-f={file}", "-o=yaml"]
    ran = subprocess.run([sys.executable, "-m", "webhook", *command], capture_output=True, text=True, check=True)
    return yaml.safe_load(ran.stdout)["spec"]["template"], ran.stderr


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run(tmp_path_factory.mktemp("page"), WORKLOAD)[0]


def test_its_pod_asks_first_of_all_for_what_its_annotations_say(treated: Any) -> None:
    first, toolkit = treated["spec"]["initContainers"]
    assert (first["name"], toolkit["name"]) == ("richpod-authorizer", "richpod-toolkit")
    assert first["command"][-6:] == ["--application", "shop", "--grant", "orders", "--grant", "stock"]
    assert treated["metadata"]["labels"] == {"app": "web", "richpod.io/authorize": "true"}
    assert "richpod-gateway-token" not in str(treated["spec"]["containers"])


def test_without_annotations_it_asks_for_what_the_profile_says(tmp_path: Path) -> None:
    template, _ = run(tmp_path, re.sub(r"      annotations:\n(        .*\n)+", "", WORKLOAD))
    assert template["spec"]["initContainers"][0]["command"][-4:] == ["--application", "shop/web", "--grant", "dns"]


def test_who_is_not_let_act_for_the_application_is_told(tmp_path: Path) -> None:
    template, said = run(tmp_path, WORKLOAD.replace("serviceAccountName: web", "serviceAccountName: other"))
    assert "shop/other may not act for application shop" in said
    assert "richpod-authorizer" not in str(template)


def test_its_numbers_are_those_of_the_code() -> None:
    for code in (authorizer.NO_ANSWER, authorizer.REFUSED):
        assert f"| {code} |" in PAGE
    assert f"{LONGEST_APPLICATION} at most" in PAGE
    assert {each["limits"]["memory"] for each in (EQUAL_RESOURCES, SMALL_RESOURCES)} == {"64Mi"}
    assert TOKEN["expirationSeconds"] == 3600


def test_it_knows_the_feature() -> None:
    assert [f"richpod.io/{name}" for name in FEATURE.annotations] == ["richpod.io/authorize"]
    assert parse(POLICY).grants.keys() == {"orders", "stock", "dns"}
