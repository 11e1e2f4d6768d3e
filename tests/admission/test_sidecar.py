"""The sidecar: it tells readiness, and nothing waits for it."""

from typing import Any

import pytest

from tests.admission.hooked import policy, sidecar, spec_of
from tests.reviews import context, patched, pod
from webhook.inpod.contract import LAUNCH, SIDECAR_ARGV, SIDECAR_CONTAINER, SIDECAR_PORT

Json = dict[str, Any]


@pytest.mark.parametrize("hooks", [{"prestart": ["/up"]}, {"poststop": ["/tidy"]}])
def test_what_runs_before_and_after_needs_no_sidecar(hooks: Json) -> None:
    assert SIDECAR_CONTAINER not in str(spec_of(hooks))


@pytest.mark.parametrize(
    "hooks",
    [
        {"preonline": ["/warm"]},
        {"postoffline": ["/leave"]},
        {"checkUrl": "http://:8080/"},
        {"onlineFile": "/srv/on"},
        {"online": "hold"},
    ],
    ids=lambda hooks: next(iter(hooks)),
)
def test_whatever_depends_on_being_online_brings_the_sidecar(hooks: Json) -> None:
    assert sidecar(spec_of(hooks))["restartPolicy"] == "Always"


def test_trap_7_the_sidecar_waits_for_nothing_and_is_waited_for_by_nothing() -> None:
    spec = spec_of({"checkUrl": "http://:8080/up", "checkSuccesses": 3}, {"initContainers": [{"name": "i", "image": "i:1"}]})
    found = spec["initContainers"][-1]
    assert found == sidecar(spec)
    assert not {"startupProbe", "livenessProbe", "lifecycle"} & set(found)
    assert found["command"][-4:] == ["--check", "http://:8080/up", "--successes", "3"]


def test_the_kubelet_expands_nothing_in_the_check_url() -> None:
    assert sidecar(spec_of({"checkUrl": "http://:8080/$(HOME)?a=$$b"}))["command"][-3] == "http://:8080/$$(HOME)?a=$$$b"


def test_readiness_is_the_sidecars_over_http() -> None:
    probe = sidecar(spec_of({"online": "hold"}))["readinessProbe"]
    assert probe["httpGet"] == {"path": "/", "port": SIDECAR_PORT}
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (1, 3)


def test_on_the_nodes_network_nothing_listens_and_a_program_tells_readiness() -> None:
    found = sidecar(spec_of({"online": "hold"}, {"hostNetwork": True}))
    assert found["command"][-2:] == ["--port", "0"]
    assert found["readinessProbe"]["exec"] == {"command": [LAUNCH, "ready", "/.richpod-state/app"]}
    assert "/.richpod" in [mount["mountPath"] for mount in found["volumeMounts"]]


def test_where_a_container_listens_on_the_sidecars_port_a_program_tells_readiness_too() -> None:
    containers = [{"name": "app", "image": "a:1", "command": ["/a"], "ports": [{"containerPort": SIDECAR_PORT}]}]
    assert sidecar(spec_of({"online": "hold"}, {"containers": containers}))["command"][-2:] == ["--port", "0"]


def test_r22_r32_the_sidecar_has_no_api_token_and_no_rights() -> None:
    found = sidecar(spec_of({"online": "hold"}))
    (hidden,) = [m for m in found["volumeMounts"] if m["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"]
    assert hidden == {"name": "richpod-no-token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}
    assert found["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize(
    ("resources", "equal"),
    [({"limits": {"cpu": "1", "memory": "1Gi"}}, True), ({"limits": {"memory": "1Gi"}}, False), ({}, False)],
)
def test_r35_the_sidecar_keeps_a_guaranteed_pod_guaranteed(resources: Json, equal: bool) -> None:
    containers = [{"name": "app", "image": "a:1", "command": ["/a"], "resources": resources}]
    stated = sidecar(spec_of({"online": "hold"}, {"containers": containers}))["resources"]
    assert (stated["requests"] == stated["limits"]) is equal


def test_beside_resources_of_the_whole_pod_the_sidecar_states_none() -> None:
    found = sidecar(spec_of({"online": "hold"}, {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}))
    assert "resources" not in found


def test_r24_what_somebody_took_away_between_two_passes_comes_back() -> None:
    entry = context(policy({"online": "hold"}))
    once = patched(pod(), entry)
    once["spec"]["initContainers"] = [c for c in once["spec"]["initContainers"] if c["name"] != SIDECAR_CONTAINER]
    twice = patched(once, entry)
    assert sidecar(twice["spec"])
    assert twice["spec"]["terminationGracePeriodSeconds"] == once["spec"]["terminationGracePeriodSeconds"]
    assert twice["spec"]["containers"] == once["spec"]["containers"]


@pytest.mark.parametrize("section", ["containers", "initContainers"])
def test_whichever_container_listens_on_its_port_it_does_not(section: str) -> None:
    other = {"name": "other", "image": "o:1", "command": ["/o"], "ports": [{"containerPort": SIDECAR_PORT, "protocol": "UDP"}]}
    app = {"name": "app", "image": "a:1", "command": ["/a"]}
    spec = {"containers": [app], "initContainers": []}
    spec[section].append(other)
    assert "httpGet" not in sidecar(spec_of({"online": "hold"}, spec))["readinessProbe"]


def test_only_one_that_has_something_to_ask_is_told_how_often() -> None:
    found = sidecar(spec_of({"online": "hold", "checkSuccesses": 3}))
    assert found["command"] == [*SIDECAR_ARGV, "--state", "/.richpod-state/app"]


def test_it_shares_the_state_with_the_main_container_and_nothing_else() -> None:
    mounts = sidecar(spec_of({"online": "hold"}))["volumeMounts"]
    assert [mount["name"] for mount in mounts] == ["richpod-state", "richpod-no-token"]
