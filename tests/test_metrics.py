"""A table of metrics, as Prometheus sees it."""

import pytest
from prometheus_client import Counter, Gauge
from prometheus_client.exposition import generate_latest

from webhook.metrics import Row, registered

TABLE = {
    "calls_total": Row(Counter, {"result": ("good", "bad"), "path": ("/",)}, "Calls."),
    "names_total": Row(Counter, {"kind": ("a", "b"), "name": ()}, "Names, which nobody knows beforehand."),
    "ready": Row(Gauge, {}, "1 or 0."),
}


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return generate_latest(registered(TABLE)[0]).decode().splitlines()


def test_r58_the_table_and_the_process_and_nothing_else(lines: list[str]) -> None:
    names = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    assert {name for name in names if not name.startswith("process_")} == set(TABLE)
    assert "process_resident_memory_bytes" in names


def test_r58_what_may_be_counted_shows_as_0_before_it_happens(lines: list[str]) -> None:
    shown = [line for line in lines if line.startswith(tuple(TABLE))]
    assert shown == ['calls_total{path="/",result="good"} 0.0', 'calls_total{path="/",result="bad"} 0.0', "ready 0.0"]


def test_two_processes_in_one_do_not_share_what_they_count() -> None:
    (first, metrics), (second, _) = registered(TABLE), registered(TABLE)
    metrics["ready"].set(1)
    assert [registry.get_sample_value("ready") for registry in (first, second)] == [1, 0]
