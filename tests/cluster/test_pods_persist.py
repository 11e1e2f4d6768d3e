"""A folder of the image, once it is the application's own: what is changed there stays from pod to pod."""

import json
from collections.abc import Iterator

import pytest

from .claims import CLAIM, claim
from .rich import Place, policy, verdicts

pytestmark = pytest.mark.cluster

POLICY = policy()
PATH = "/var/lib/dpkg"
ASK = {"persist": json.dumps([{"path": PATH, "claim": CLAIM, "single": True}])}
RESTARTS = 10


@pytest.fixture
def claimed(rich: Place) -> Iterator[Place]:
    with claim(rich):
        yield rich


def test_what_the_image_has_is_there_once_and_what_is_changed_stays(claimed: Place, plain: Place, debian: str) -> None:
    plain.create(debian, "sh", "-c", f"cd {PATH}; ls -lnAR --time-style=full-iso; md5sum status")
    wanted = plain.output().splitlines()
    look = f"cd {PATH}; ls -lnAR --time-style=full-iso; md5sum status"
    claimed.create(debian, "sh", "-c", f"{look}; rm status; echo changed > available; echo 0 > starts", name="first", ask=ASK)
    assert claimed.output("first").splitlines()[1:] == wanted[1:]  # the first line counts blocks of a file system
    for number in range(1, RESTARTS + 1):
        name = f"start-{number}"
        count = "cat starts; echo $(($(cat starts) + 1)) > starts".replace("$(", "$$(")
        stored = claimed.create(debian, "sh", "-c", f"cd {PATH}; {count}; cat available; ls status", name=name, ask=ASK).stored
        assert verdicts(stored)["persist"] == "applied"
        assert claimed.output(name).splitlines()[:2] == [str(number - 1), "changed"]
        assert claimed.end(name).code != 0  # what was removed does not come back
        claimed.cluster.kubectl("-n", claimed.namespace, "delete", "pod", name)
