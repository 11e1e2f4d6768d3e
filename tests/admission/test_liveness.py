"""Liveness probes that bear with a debugger: the same is asked, by a program of ours."""

from typing import Any

import pytest

from tests.additive import lost
from tests.admission.debugged import HTTP, POLICY, app, asking, first, said
from tests.reviews import context, patched
from webhook.inpod.contract import PROBE

Json = dict[str, Any]


def liveness(probe: Json, **more: Any) -> Json:
    found: Json = first(asking(app(livenessProbe=probe, **more)))["livenessProbe"]
    return found


def words(probe: Json, **more: Any) -> list[str]:
    command: list[str] = liveness(probe, **more)["exec"]["command"]
    return command


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


@pytest.mark.parametrize("seconds", [1, 86_400, 2**31 - 1])
def test_the_program_has_the_kubelets_time_but_for_its_start(seconds: int) -> None:
    at_most = min(seconds, 86_400)
    assert words({**HTTP, "timeoutSeconds": seconds})[5:7] == ["--timeout-ms", str(at_most * 1000 - 250)]
    assert liveness({**HTTP, "timeoutSeconds": seconds})["timeoutSeconds"] == seconds


def test_r24_a_probe_of_ours_is_never_written_again() -> None:
    ours = liveness(HTTP)
    assert liveness(ours) == ours
    assert not [warning for warning in said(asking(app(livenessProbe=ours))) if "liveness" in warning]
