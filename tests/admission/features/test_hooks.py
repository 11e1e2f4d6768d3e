"""Hooks: options of the launcher, a sidecar beside it, time to stop; nothing of the application's own is touched."""

import json
from typing import Any

import pytest

from tests.reviews import answer, context, patched, pod
from webhook.inpod.contract import LAUNCH, SIDECAR_CONTAINER, SIDECAR_PORT

Json = dict[str, Any]

STATE = {"name": "richpod-state", "mountPath": "/.richpod-state"}


def policy(hooks: Json | None = None, **further: Any) -> Json:
    profile = {"features": {"init": "launch", "hooks": hooks or {}}, "allow": ["init", "hooks"], **further}
    return {"profiles": {"default": profile}}


def spec_of(hooks: Json | None = None, spec: Json | None = None, **annotations: str) -> Json:
    sent = pod(spec, {f"richpod.io/{key.replace('_', '-')}": value for key, value in annotations.items()})
    spec_after: Json = patched(sent, context(policy(hooks)))["spec"]
    return spec_after


def options(spec: Json) -> list[str]:
    """The words between the launcher and the application."""
    command: list[str] = spec["containers"][0]["command"]
    return command[command.index(LAUNCH) + 1 : command.index("--", command.index("--state") if "--state" in command else 0)]


def sidecar(spec: Json) -> Json:
    (found,) = [raw for raw in spec["initContainers"] if raw["name"] == SIDECAR_CONTAINER]
    return dict(found)


def two(**first: Any) -> Json:
    return {
        "containers": [
            {"name": "app", "image": "a:1", "command": ["/a"], **first},
            {"name": "log", "image": "l:1", "command": ["/l"]},
        ]
    }


# --- the launcher ---


def test_a_profile_alone_makes_a_pod_rich() -> None:
    spec = spec_of({"prestart": ["/up"], "poststop": [{"path": "/tidy", "args": ["-x"], "timeout": 7, "optional": True}]})
    assert options(spec) == [
        *("--state", "/.richpod-state/app"),
        *("--hook", "prestart:30:1", "/up"),
        *("--hook", "poststop:7:2:optional", "/tidy", "-x"),
        *("--stop", "30"),
    ]


def test_hooks_of_the_administrator_come_before_those_of_the_pod() -> None:
    words = options(spec_of({"preonline": ["/base"], "timeout": 9}, preonline='["/own", "word"]'))
    assert words.index("/base") < words.index("/own")
    assert words[words.index("/own") - 1] == "preonline:9:2"


def test_the_kubelet_expands_nothing_in_the_words_of_hooks() -> None:
    words = options(spec_of({"onlineFile": "/srv/$(A)"}, prestart='["/up", "$(HOME)", "$$", ""]'))
    at = words.index("/up")
    assert words[at : at + 4] == ["/up", "$$(HOME)", "$$$", ""]
    assert "/srv/$$(A)" in words


def test_only_the_main_container_has_hooks_and_the_state() -> None:
    spec = spec_of({"prestart": ["/up"]}, two())
    assert STATE in spec["containers"][0]["volumeMounts"]
    assert STATE not in spec["containers"][1]["volumeMounts"]
    assert spec["containers"][1]["command"] == [LAUNCH, "--", "/l"]


def test_trap_23_the_main_container_is_the_one_kubectl_takes() -> None:
    sent = pod(two(), {"kubectl.kubernetes.io/default-container": "log"})
    after = patched(sent, context(policy({"prestart": ["/up"]})))["spec"]["containers"]
    assert after[0]["command"] == [LAUNCH, "--", "/a"]
    assert after[1]["command"][:3] == [LAUNCH, "--state", "/.richpod-state/log"]


def test_nothing_asked_is_nothing_done() -> None:
    spec = spec_of({"timeout": 5, "drain": 9})
    assert options(spec) == []
    assert "terminationGracePeriodSeconds" not in spec


def test_under_dumb_init_the_launcher_gets_them_too() -> None:
    command = spec_of({"prestart": ["/up"]}, init="dumb-init")["containers"][0]["command"]
    assert command[2:6] == [LAUNCH, "exec", "--state", "/.richpod-state/app"]


@pytest.mark.parametrize("text", ['["/opt/my app/up"]', '[ "/opt/up" ]', '["/opt/up","a\\tb"]'])
def test_words_of_a_list_may_hold_blanks(text: str) -> None:
    assert json.loads(text)[0] in options(spec_of(prestart=text))


# --- the sidecar ---


def test_the_kubelet_expands_nothing_in_the_check_url() -> None:
    assert sidecar(spec_of({"checkUrl": "http://:8080/$(HOME)?a=$$b"}))["command"][-3] == "http://:8080/$$(HOME)?a=$$$b"


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


