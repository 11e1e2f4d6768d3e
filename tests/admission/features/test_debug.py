"""Debugging of a JVM: one option of the launcher, and a liveness probe that bears with it."""

from typing import Any

import pytest

from tests.additive import lost
from tests.reviews import answer, context, patched, pod
from webhook.inpod.contract import DUMB_INIT, LAUNCH, PROBE

Json = dict[str, Any]

POLICY = {"profiles": {"default": {"features": {"init": "launch"}, "allow": ["init", "hooks", "debug"]}}}
HTTP = {"httpGet": {"port": 8080}}


def app(**more: Any) -> Json:
    return {"name": "app", "image": "a:1", "command": ["/a"], **more}


def asking(*containers: Json, **annotations: str) -> Json:
    keys = {f"richpod.io/{key}": value for key, value in annotations.items()}
    return pod({"containers": list(containers) or [app()]}, {"richpod.io/debug": "java", **keys})


def first(sent: Json, policy: Json | None = None) -> Json:
    found: Json = patched(sent, context(policy or POLICY))["spec"]["containers"][0]
    return found


def said(sent: Json, policy: Json | None = None) -> list[str]:
    warnings: list[str] = answer(sent, context(policy or POLICY)).get("warnings", [])
    return [warning.removeprefix("richpod web-5c9-: ") for warning in warnings]


def liveness(probe: Json, **more: Any) -> Json:
    found: Json = first(asking(app(livenessProbe=probe, **more)))["livenessProbe"]
    return found


def words(probe: Json, **more: Any) -> list[str]:
    command: list[str] = liveness(probe, **more)["exec"]["command"]
    return command


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
    assert told[0].startswith(f"debug skipped: richpod.io/debug: {text!r}: write java or none")
    assert [line.rpartition(": ")[2] for line in told[1:]] == ([meant] if meant else [])


def test_it_has_to_be_allowed() -> None:
    told = said(asking(), {"profiles": {"default": {"features": {"init": "launch"}, "allow": ["init"]}}})
    assert told[0].startswith("debug skipped: profile default does not let pods choose debug")


# --- liveness ---


def test_the_same_is_asked_by_our_program_and_all_else_of_the_probe_stays() -> None:
    periods = {"initialDelaySeconds": 20, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 4, "futureField": {"x": 1}}
    get = {"path": "/up?a=b", "port": 8080, "scheme": "HTTP", "httpHeaders": [{"name": "Host", "value": "shop"}, {"name": "X"}]}
    assert liveness({**periods, "httpGet": get}) == {
        **periods,
        "exec": {
            "command": [
                *(PROBE, "--port", "8080", "--path", "/up?a=b", "--header", "Host: shop", "--header", "X: "),
                *("--timeout-ms", "2750", "--debugger", "50005"),
            ]
        },
    }


def test_readiness_startup_and_the_probes_of_others_stay() -> None:
    """Nobody should send requests to a JVM that is held."""
    own = {"readinessProbe": HTTP, "startupProbe": HTTP, "lifecycle": {"preStop": HTTP}}
    found = first(asking(app(livenessProbe=HTTP, **own)))
    assert {key: found[key] for key in own} == own


@pytest.mark.parametrize("port", [8080, "8080", "web"])
def test_ports_have_numbers(port: Any) -> None:
    ports = [{"containerPort": 9090, "name": "metrics"}, {"containerPort": 8080, "name": "web"}]
    assert words({"httpGet": {"port": port}}, ports=ports)[1:3] == ["--port", "8080"]


def test_what_is_not_said_is_what_the_kubelet_takes_for_it() -> None:
    assert words(HTTP)[3:] == ["--path", "/", "--timeout-ms", "750", "--debugger", "50005"]


def test_the_kubelet_expands_nothing_in_it() -> None:
    get = {"port": 1, "path": "/$(HOME)", "httpHeaders": [{"name": "X", "value": "$$ $(HOME)"}]}
    assert words({"httpGet": get})[4:7] == ["/$$(HOME)", "--header", "X: $$$ $$(HOME)"]


@pytest.mark.parametrize(
    ("probe", "why"),
    [
        ({"tcpSocket": {"port": 1}}, "it is tcpSocket, and no httpGet"),
        ({"grpc": {"port": 1}}, "it is grpc, and no httpGet"),
        ({"exec": {"command": ["/alive"]}}, "it is exec, and no httpGet"),
        ({"httpGet": {"port": 1, "scheme": "HTTPS"}}, "it asks by HTTPS"),
        ({"httpGet": {"port": 1, "host": "127.0.0.1"}}, "it asks another host than the pod"),
        ({"httpGet": {"port": "web"}}, "its port is none, or has a name that no port of the container has"),
        ({"httpGet": {"port": 0}}, "its port is none, or has a name that no port of the container has"),
        *(
            ({"httpGet": {"port": 1, "path": path}}, "its path holds what has to be written as %XX, or does not begin with one /")
            for path in ("up", "/a b", "//host/up", "/a#b", "/%zz", "/ü", "/a\n", "/{a}")
        ),
        *(
            ({"httpGet": {"port": 1, "httpHeaders": headers}}, "its headers are too many, or none that HTTP knows")
            for headers in (
                [{"name": "X", "value": "a\r\nB: c"}],
                [{"name": "X Y", "value": "a"}],
                [{"value": "a"}],
                [{"name": "X", "value": "a"}] * 65,
            )
        ),
    ],
)
def test_what_it_could_not_ask_in_the_same_way_stays_and_that_is_said(probe: Json, why: str) -> None:
    sent = asking(app(livenessProbe=probe))
    found = first(sent)
    assert found["livenessProbe"] == probe
    assert "--java-debug" in found["command"]
    verdict = f"debug applied: container app: a breakpoint may fail its livenessProbe, which stays: {why}"
    assert said(sent)[0].startswith(verdict[:100])


def test_r16_nothing_else_of_a_probe_is_ever_replaced() -> None:
    """What the laws lean on: it takes a probe for kept only where ours asks in place of its httpGet, and the rest is the same."""
    sent = asking(app(livenessProbe={**HTTP, "periodSeconds": 5}))
    after = patched(sent, context(POLICY))
    assert list(lost(sent, after)) == []
    for change in ({"periodSeconds": 6}, {"exec": {"command": ["/other"]}}, {"timeoutSeconds": 1}):
        changed = patched(sent, context(POLICY))
        changed["spec"]["containers"][0]["livenessProbe"].update(change)
        assert list(lost(sent, changed))


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
