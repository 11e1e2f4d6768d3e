"""`make example` and `make example-box` on the real cluster."""

import subprocess
import sys

import pytest

from examples.tour.tour import TOURS

from .access import Cluster
from .everything import everything
from .images import PROJECT

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("name", TOURS)
def test_every_step_shows_what_it_says_and_nothing_is_left(cluster: Cluster, richpod_image: str, name: str) -> None:
    before = everything(cluster)
    ran = subprocess.run([sys.executable, "-m", "examples.tour", name], cwd=PROJECT, capture_output=True, text=True, check=False)
    print(ran.stdout, ran.stderr)
    assert ran.returncode == 0
    assert "Every step has shown what it should" in ran.stdout
    assert everything(cluster) <= before
