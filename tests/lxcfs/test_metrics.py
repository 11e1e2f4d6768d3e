"""What Prometheus sees of the node agent."""

from prometheus_client.exposition import generate_latest

from webhook.lxcfs.metrics import REASONS, TABLE, Metrics


def shown() -> list[str]:
    return generate_latest(Metrics().registry).decode().splitlines()


def test_the_table_and_the_process_and_nothing_else() -> None:
    names = {line.split()[2] for line in shown() if line.startswith("# TYPE ")}
    assert {name for name in names if not name.startswith("process_")} == set(TABLE)


def test_what_may_be_counted_shows_as_0_before_it_happens() -> None:
    for reason in REASONS:
        assert f'richpod_lxcfs_restarts_total{{reason="{reason}"}} 0.0' in shown()


def test_the_agent_is_not_up_before_it_has_looked() -> None:
    assert "richpod_lxcfs_up 0.0" in shown()
