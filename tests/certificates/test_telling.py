"""What an administrator reads: each thing once, in the log and in the metrics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certs.authority import new_authority
from certs.rotation import Publish, State, Wait, WriteAuthority
from webhook.certificates.metrics import TABLE, Metrics
from webhook.certificates.stopwatch import Stopwatch
from webhook.certificates.telling import Telling

NOW = datetime(2030, 2, 28, 12, 0, tzinfo=UTC)
PAIR = new_authority("richpod", NOW, timedelta(days=10))


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.metrics = Metrics()
        self.telling = Telling(lambda event, **facts: self.lines.append((event, facts)), self.metrics)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
def told() -> Told:
    return Told()


def test_r58_every_series_of_the_table_is_there_from_the_start(told: Told) -> None:
    shown = {sample.name for metric in told.metrics.registry.collect() for sample in metric.samples}
    assert set(TABLE) <= shown


def test_a_problem_is_told_when_it_begins_and_when_it_is_over(told: Told) -> None:
    for _ in range(3):
        told.telling.problems({"unreachable": "no route"})
    assert told.lines == [("problem", {"problem": "unreachable", "sentence": "no route"})]
    assert told.value("richpod_certs_problem", problem="unreachable") == 1
    told.telling.problems({})
    assert told.lines[1:] == [("solved", {"problem": "unreachable"})]
    assert told.value("richpod_certs_problem", problem="unreachable") == 0
    assert told.value("richpod_certs_problems_total", problem="unreachable") == 1


def test_a_write_is_told_with_its_reason_and_without_a_key(told: Told) -> None:
    told.telling.wrote(WriteAuthority(PAIR, b"", "there is\nno authority"))
    told.telling.wrote(Publish(b"", "the bundle differs in a.richpod.io"))
    assert [facts["step"] for _, facts in told.lines] == ["authority", "bundle"]
    assert told.lines[0][1]["reason"] == "there is\N{REPLACEMENT CHARACTER}no authority"
    assert "PRIVATE" not in str(told.lines)
    assert told.value("richpod_certs_writes_total", step="authority") == 1


def test_waiting_is_told_once_and_rest_once(told: Told) -> None:
    for reason in ("first", "first", "", ""):
        told.telling.waits(reason)
    assert told.lines == [("waiting", {"reason": "first"}), ("in-step", {})]


def test_r58_ends_of_certificates_are_metrics(told: Told) -> None:
    told.telling.seen(State(PAIR, b"", None, {}, b"", None), Wait("a reason"), NOW)
    end = (NOW + timedelta(days=10)).timestamp()
    assert told.value("richpod_certs_expiry_timestamp_seconds", certificate="authority") == end
    assert told.value("richpod_certs_expiry_timestamp_seconds", certificate="leaf") == 0
    assert told.value("richpod_certs_in_step") == 0


def test_a_stopwatch_begins_again_with_whatever_is_new() -> None:
    watch = Stopwatch()
    assert [watch.seconds("a", 10), watch.seconds("a", 15), watch.seconds("b", 20), watch.seconds("b", 21)] == [0, 5, 0, 1]
    assert [watch.seconds(None, 30), watch.seconds(None, 40), watch.seconds("b", 50)] == [0, 0, 0]
