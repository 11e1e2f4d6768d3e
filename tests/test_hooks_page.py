"""docs/hooks.md: its examples do what it says, and its tables and numbers are those of the code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.cut_short import table
from webhook.admission.resources import SMALL_RESOURCES
from webhook.inpod import contract
from webhook.policy.hooks import KINDS

PAGE = (Path(__file__).parents[1] / "docs/hooks.md").read_text()
FILES = {getattr(contract, name) for name in dir(contract) if name.endswith("_FILE")}


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The page's pod under the page's policy."""
    folder = tmp_path_factory.mktemp("page")
    files = [folder / "policy.yaml", folder / "pod.yaml"]
    for file, text in zip(files, re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S), strict=True):
        file.write_text(text)
    command = ["dry-run", f"--policy={files[0]}", "--profile=default", f"-f={files[1]}", "-o=yaml"]
    ran = subprocess.run([sys.executable, "-m", "webhook", *command], capture_output=True, text=True, check=True)
    return yaml.safe_load(ran.stdout)


def test_the_pod_shown_gets_the_hooks_of_the_policy_and_then_its_own(treated: Any) -> None:
    assert '"hooks":"applied"' in treated["metadata"]["annotations"]["richpod.io/status"]
    words = " ".join(treated["spec"]["containers"][0]["command"])
    assert "preonline:60:2 /opt/app/bin/warm-up --all --hook preonline:20:2 /opt/shop/fill-caches --quick" in words
    assert "--online-file /srv/shop/online" in words


def test_the_time_to_end_is_what_the_page_computes(treated: Any) -> None:
    (computed,) = re.findall(r"= \*\*(\d+)\*\* seconds", PAGE)
    assert int(computed) == treated["spec"]["terminationGracePeriodSeconds"]


def test_the_sidecar_is_as_described(treated: Any) -> None:
    (sidecar,) = (found for found in treated["spec"]["initContainers"] if found["name"] == contract.SIDECAR_CONTAINER)
    assert f"`{contract.SIDECAR_CONTAINER}`" in PAGE
    assert f"port {contract.SIDECAR_PORT}: once a second, three failures in a row" in PAGE
    assert {"periodSeconds": 1, "failureThreshold": 3}.items() <= sidecar["readinessProbe"].items()
    assert sidecar["resources"] == SMALL_RESOURCES
    requests, limits = SMALL_RESOURCES["requests"], SMALL_RESOURCES["limits"]
    assert f"requests {requests['cpu']} CPU and {requests['memory']} of memory, with limits of {limits['cpu']} and" in PAGE


def test_every_hook_and_file_has_its_row() -> None:
    assert FILES | set(KINDS) <= set(re.findall(r"^\| `([a-z]+)` \| ", PAGE, re.MULTILINE))


def test_the_table_of_what_cuts_hooks_short_is_the_one_that_live_pods_are_compared_with() -> None:
    assert table() in PAGE