def test_firecracker_shares_a_memory_volume() -> None:
    runtimes = {"runtimes": {"fc": {"class": "kata-fc", "kind": "kata-fc"}}}
    entry = context({**policy({"prestart": ["/up"]}, allow=["init", "runtime"]), **runtimes})
    volumes = patched(pod({"runtimeClassName": "kata-fc"}), entry)["spec"]["volumes"]
    assert {"name": "richpod-state", "emptyDir": {"sizeLimit": "1Mi", "medium": "Memory"}} in volumes


# --- time to stop ---


@pytest.mark.parametrize(
    ("hooks", "own", "stop", "grace"),
    [
        ({"prestart": ["/up"]}, None, "30", 35),
        ({"prestart": ["/up"]}, 90, "90", 95),
        ({"poststop": [{"path": "/tidy", "timeout": 10}]}, 0, "1", 18),
        ({"postoffline": ["/a", "/b"], "timeout": 4, "drain": 3}, 20, "20", 20 + 3 + 2 * 6 + 5),
    ],
)
def test_the_grace_period_is_raised_by_what_hooks_may_take(hooks: Json, own: int | None, stop: str, grace: int) -> None:
    spec = spec_of(hooks, {} if own is None else {"terminationGracePeriodSeconds": own})
    assert options(spec)[-2:] == ["--stop", stop]
    assert spec["terminationGracePeriodSeconds"] == grace


def test_a_pre_stop_may_take_all_of_the_pods_own_time_first() -> None:
    own = {"lifecycle": {"preStop": {"exec": {"command": ["/stop"]}}}}
    assert spec_of({"prestart": ["/up"]}, two(**own))["terminationGracePeriodSeconds"] == 30 + 35


@pytest.mark.parametrize("own", [86_401, 2**63 - 1])
def test_an_application_with_more_than_a_day_is_killed_by_the_kubelet_alone(own: int) -> None:
    spec = spec_of({"prestart": ["/up"]}, {"terminationGracePeriodSeconds": own})
    assert "--stop" not in options(spec)
    assert spec["terminationGracePeriodSeconds"] == own


def test_a_grace_period_below_zero_counts_as_the_kubelet_counts_it() -> None:
    spec = spec_of({"prestart": ["/up"]}, {"terminationGracePeriodSeconds": -1000})
    assert options(spec)[-2:] == ["--stop", "1"]
    assert spec["terminationGracePeriodSeconds"] == 6


@pytest.mark.parametrize(
    ("written", "option"),
    [
        ("SIGWINCH", ["--stop-signal", "28"]),
        ("USR1", ["--stop-signal", "10"]),
        ("SIGRTMIN+4", ["--stop-signal", "38"]),
        ("SIGTERM", []),
        ("SIGRTMIN+3", []),
        ("9", []),
        ("nonsense", []),
        ("", []),
    ],
)
def test_the_launcher_knows_by_which_signal_its_image_is_stopped(written: str, option: list[str]) -> None:
    image = {"images": {"map": {"a:1": {"entrypoint": ["/a"], "stopSignal": written}}}}
    entry = context({**policy({"prestart": ["/up"]}), **image})
    sent = pod({"containers": [{"name": "app", "image": "a:1", "command": ["/own"]}]})
    own = pod({"containers": [{"name": "app", "image": "b:1", "command": ["/own"], "lifecycle": {"stopSignal": written}}]})
    for treated in (sent, own):
        words = options(patched(treated, entry)["spec"])
        assert words[words.index("--stop") :] == ["--stop", "30", *option]


# --- what people write ---


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("prestart", "up.sh"),
        ("prestart", "[]"),
        ("prestart", "{}"),
        ("prestart", '["up.sh"]'),
        ("prestart", '["/up", 5]'),
        ("prestart", '["/up", "\\u0000"]'),
        ("prestart", "/" + "x" * 9_000),
        ("preonline", "/warm up"),
        ("check-url", "ftp://:21/"),
        ("check-url", "http://:99999/"),
        ("online-file", "srv/on"),
        ("online-file", "/srv/"),
        ("online-file", "/srv/\n"),
        ("online-file", "//.richpod-state/app/generation"),
        ("prestart", '["/up"' + ',"x"' * 100 + "]"),
        ("online", "off"),
    ],
)
def test_a_mistake_is_told_and_the_profile_holds(key: str, text: str) -> None:
    sent = pod(annotations={f"richpod.io/{key}": text})
    response = answer(sent, context(policy({"prestart": ["/base"]})))
    assert response["auditAnnotations"]["hooks"] == "skipped: bad-value; applied"
    assert options(patched(sent, context(policy({"prestart": ["/base"]})))["spec"])[2:5] == ["--hook", "prestart:30:1", "/base"]


