"""A bug of our own: failurePolicy decides, users read no inside, the log says where (requirement 9)."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.api_server import Rejected, create, judge
from tests.reviews import pod, review
from tests.running import Files, Running, thread
from webhook.admission.images import Registries
from webhook.images.credentials import Keyring
from webhook.images.program import Program, Programs
from webhook.images.reference import Reference
from webhook.policy.file import parse

SECRET = "s3cret-value"


async def failing(image: Reference, *_: object) -> Programs:
    if "explosive" in image.repository:
        raise RuntimeError(f"{image} {SECRET}")
    return {"": Program(("/known",), ())}


async def keyrings(*_: object) -> list[Keyring]:
    return []


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A webhook whose look-up fails on one image: what a bug of ours would do."""
    policy = parse("images: {registries: {docker.io: {}}}")
    with thread(Files(tmp_path_factory.mktemp("fragile")), policy, Registries(failing, keyrings)) as running:
        yield running


def test_r9_a_failure_of_our_own_is_failure_policys_to_decide(fragile: Running) -> None:
    unlucky = review(pod({"containers": [{"name": "app", "image": "explosive", "env": [{"name": "P", "value": SECRET}]}]}))
    reply = fragile.post(orjson.dumps(unlucky))
    assert reply.status == 500
    assert create(lambda: reply, unlucky, "Ignore", bool).pod == unlucky["request"]["object"]
    with pytest.raises(Rejected) as rejected:
        create(lambda: reply, unlucky, "Fail", bool)
    # users read this
    assert rejected.value.message.endswith(
        '("richpod failed; the log of the webhook says where") has prevented the request from succeeding'
    )


def test_r9_r57_the_log_says_where_it_failed_and_for_whom_but_not_with_what(fragile: Running) -> None:
    fragile.post(orjson.dumps(review(pod({"containers": [{"name": "app", "image": "explosive"}]}), uid="unlucky-1")))
    line = fragile.log.event("refused-call", status=500, uid="unlucky-1", namespace="shop")
    assert line["exception"] == "RuntimeError"
    assert f"{Path(__file__).name}:" in line["traceback"][-1]
    assert "failing" in line["traceback"][-1]
    assert SECRET not in str(line)


def test_r9_the_next_pod_is_served(fragile: Running) -> None:
    fragile.post(orjson.dumps(review(pod({"containers": [{"name": "app", "image": "explosive"}]}))))
    calm = review(pod({"containers": [{"name": "app", "image": "calm"}]}))
    assert judge(fragile.post(orjson.dumps(calm)), calm).pod["spec"]["containers"][0]["command"][-1] == "/known"
