"""docs/metrics.md is true: of the tables in the code, of a running server, and of the lines that it writes."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest
from prometheus_client.exposition import generate_latest

from tests.log_events import EVENTS
from tests.metrics_page import PROCESSES, ROOT, TABLES, listed, page, shown
from tests.reviews import pod, review
from tests.running import DEFAULT, Files, Running, process

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
    assert shown(ended.health("/metrics").body) == listed("serve")


@pytest.mark.parametrize("command", sorted(TABLES.keys() - {"serve"}))
def test_r58_the_other_processes_show_what_the_page_says_and_nothing_else(command: str) -> None:
    made = import_module(f"{PROCESSES[command]}.metrics").Metrics
    metrics = made(["acl"], lambda upstream: 0, lambda phase: 0) if command == "gateway" else made()
    assert shown(generate_latest(metrics.registry)) == listed(command)


def test_r58_labels_are_those_listed(ended: Running) -> None:
    text = ended.health("/metrics").body.decode()
    for name, row in TABLES["serve"].items():
        series = re.findall(rf"^{name}(?:_bucket)?(?:\{{(.*)\}})? ", text, re.MULTILINE)
        labels = {label for found in series for label in re.findall(r'(\w+)="', found)} - {"le"}
        assert labels == ({*row.labels} if series else set()), name


class Logged(NamedTuple):
    """A call of the log, somewhere in the code. `more`: it also passes on fields that stand elsewhere."""

    where: str
    command: str
    event: str
    fields: set[str]
    more: bool


def logged(command: str, path: Path) -> Iterator[Logged]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            # `answered` logs one line, of the event it is told.
            said = node.args[name == "answered"]
            event = said.value if isinstance(said, ast.Constant) else None
            if name in ("log", "_log", "answered") and isinstance(event, str):
                named = {keyword.arg for keyword in node.keywords if keyword.arg}
                more = name == "answered" or len(named) < len(node.keywords)
                yield Logged(str(path.relative_to(ROOT)), command, event, named, more)


SERVERS = [("serve", "webhook.serving"), ("gateway", "webhook.serving")]
"""Commands that log from there, too."""
LOGGED = [
    call
    for command, package in (*PROCESSES.items(), *SERVERS)
    for path in sorted((ROOT / package.replace(".", "/")).rglob("*.py"))
    for call in logged(command, path)
]


@pytest.mark.parametrize("call", LOGGED, ids=lambda call: f"{call.command} {call.event}")
def test_r57_every_call_of_the_log_is_on_the_page_with_its_fields(call: Logged) -> None:
    known = next((e for e in EVENTS if (e.command, e.event) == (call.command, call.event)), None)
    assert known, f"tests/log_events.py does not know the event of {call.where}"
    assert call.fields <= {*known.fields, *known.sometimes}
    assert call.more or {*known.fields} <= call.fields


def test_events_are_written_alike() -> None:
    assert [call.event for call in LOGGED if not re.fullmatch(r"[a-z]+(-[a-z]+)*", call.event)] == []


def test_every_event_of_the_page_is_logged_somewhere() -> None:
    written = {(call.command, call.event) for call in LOGGED}
    assert [e.event for e in EVENTS if e.command in PROCESSES and (e.command, e.event) not in written] == []


@pytest.mark.parametrize("name", ["certificate", "serving", "admission", "refused-call"])
def test_r57_a_servers_lines_have_the_fields_listed(ended: Running, name: str) -> None:
    expected = next(event for event in EVENTS if (event.command, event.event) == ("serve", name))
    fields = ended.log.event(name).keys() - {"time", "event"}
    assert {*expected.fields} <= fields <= {*expected.fields, *expected.sometimes}


def test_r57_a_server_writes_no_line_that_the_page_does_not_know(ended: Running) -> None:
    said = {orjson.loads(line)["event"] for line in ended.log.lines}
    assert said <= {event.event for event in EVENTS if event.command in ("serve", "every one")}
