"""`make example` on the real cluster."""

import subprocess
import sys

import pytest

from .access import Cluster
from .everything import everything
from .images import PROJECT

pytestmark = pytest.mark.cluster


def test_every_step_of_the_legacy_shop_shows_what_it_says_and_nothing_is_left(cluster: Cluster, richpod_image: str) -> None:
    before = everything(cluster)
    ran = subprocess.run([sys.executable, "-m", "examples.tour"], cwd=PROJECT, capture_output=True, text=True, check=False)
    print(ran.stdout, ran.stderr)
    assert ran.returncode == 0
    assert "Every step has shown what it should" in ran.stdout
    assert everything(cluster) <= before