def test_what_the_profile_does_not_let_pods_choose_is_told_once() -> None:
    sent = pod(annotations={"richpod.io/prestart": "/own", "richpod.io/online": "hold"})
    response = answer(sent, context(policy(allow=["init"])))
    assert len([warning for warning in response["warnings"] if "does not let pods choose hooks" in warning]) == 1


def test_a_pod_takes_back_a_hold_of_its_profile() -> None:
    assert "--hold" not in options(spec_of({"online": "hold", "prestart": ["/up"]}, online="auto"))


def test_hooks_of_a_job_are_those_before_and_after() -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "u", "controller": True}
    sent = pod()
    sent["metadata"]["ownerReferences"] = [owner]
    spec = patched(sent, context(policy({"preonline": ["/warm"], "poststop": ["/tidy"]})))["spec"]
    assert "/tidy" in options(spec)
    assert "/warm" not in options(spec)
    assert SIDECAR_CONTAINER not in str(spec)
    skipped = answer(sent, context(policy({"preonline": ["/warm"]})))
    assert skipped["auditAnnotations"]["hooks"] == "skipped: conflict"


def test_without_an_init_there_are_no_hooks() -> None:
    response = answer(pod(annotations={"richpod.io/init": "none"}), context(policy({"prestart": ["/up"]})))
    assert "patch" not in response
    assert response["warnings"] == [
        "richpod web-5c9-: hooks skipped: container app has no init of richpod's, which would run them",
        "richpod web-5c9-: to change, an annotation of the pod: richpod.io/init: launch",
    ]


def test_a_path_that_is_taken_leaves_the_pod_without_hooks() -> None:
    mounts = [{"name": "own", "mountPath": "/.richpod-state/"}]
    containers = [{"name": "app", "image": "a:1", "command": ["/a"], "volumeMounts": mounts}]
    sent = pod({"containers": containers, "volumes": [{"name": "own", "emptyDir": {}}]})
    after = patched(sent, context(policy({"online": "hold"})))["spec"]
    assert "--state" not in after["containers"][0]["command"]
    assert "terminationGracePeriodSeconds" not in after


def test_a_launcher_that_the_pods_author_wrote_gets_the_toolkit_and_its_options() -> None:
    """Its volume and mounts are there, whatever became of init: a mount of no volume would refuse the pod."""
    containers = [{"name": "app", "image": "a:1", "command": [LAUNCH, "--", "/a"]}]
    sent = pod({"containers": containers, "hostNetwork": True}, {"richpod.io/init": "none"})
    spec = patched(sent, context(policy({"online": "hold"})))["spec"]
    mounted = {mount["name"] for raw in [*spec["initContainers"], *spec["containers"]] for mount in raw["volumeMounts"]}
    assert mounted <= {volume["name"] for volume in spec["volumes"]}
    assert "richpod-toolkit" in mounted
    assert options(spec)[:3] == ["--state", "/.richpod-state/app", "--hold"]


def test_a_launcher_with_a_folder_of_its_authors_own_is_left_alone() -> None:
    containers = [{"name": "app", "image": "a:1", "command": [LAUNCH, "--state", "/etc", "--", "/a"]}]
    sent = pod({"containers": containers})
    assert answer(sent, context(policy({"online": "hold"})))["auditAnnotations"]["hooks"] == "skipped: own-launcher"
    spec = patched(sent, context(policy({"online": "hold"})))["spec"]
    assert spec["containers"][0]["command"] == containers[0]["command"]
    assert SIDECAR_CONTAINER not in str(spec)


# --- a second pass ---


def test_r24_what_somebody_took_away_between_two_passes_comes_back() -> None:
    entry = context(policy({"online": "hold"}))
    once = patched(pod(), entry)
    once["spec"]["initContainers"] = [c for c in once["spec"]["initContainers"] if c["name"] != SIDECAR_CONTAINER]
    twice = patched(once, entry)
    assert sidecar(twice["spec"])
    assert twice["spec"]["terminationGracePeriodSeconds"] == once["spec"]["terminationGracePeriodSeconds"]
    assert twice["spec"]["containers"] == once["spec"]["containers"]


def test_behind_another_injectors_program_the_launcher_still_gets_its_options() -> None:
    containers = [{"name": "app", "image": "a:1", "command": ["/other"], "args": ["--", LAUNCH, "--", "/a"]}]
    after = patched(pod({"containers": containers}), context(policy({"prestart": ["/up"]})))["spec"]["containers"][0]
    assert after["command"] == ["/other"]
    assert after["args"][:4] == ["--", LAUNCH, "--state", "/.richpod-state/app"]
