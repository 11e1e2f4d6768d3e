"""In place of the cluster on this machine, a guest with cgroup v2."""

from collections.abc import Iterator

import pytest

from ..access import Cluster
from . import lifecycle
from .layout import ONLY


@pytest.fixture(scope="session")
def api_server() -> Iterator[Cluster]:
    if reason := lifecycle.missing():
        pytest.fail(reason)
    with lifecycle.running(ONLY) as cluster:
        yield cluster
