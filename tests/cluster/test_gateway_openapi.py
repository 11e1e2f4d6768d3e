"""Whoever has read the gateway's contract: schemathesis asks all that it allows, and more, and judges every answer by it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from schemathesis.engine import Status, from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from tests.gateway.contract import contract

from .access import Cluster
from .gateways import NAME, Replica
from .hostile import REQUESTS, Led, led
from .listing import history

pytestmark = pytest.mark.cluster

WORKERS = 4


@pytest.fixture(scope="module")
def gateway(alone: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with led(alone, tmp_path_factory.mktemp("hostile")) as found:
        yield found


def judged(replica: Replica, folder: Path, **headers: str) -> tuple[Counter[int], list[str]]:
    """How many answers had which status, 0 for none, and what is wrong with them. `headers` are of every request."""
    (folder / "authority.crt").write_text(replica.authority)
    schema = schemathesis.openapi.from_dict(contract(), config=schemathesis.Config(seed=REQUESTS))
    schema.config.update(
        base_url=f"https://{NAME}:{replica.port}", tls_verify=f"{folder}/authority.crt", workers=WORKERS, headers=headers
    )
    schema.config.generation.max_examples = REQUESTS // 2 // len(contract()["paths"])
    schema.config.generation.database = "none"
    statuses, wrong = Counter[int](), list[str]()
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            answers = (exchanged.response for exchanged in event.recorder.interactions.values())
            statuses.update(answer.status_code if answer else 0 for answer in answers)
            checks = (check for case in event.recorder.checks.values() for check in case)
            wrong += [f"{check.name}: {check.failure_info}" for check in checks if check.status != Status.SUCCESS]
        elif isinstance(event, NonFatalError | FatalError):
            wrong.append(str(event))
    return statuses, wrong


def test_without_a_token_nobody_gets_more_than_a_no(gateway: Led, tmp_path: Path) -> None:
    before = len(history(gateway.listed))
    statuses, wrong = judged(gateway.replica, tmp_path)
    print(f"\n{dict(statuses)}")
    assert wrong == []
    assert statuses.keys() == {401, 405}
    assert len(history(gateway.listed)) == before


def test_a_pod_is_answered_as_the_contract_says(gateway: Led, tmp_path: Path) -> None:
    """And costs the upstream the one call that is its own."""
    pod = gateway.site.pod("reads", "orders", address="10.1.5.1")
    before = len(history(gateway.listed))
    statuses, wrong = judged(gateway.replica, tmp_path, Authorization=f"Bearer {pod.token}")
    print(f"\n{dict(statuses)}")
    assert wrong == []
    assert {200, 202} <= statuses.keys() <= {200, 202, 401, 405, 429}
    assert len(history(gateway.listed)) == before + 1
