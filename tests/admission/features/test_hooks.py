"""Hooks: options of the launcher, a sidecar beside it, time to stop; nothing of the application's own is touched."""

from typing import Any

import pytest

from tests.admission.hooked import options, policy, spec_of, two
from tests.reviews import answer, context, patched, pod
from webhook.inpod.contract import LAUNCH, SIDECAR_CONTAINER

Json = dict[str, Any]

STATE = {"name": "richpod-state", "mountPath": "/.richpod-state"}


# --- the launcher ---


def test_a_profile_alone_makes_a_pod_rich() -> None:
    spec = spec_of({"prestart": ["/up"], "poststop": [{"path": "/tidy", "args": ["-x"], "timeout": 7, "optional": True}]})
    assert options(spec) == [
        *("--state", "/.richpod-state/app"),
        *("--hook", "prestart:30:1", "/up"),
        *("--hook", "poststop:7:2:optional", "/tidy", "-x"),
        *("--stop", "30"),
    ]


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


def test_nothing_asked_is_nothing_done() -> None:
    spec = spec_of({"timeout": 5, "drain": 9})
    assert options(spec) == []
    assert "terminationGracePeriodSeconds" not in spec


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


# --- where they do not belong ---


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


def test_a_path_that_is_taken_leaves_the_pod_without_hooks() -> None:
    mounts = [{"name": "own", "mountPath": "/.richpod-state/"}]
    containers = [{"name": "app", "image": "a:1", "command": ["/a"], "volumeMounts": mounts}]
    sent = pod({"containers": containers, "volumes": [{"name": "own", "emptyDir": {}}]})
    after = patched(sent, context(policy({"online": "hold"})))["spec"]
    assert "--state" not in after["containers"][0]["command"]
    assert "terminationGracePeriodSeconds" not in after


OWN_STATE = {"name": "richpod-state", "emptyDir": {}}


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        *(
            ({"name": "own", "mountPath": path}, "own at /.richpod-state, which richpod needs")
            for path in ("/.richpod-state/", "/.richpod-state/.", "//.richpod-state", "/srv/..//.richpod-state", ".richpod-state")
        ),
        ({"name": "own", "mountPath": "/.richpod-state/app"}, "own at /.richpod-state/app, which richpod needs"),
        *(
            ({**STATE, **odd}, "richpod-state in a way of its own")
            for odd in ({"mountPath": "/.richpod-state/app"}, {"readOnly": True}, {"subPath": "a"}, {"subPathExpr": "$(A)"})
        ),
    ],
)
@pytest.mark.parametrize("besides", [[], [STATE]])
def test_a_path_is_taken_however_it_is_written(mount: Json, said: str, besides: list[Json]) -> None:
    sent = pod(two(volumeMounts=[*besides, mount]) | {"volumes": [{"name": "own", "emptyDir": {}}, OWN_STATE]})
    entry = context(policy({"online": "hold"}))
    response = answer(sent, entry)
    assert response["auditAnnotations"]["hooks"] == "skipped: path-taken"
    assert response["warnings"] == [f"richpod web-5c9-: hooks skipped: container app mounts {said}"]
    after = patched(sent, entry)["spec"]
    assert options(after) == []
    assert SIDECAR_CONTAINER not in str(after)


@pytest.mark.parametrize("path", ["/.richpod-state", "/.richpod-state/", "//.richpod-state/."])
def test_the_state_that_is_mounted_as_richpod_does_is_taken_for_its_own(path: str) -> None:
    mounts = [{"name": "richpod-state", "mountPath": path, "readOnly": False}]
    after = spec_of({"online": "hold"}, two(volumeMounts=mounts) | {"volumes": [OWN_STATE]})
    assert options(after)[:2] == ["--state", "/.richpod-state/app"]
    assert [mount for mount in after["containers"][0]["volumeMounts"] if mount["name"] == "richpod-state"] == mounts


def test_a_place_beside_the_state_is_anybodys() -> None:
    mounts = [{"name": "own", "mountPath": "/.richpod-states"}]
    after = spec_of({"online": "hold"}, two(volumeMounts=mounts) | {"volumes": [{"name": "own", "emptyDir": {}}]})
    assert STATE in after["containers"][0]["volumeMounts"]


@pytest.mark.parametrize("source", [{"hostPath": {"path": "/etc"}}, {"configMap": {"name": "a"}}, {"persistentVolumeClaim": {}}])
def test_r28_a_volume_of_the_states_name_and_of_another_kind_refuses_the_pod(source: Json) -> None:
    sent = pod(two(volumeMounts=[STATE]) | {"volumes": [{"name": "richpod-state", **source}]})
    response = answer(sent, context(policy({"online": "hold"})))
    assert not response["allowed"]
    assert response["status"]["details"]["causes"][0]["field"] == "spec.volumes[0].name"
