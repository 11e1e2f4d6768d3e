"""docs/metrics.md is true: of the tables in the code, of a running server, and of the lines that it writes."""

import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.log_events import EVENTS
from tests.metrics_page import PROCESS, PROCESSES, ROOT, TABLES, kind, page
from tests.reviews import pod, review
from tests.serving import DEFAULT, Files, Running, process

PAGE = ROOT / "docs/metrics.md"


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with an answered and a refused call behind it."""
    with process(Files(tmp_path_factory.mktemp("webhook"))) as (webhook, _):
        webhook.post(orjson.dumps(review(pod())))
        webhook.post(b"{", DEFAULT)
        yield webhook


def test_the_page_says_what_the_tables_say(pytestconfig: pytest.Config) -> None:
    """`pytest --update-golden` prints it anew."""
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


def test_r58_a_running_server_shows_what_the_page_says_and_nothing_else(ended: Running) -> None:
    lines = ended.health("/metrics").body.decode().splitlines()
    shown = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE ")}
    own = {name: kind(row) for name, row in TABLES["serve"].items()}
    assert shown == own | {name: said for name, (said, _) in PROCESS.items()}


def test_r58_labels_are_those_of_the_page(ended: Running) -> None:
    text = ended.health("/metrics").body.decode()
    for name, row in TABLES["serve"].items():
        series = re.findall(rf"^{name}(?:_bucket)?(?:\{{(.*)\}})? ", text, re.MULTILINE)
        labels = {label for found in series for label in re.findall(r'(\w+)="', found)} - {"le"}
        assert labels == ({*row.labels} if series else set()), name


def test_r57_every_event_that_code_logs_is_on_the_page() -> None:
    known = {(event.command, event.event) for event in EVENTS}
    for command, package in PROCESSES.items():
        for path in sorted((ROOT / package.replace(".", "/")).rglob("*.py")):
            for event in re.findall(r'\b_?log\(\s*"([^"]+)"', path.read_text()):
                assert (command, event) in known, f"{path.relative_to(ROOT)}: {event}"


def test_r57_every_event_of_the_page_is_logged_somewhere() -> None:
    code = "".join(path.read_text() for path in Path(ROOT / "webhook").rglob("*.py"))
    assert [event.event for event in EVENTS if f'log("{event.event}"' not in code] == []


@pytest.mark.parametrize("name", ["certificate", "serving", "admission", "refused-call"])
def test_r57_a_servers_lines_have_the_fields_of_the_page(ended: Running, name: str) -> None:
    expected = next(event for event in EVENTS if (event.command, event.event) == ("serve", name))
    fields = ended.log.event(name).keys() - {"time", "event"}
    assert {*expected.fields} <= fields <= {*expected.fields, *expected.sometimes}


def test_r57_a_server_writes_no_line_that_the_page_does_not_know(ended: Running) -> None:
    said = {orjson.loads(line)["event"] for line in ended.log.lines}
    assert said <= {event.event for event in EVENTS if event.command in ("serve", "every one")}
