"""One JSON line for each decision; nothing a user writes makes another line or gets secrets into it (requirement 57)."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.api_server import judge
from tests.reviews import pod, review
from tests.running import DEFAULT, Running
from webhook.log import descriptor, failure, log_to

Json = dict[str, Any]

SECRET = "s3cret-value"
NASTY = 'a\nb\r{"event":"admission"}\x00\x1b[31m\u2028\x85\U0001f9ca\u202e'


def decided(webhook: Running, sent: Json) -> Json:
    """The line about one review."""
    assert webhook.post(orjson.dumps(sent)).status == 200
    return webhook.log.event("admission", uid=sent["request"]["uid"])


def test_r57_a_decision_is_told_with_all_that_identifies_it(webhook: Running) -> None:
    line = decided(webhook, review(pod(), uid="told"))
    milliseconds, time, operations = line.pop("milliseconds"), line.pop("time"), line.pop("operations")
    assert line == {
        "event": "admission",
        "decision": "patched",
        "uid": "told",
        "namespace": "shop",
        "kind": "Pod",
        "name": "web-5c9-",
        "operation": "CREATE",
        "profile": "default",
        "level": "privileged",
        "verdicts": ["init applied"],
    }
    assert 0 < milliseconds < 10_000
    assert operations > 1
    assert time.endswith("Z")


def test_r57_a_refusal_and_a_typo_are_told_with_their_reasons(webhook: Running) -> None:
    forged = pod({"volumes": [{"name": "richpod-mine", "emptyDir": {}}]}, {"richpod.io/intt": "x"})
    line = decided(webhook, review(forged, uid="forged"))
    assert line["decision"] == "refused"
    assert line["verdicts"] == ["pod skipped: unknown-annotation", "pod refused: reserved-name"]


def test_r47_a_pod_with_a_name_is_told_by_it(webhook: Running) -> None:
    assert decided(webhook, review(pod(name="web-0"), uid="named"))["name"] == "web-0"


def test_r57_no_value_of_a_pod_is_in_any_line(webhook: Running) -> None:
    container = {"name": "app", "image": "x", "command": ["/app", SECRET], "env": [{"name": "PASSWORD", "value": SECRET}]}
    annotations = {"richpod.io/init": SECRET, f"richpod.io/{SECRET}": SECRET, "kubectl.kubernetes.io/last-applied": SECRET}
    sent = review(pod({"containers": [container]}, annotations), uid="secretive")
    decided(webhook, sent)
    misshapen = review(pod({"containers": [{**container, "env": [{"name": "PASSWORD", "value": {"x": SECRET}}]}]}), uid="odd")
    webhook.post(orjson.dumps(misshapen))
    misshapen = review(pod({"containers": [{**container, "command": SECRET}]}), uid="odd")
    assert webhook.post(orjson.dumps(misshapen)).status == 400
    decided(webhook, review(pod(), uid="last"))
    assert SECRET.encode() not in b"".join(webhook.log.lines)


@pytest.mark.parametrize("where", ["uid", "namespace", "name", "operation"])
def test_r57_words_of_a_user_make_no_second_line(webhook: Running, where: str) -> None:
    sent = review(pod(), **{where: NASTY})
    before = len(webhook.log.lines)
    assert webhook.post(orjson.dumps(sent)).status == 200
    webhook.post(orjson.dumps(review(pod(), uid=f"after {where}")))
    webhook.log.event("admission", uid=f"after {where}")
    lines = b"".join(webhook.log.lines[before:]).decode().splitlines()
    said = [orjson.loads(line)[where] for line in lines if line]
    assert len(said) == 2
    assert said[0].isprintable()


def test_r57_a_path_makes_no_second_line_either(webhook: Running) -> None:
    webhook.post(b"", "/%0A%7B%22event%22%3A%22admission%22%7D%00%e2%80%a8")
    line = webhook.log.event("refused-call", status=404, path='/\ufffd{"event":"admission"}\ufffd\ufffd')
    assert line["caller"] == "127.0.0.1"


def test_r57_long_words_are_cut(webhook: Running) -> None:
    sent = review(pod(), uid="long", name="x" * 100_000)
    assert len(decided(webhook, sent)["name"]) == 253


def test_r55_warnings_reach_the_user_as_single_lines(webhook: Running) -> None:
    sent = review(pod(annotations={f"richpod.io/{NASTY}": "x", "richpod.io/init": NASTY}))
    admitted = judge(webhook.post(orjson.dumps(sent)), sent)
    assert len(admitted.warnings) == len(orjson.loads(webhook.post(orjson.dumps(sent)).body)["response"]["warnings"]) == 2
    assert all(warning.isprintable() and len(warning) <= 120 for warning in admitted.warnings)


def test_a_refused_call_is_told_with_its_caller_and_without_its_body(webhook: Running) -> None:
    webhook.post(SECRET.encode(), f"{DEFAULT}?timeout=3s")
    line = webhook.log.event("refused-call", status=400, sentence="the body is not JSON")
    assert (line["path"], line["caller"]) == (DEFAULT, "127.0.0.1")


def test_each_event_is_one_line() -> None:
    written: list[bytes] = []
    log_to(written.append)("a", b="c\n")
    log_to(written.append)("d")
    assert [line.count(b"\n") for line in written] == [1, 1]


def test_a_log_that_nobody_reads_any_more_fails_nobody() -> None:
    def broken(line: bytes) -> None:
        raise BrokenPipeError

    log_to(broken)("a")


def test_an_exception_is_told_by_class_and_place() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        said = failure(error)
    assert said["exception"] == "ValueError"
    assert said["traceback"][-1].endswith("test_an_exception_is_told_by_class_and_place: int(SECRET)")
    assert SECRET not in str(said)


def test_a_pod_of_many_containers_is_one_short_line(webhook: Running) -> None:
    containers = [{"name": f"c{i}", "image": "x"} for i in range(900)]
    line = decided(webhook, review(pod({"containers": containers}), uid="many"))
    assert line["verdicts"] == ["init skipped: argv-unknown"]


def test_a_reader_that_has_stalled_loses_lines_and_holds_up_nobody() -> None:
    reader, writer = os.pipe()
    log, count = log_to(descriptor(writer)), 2_000
    for number in range(count):
        log("decision", number=number, text="x" * 100)
    log("long", text="x" * 200_000)
    os.set_blocking(reader, False)
    with open(reader, "rb") as kept:
        lines = (kept.read() or b"").splitlines()
    os.close(writer)
    numbers = [orjson.loads(line)["number"] for line in lines]
    assert 0 < len(numbers) < count
    assert numbers == list(range(len(numbers)))


def test_what_is_longer_than_a_pipe_takes_at_once_arrives_whole_where_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        log_to(descriptor(file.fileno()))("long", text="x" * 20_000)
    assert len(orjson.loads((tmp_path / "log").read_bytes())["text"]) == 20_000
