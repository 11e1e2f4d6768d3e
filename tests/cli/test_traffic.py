"""Which container of a live pod has the switch, and how long its launcher may be waited for."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.cli.trace import Gate
from webhook.cli.traffic import RULE, Launcher, gates, idle, lacking, launcher, patience, switchable
from webhook.cluster import Cluster
from webhook.errors import ApiError
from webhook.execution import Executed
from webhook.inpod.contract import DUMB_INIT, EXIT_WAITS, LAUNCH, SIDECAR_CONTAINER

Json = dict[str, Any]
STATE = ["--state", "/.richpod-state/main"]


def pod(*containers: Json, **spec: Any) -> Json:
    return {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"containers": list(containers), **spec}}


def main(*words: str) -> Json:
    return {"name": "main", "command": list(words)}


FOUND = Launcher("main", "/.richpod-state/main", 0)


@pytest.mark.parametrize(
    "words",
    [
        [LAUNCH, *STATE, "--", "/app"],
        [DUMB_INIT, "--", LAUNCH, "exec", *STATE, "--", "/app"],
        ["/another/injector", "--", LAUNCH, *STATE, "--hold", "--", "/app"],
        [LAUNCH, "--java-debug", "50005", *STATE, "--", "/app"],
        [DUMB_INIT, "--", LAUNCH, "exec", "--java-debug", "50005", *STATE, "--", "/app"],
    ],
)
def test_the_launcher_is_found_behind_whatever_starts_it(words: list[str]) -> None:
    assert launcher(pod({"name": "proxy"}, main(*words))) == FOUND
    assert launcher(pod({"name": "main", "command": ["/another/injector"], "args": words})) == FOUND


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["/app", *STATE],
        [LAUNCH, "--", "/app", *STATE],
        [LAUNCH, "exec", "--", "/app"],
        [LAUNCH, "--state"],
        [LAUNCH],
    ],
)
def test_a_container_without_hooks_has_none(words: list[str]) -> None:
    assert launcher(pod(main(*words), {"name": "idle", "command": None, "args": None})) is None


def test_hooks_that_a_person_may_wait_for_are_counted() -> None:
    """Not those before the start or after the end; the launcher itself ends its waiting for preonline."""
    hooks = ("prestart:100:1", "/a", "--hook", "postoffline:20:2", "/b", "c", "--hook", "postoffline:300:1:optional", "/d")
    found = launcher(pod(main(LAUNCH, *STATE, "--hook", *hooks, "--hold", "--drain", "7", "--", "/app", "--drain", "900")))
    assert found is not None
    assert found.leaving == 327
    assert patience(found) - patience(FOUND) == 327
    assert patience(FOUND) > 60


def test_only_a_sidecar_looks_at_whether_it_is_online() -> None:
    assert switchable(pod(main("/app"), initContainers=[{"name": "copy"}, {"name": SIDECAR_CONTAINER}]))
    assert not switchable(pod(main("/app"), {"name": SIDECAR_CONTAINER}, initContainers=[{"name": "copy"}]))
    assert not switchable(pod(main("/app"), initContainers=None))


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"running": {}}, ""),
        ({"waiting": {"reason": "PodInitializing"}}, "container main does not run yet (PodInitializing)"),
        ({"waiting": {}}, "container main does not run yet"),
        ({}, "container main does not run yet"),
        ({"terminated": {"reason": "Error", "exitCode": 3}}, "container main has ended (Error, exit code 3)"),
        ({"terminated": {"reason": "Error", "exitCode": 3, "message": " \n"}}, "container main has ended (Error, exit code 3)"),
    ],
)
def test_a_container_that_does_not_run_says_why(state: Json, why: str) -> None:
    others = {"name": "proxy", "state": {"waiting": {"reason": "Other"}}}
    statuses = [others, {"name": "main", "state": state}]
    assert idle({**pod(main()), "status": {"containerStatuses": statuses}}, "main") == why


LEFT = "richpod: the prestart hook /up ended with exit code 3; its last lines:\n[prestart] a\n[prestart] no\x1b database\n"
CAUSE = "the prestart hook /up ended with exit code 3; its last lines: [prestart] no\N{REPLACEMENT CHARACTER} database"
ENDED = {"terminated": {"reason": "Error", "exitCode": 3, "message": LEFT}}
AFTER = f"container main has ended (Error, exit code 3): {CAUSE}"


def reported(state: Json, last: Json | None = None) -> Json:
    """A pod with a switch, as its kubelet last reported it."""
    statuses = [{"name": "main", "state": state, "lastState": last or {}}]
    found = pod(main(LAUNCH, *STATE), initContainers=[{"name": SIDECAR_CONTAINER}])
    return {**found, "status": {"containerStatuses": statuses}}


def test_a_container_that_does_not_run_says_what_it_left() -> None:
    """Whether it has just ended, or waits to be started again."""
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    assert idle(reported(ENDED), "main") == AFTER
    assert idle(reported(waiting, ENDED), "main") == f"container main does not run yet (CrashLoopBackOff): {CAUSE}"
    assert idle(reported({"running": {}}, ENDED), "main") == ""


def test_what_a_container_left_is_bounded() -> None:
    said = idle(reported({"terminated": {"message": ("x" * 5000 + "\n") * 9}}), "main")
    assert len(said) < 400


def test_a_pod_that_no_node_has_seen_does_not_run_yet() -> None:
    assert idle(pod(main()), "main") == "container main does not run yet"


def test_whoever_may_not_is_told_the_rule() -> None:
    assert lacking(ApiError(403, "Forbidden", "no"), "shop") == (
        "an administrator allows it by a Role in shop with the rule "
        '{apiGroups: [""], resources: [pods/exec], verbs: [create, get]}, and a RoleBinding to it'
    )
    assert lacking(ApiError(500, "InternalError", "no"), "shop") == ""


def test_the_page_has_the_same_rule() -> None:
    page = (Path(__file__).parents[2] / "docs/switch.md").read_text()
    (role,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S)
    assert yaml.safe_load(role)["rules"] == [yaml.safe_load(RULE)]


# --- as explain tells it ---


class Answering(Cluster):
    """One whose containers answer so, whatever is executed in them."""

    def __init__(self, ended: Executed | ApiError, now: Json | None = None) -> None:
        self._ended, self._now = ended, now

    def get(self, path: str) -> Json | None:
        assert path == "/api/v1/namespaces/shop/pods/web"
        return self._now

    def execute(self, *what: object) -> Executed:
        if isinstance(self._ended, ApiError):
            raise self._ended
        return self._ended


def gate(ended: Executed | ApiError) -> Gate:
    (gate,) = gates(Answering(ended), reported({"running": {}}))
    return gate


def told(code: int, *lines: str) -> Gate:
    return gate(Executed(code, "", "".join(f"{line}\n" for line in lines)))


def test_whoever_may_not_execute_reads_what_an_administrator_writes() -> None:
    refused = ApiError(403, "Forbidden", "no pods/exec for you")
    assert gate(refused) == Gate("switch", "not known", "no pods/exec for you", (), (lacking(refused, "shop"),))
    assert gate(ApiError(500, "InternalError", "out of order")) == Gate("switch", "not known", "out of order")


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (reported(ENDED), AFTER),
        (reported({"running": {}}, ENDED), f"container main does not run just now: {CAUSE}"),
        (reported({"running": {}}), "container main does not run just now"),
        (None, "the pod is no longer there"),
    ],
)
def test_a_container_that_has_just_gone_is_looked_at_again(now: Json | None, why: str) -> None:
    """The kubelet knows before it reports."""
    cluster = Answering(ApiError(500, "InternalError", 'container not found ("main")'), now)
    assert gates(cluster, reported({"running": {}})) == [Gate("switch", "offline", why)]


def test_what_is_online_can_be_taken_offline() -> None:
    assert told(0, "richpod: online (generation 7)") == Gate(
        "switch", "online", "generation 7", ("kubectl richpod offline web -n shop",)
    )


def test_what_waits_for_a_person_names_the_command() -> None:
    """By the code, whatever the words are."""
    assert told(EXIT_WAITS, "richpod: offline: asleep") == Gate(
        "switch", "offline", "asleep", ("kubectl richpod online web -n shop",)
    )


def test_what_waits_for_something_else_names_who_tells_more() -> None:
    """A person would bring a program online that does not answer yet."""
    logs = "what it waits for: kubectl logs web -n shop -c richpod-sidecar"
    assert told(1, "richpod: offline: somebody is asleep") == Gate("switch", "offline", "somebody is asleep", (), (logs,))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["richpod: usage: launch [exec]", "more"], "usage: launch [exec]"),
        ([], "it ended with exit code 64"),
        (["onlineish"], "onlineish"),
        ([""], ""),
    ],
)
def test_a_launcher_that_says_something_else_is_told_as_it_is(lines: list[str], said: str) -> None:
    """One of another version, or whatever a container has in its place."""
    assert told(64, *lines) == Gate("switch", "not known", f"the launcher does not tell: {said}")
