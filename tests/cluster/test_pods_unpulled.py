"""A toolkit image that no node can pull: what a real kubelet writes about it is what `check` and `explain` read."""

from collections.abc import Iterator

import pytest

from webhook.cli.pulls import unpulled

from .access import Cluster
from .rich import Place, opted_in, policy

pytestmark = pytest.mark.cluster

ABSENT = {"prefix": "localhost", "tag": "absent"}


@pytest.fixture(scope="module", params=["copy", "image"])
def labels(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    given = policy(toolkit={"delivery": request.param}, image=ABSENT)
    with opted_in(cluster, given, tmp_path_factory.mktemp("webhook")) as opted:
        yield opted


def test_a_pod_that_waits_for_the_toolkit_is_known_by_its_status(rich: Place, static: str) -> None:
    rich.create(static, "/probe", "until", "0")
    waits = rich.cluster.wait_for_pod(rich.namespace, "subject", lambda pod: unpulled(pod) is not None)
    found = unpulled(waits)
    assert found is not None
    assert found.image == "localhost/richpod-toolkit:absent"
    assert found.why.startswith('failed to pull and unpack image "localhost/richpod-toolkit:absent": ')
