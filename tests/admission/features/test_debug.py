"""Debugging of a JVM: one option of the launcher, and a liveness probe that bears with it."""

from typing import Any

import pytest

from tests.admission.debugged import HTTP, POLICY, app, asking, first, said
from tests.reviews import answer, context, patched, pod
from webhook.inpod.contract import DUMB_INIT, LAUNCH, PROBE

Json = dict[str, Any]


# --- the launcher ---


def test_trap_22_the_launcher_tells_the_applications_jvm_and_nobody_else() -> None:
    """No variable is set: any other JVM of the container would find the port taken, and end."""
    found = first(asking(app(env=[{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx1g"}])))
    assert found["command"] == [LAUNCH, "--java-debug", "50005", "--", "/a"]
    assert found["env"] == [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx1g"}]


def test_trap_23_only_the_main_container_is_debugged() -> None:
    sent = asking(app(livenessProbe=HTTP), {**app(livenessProbe=HTTP), "name": "web"})
    sent["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"] = "web"
    other, main = patched(sent, context(POLICY))["spec"]["containers"]
    assert (other["command"], other["livenessProbe"]) == ([LAUNCH, "--", "/a"], HTTP)
    assert main["command"] == [LAUNCH, "--java-debug", "50005", "--", "/a"]
    assert main["livenessProbe"]["exec"]["command"][0] == PROBE


def test_under_dumb_init_the_launcher_tells_it_too() -> None:
    command = first(asking(init="dumb-init"))["command"]
    assert command == [DUMB_INIT, "--", LAUNCH, "exec", "--java-debug", "50005", "--", "/a"]


def test_hooks_come_behind_it() -> None:
    features = {"init": "launch", "hooks": {"prestart": ["/up"]}, "debug": "java"}
    command = first(pod(), {"profiles": {"default": {"features": features}}})["command"]
    assert command[:4] == [LAUNCH, "--java-debug", "50005", "--state"]


def test_a_pod_takes_back_what_its_profile_asks_for() -> None:
    policy = {"profiles": {"default": {"features": {"init": "launch", "debug": "java"}, "allow": ["debug"]}}}
    assert "--java-debug" in first(pod(), policy)["command"]
    assert "--java-debug" not in first(pod(annotations={"richpod.io/debug": "none"}), policy)["command"]


@pytest.mark.parametrize(
    "more",
    [
        {"command": ["java", "-agentlib:jdwp=server=y"]},
        {"args": ["-Xrunjdwp:server=y"]},
        {"env": [{"name": "JAVA_OPTS", "value": "-agentlib:JDWP=server=y"}]},
        {"env": [{"name": "X"}, {"name": "JPDA_ADDRESS", "valueFrom": {}}]},
        {"command": ["catalina.sh", "jpda", "run"]},
    ],
)
def test_a_container_with_a_debugger_of_its_own_keeps_it(more: Json) -> None:
    """A JVM that is told twice ends at once."""
    sent = asking(app(livenessProbe=HTTP, **more))
    found = first(sent)
    assert "--java-debug" not in found["command"]
    assert found["livenessProbe"] == HTTP
    assert said(sent) == ["debug skipped: container app mentions JDWP already, and a JVM that is told twice ends at once"]


@pytest.mark.parametrize("given", [["--by-architecture", "amd64=1"], ["--state", "/x"]])
def test_a_launcher_that_its_author_has_told_already_is_not_told_twice(given: list[str]) -> None:
    """It would end at once, with what it may be given."""
    command = [LAUNCH, *given, "--java-debug", "5005", "--", "/a", "/a"]
    sent = asking(app(command=command, livenessProbe=HTTP))
    found = first(sent)
    assert (found["command"], found["livenessProbe"]) == (command, HTTP)
    assert said(sent) == ["debug skipped: container app starts the launcher with --java-debug in a way of its own"]


def test_without_an_init_nobody_tells_it() -> None:
    sent = asking(app(livenessProbe=HTTP), init="none")
    assert "patch" not in answer(sent, context(POLICY))
    assert said(sent) == [
        "debug skipped: container app has no init of richpod's, which would tell its JVM",
        "to change, an annotation of the pod: richpod.io/init: launch",
    ]


def test_a_pod_without_containers_is_the_api_servers_to_refuse() -> None:
    """It asks webhooks before it validates."""
    sent = asking()
    sent["spec"]["containers"] = []
    assert said(
        sent, {"profiles": {"default": {"features": {"init": "launch", "hooks": {"prestart": ["/up"]}}, "allow": ["debug"]}}}
    ) == [
        "hooks skipped: the pod has no container",
        "debug skipped: the pod has no container",
    ]


@pytest.mark.parametrize(("text", "meant"), [("jav", "java"), ("nane", "none"), ("", ""), ("true", "")])
def test_what_it_may_not_say_is_explained(text: str, meant: str) -> None:
    sent = pod(annotations={"richpod.io/debug": text})
    told = said(sent)
    assert told[0].startswith(f"debug skipped: debug {text!r}: write java or none")
    assert [line.rpartition(": ")[2] for line in told[1:]] == ([meant] if meant else [])


def test_it_has_to_be_allowed() -> None:
    told = said(asking(), {"profiles": {"default": {"features": {"init": "launch"}, "allow": ["init"]}}})
    assert told[0].startswith("debug skipped: profile default does not let pods choose debug")


# --- where it runs ---


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"runtimeClassName": "gvisor"}, "runtime:gvisor: kubectl port-forward does not reach 127.0.0.1 in it"),
        ({"runtimeClassName": "kata-qemu"}, "runtime:kata: kubectl port-forward does not reach 127.0.0.1 in it"),
        ({"hostNetwork": True}, "hostNetwork: the port is the node's: one pod can have it, and all on the node reach it"),
    ],
)
def test_where_the_port_is_out_of_reach_or_anybodys_is_said(spec: Json, why: str) -> None:
    sent = asking()
    sent["spec"].update(spec)
    policy = {**POLICY, "runtimes": {"gvisor": {"class": "gvisor"}, "kata": {"class": "kata-qemu", "kind": "kata"}}}
    policy["profiles"] = {"default": {**POLICY["profiles"]["default"], "allow": ["init", "debug", "runtime"]}}
    assert "--java-debug" in first(sent, policy)["command"]
    assert said(sent, policy)[0] == f"debug applied: {why}"


# --- a second pass ---


def test_r24_twice_is_once() -> None:
    entry = context(POLICY)
    again = answer(patched(asking(app(livenessProbe=HTTP)), entry), entry)
    assert "patch" not in again
    assert "warnings" not in again


def test_behind_another_injectors_program_the_launcher_still_gets_its_option() -> None:
    sent = asking(app(command=["/other"], args=["--", LAUNCH, "--", "/a"]))
    assert first(sent)["args"] == ["--", LAUNCH, "--java-debug", "50005", "--", "/a"]
