"""A machine is the main container alone, and gets nothing by which a pod could take more than the policy gives."""

from typing import Any

import pytest

from tests.reviews import pod
from webhook.admission.context import Context
from webhook.admission.pipeline import Outcome, mutate
from webhook.policy.file import parse

Json = dict[str, Any]

CGROUP = "/sys/fs/cgroup/systemd"


def context(
    systemd: str = "{cgroup: own-v1}", init: str = "systemd", allow: str = "[init, systemd, hooks]", level: Any = "privileged"
) -> Context:
    policy = f"systemd: {systemd}\nprofiles: {{box: {{features: {{init: {init}}}, allow: {allow}, namespaces: [box]}}}}"
    return Context(parse(policy), "box", level)


def treated(raw: Json, given: Context | None = None) -> tuple[Json, Outcome]:
    return raw, mutate(raw, "box", given or context())


def machine(container: Json | None = None, spec: Json | None = None, annotations: dict[str, str] | None = None) -> Json:
    return pod(
        {"containers": [{"name": "app", "image": "x:1", "command": ["/app"], **(container or {})}], **(spec or {})}, annotations
    )


def mounts(raw: Json) -> dict[str, Json]:
    return {mount["mountPath"]: mount for mount in raw["spec"]["containers"][0].get("volumeMounts", [])}


@pytest.mark.parametrize(
    ("resources", "folder"),
    [
        ({}, "kubepods/burstable"),
        ({"requests": {"cpu": "1"}}, "kubepods/burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "kubepods"),
    ],
)
def test_its_control_groups_are_the_pod_s_own_by_its_class_with_all_that_was_added(resources: Json, folder: str) -> None:
    """The container that copies the toolkit counts, too."""
    after, _ = treated(machine({"resources": resources}))
    assert mounts(after)[CGROUP]["subPathExpr"] == f"{folder}/pod$(RICHPOD_POD_UID)"
    (variable,) = after["spec"]["containers"][0]["env"]
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.uid"


def test_a_pod_that_nothing_is_added_to_that_counts_stays_best_effort() -> None:
    policy = 'kubernetes: "1.35"\ntoolkit: {delivery: image}\nsystemd: {cgroup: own-v1}\n'
    policy += "profiles: {box: {features: {init: systemd}, namespaces: [box]}}"
    after, _ = treated(machine(), Context(parse(policy), "box", "privileged"))
    assert mounts(after)[CGROUP]["subPathExpr"] == "kubepods/besteffort/pod$(RICHPOD_POD_UID)"


def test_the_node_s_hierarchy_lies_where_the_policy_says() -> None:
    after, _ = treated(machine(), context("{cgroup: own-v1, hierarchy: /sys/fs/cgroup/systemd/kubelet}"))
    (volume,) = [volume for volume in after["spec"]["volumes"] if volume["name"] == "richpod-cgroup"]
    assert volume["hostPath"] == {"path": "/sys/fs/cgroup/systemd/kubelet", "type": "Directory"}


def test_all_of_the_node_s_is_mounted_only_where_the_policy_says_so() -> None:
    after, _ = treated(machine(), context("{cgroup: node-root}"))
    assert mounts(after)[CGROUP] == {"name": "richpod-cgroup", "mountPath": CGROUP}


def test_what_the_runtime_gives_is_not_mounted() -> None:
    after, outcome = treated(machine(), context("{cgroup: runtime}"))
    assert sorted(mounts(after)) == ["/.richpod", "/run", "/run/lock", "/tmp"]
    assert outcome.verdicts[0].outcome == "applied"


def test_without_control_groups_the_policy_s_line_is_said() -> None:
    given = context("{cgroup: none}", init="launch")
    _, outcome = treated(machine(annotations={"richpod.io/init": "systemd"}), given)
    (verdict,) = outcome.verdicts
    assert (outcome.operations, verdict.outcome, verdict.reason) == ([], "skipped", "no-cgroup")
    assert verdict.fix == "systemd: {cgroup: runtime} in the policy, or own-v1 for nodes with cgroup v1"


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_pod_security_decides_over_what_is_mounted(level: str) -> None:
    _, outcome = treated(machine(), context(level=level))
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("skipped", "conflict")]
    _, outcome = treated(machine(), context("{cgroup: runtime}", level=level))
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("applied", "")]


def test_the_container_beside_it_gets_the_launcher() -> None:
    spec = {"containers": [{"name": name, "image": "x:1", "command": [f"/{name}"]} for name in ("side", "app")]}
    raw = pod(spec, {"kubectl.kubernetes.io/default-container": "app"})
    after, _ = treated(raw)
    side, app = after["spec"]["containers"]
    assert side["command"] == ["/.richpod/bin/launch", "--", "/side"]
    assert app["command"] == ["/.richpod/sbin/init", "--", "/app"]
    assert [mount["mountPath"] for mount in side["volumeMounts"]] == ["/.richpod"]


def test_who_may_choose_an_init_may_not_choose_this_one() -> None:
    _, outcome = treated(machine(annotations={"richpod.io/init": "systemd"}), context(init="none", allow="[init]"))
    (verdict,) = outcome.verdicts
    assert verdict.sentence == "profile box does not let pods choose systemd; the profile's choice holds"
    assert verdict.fix == "profiles.box.allow: [init, systemd]"


@pytest.mark.parametrize("command", [["/.richpod/sbin/init", "--", "/app"], ["/x", "/.richpod/sbin/init"]])
def test_who_writes_its_name_himself_gets_no_control_groups(command: list[str]) -> None:
    after, _ = treated(machine({"command": command}))
    assert CGROUP not in mounts(after)


@pytest.mark.parametrize("section", ["containers", "initContainers"])
def test_nobody_else_mounts_the_node_s_control_groups(section: str) -> None:
    """The volume is added after its mounts have been written."""
    thief = {"name": "thief", "image": "x:1", "command": ["/b"], "volumeMounts": [{"name": "richpod-cgroup", "mountPath": "/x"}]}
    raw = machine()
    raw["spec"].setdefault(section, []).append(thief)
    _, outcome = treated(raw)
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("refused", "reserved-name")]


def test_nobody_names_another_pod_s_control_groups() -> None:
    raw = machine({"env": [{"name": "RICHPOD_POD_UID", "value": "another-pod"}]})
    _, outcome = treated(raw)
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("refused", "reserved-name")]


def test_the_grace_period_leaves_time_for_all_else_that_stops() -> None:
    assert treated(machine())[0]["spec"]["terminationGracePeriodSeconds"] == 35
    assert treated(machine(spec={"terminationGracePeriodSeconds": 100}))[0]["spec"]["terminationGracePeriodSeconds"] == 105


def test_a_lifecycle_without_a_preStop_gets_one() -> None:
    hook = {"exec": {"command": ["/started"]}}
    after, _ = treated(machine({"lifecycle": {"postStart": hook}}))
    halt = {"exec": {"command": ["/.richpod/bin/launch", "halt"]}}
    assert after["spec"]["containers"][0]["lifecycle"] == {"postStart": hook, "preStop": halt}


def test_hooks_are_options_of_the_launcher_that_systemd_starts() -> None:
    after, _ = treated(machine(annotations={"richpod.io/prestart": "/up"}))
    command = after["spec"]["containers"][0]["command"]
    assert command[:6] == ["/.richpod/sbin/init", "--state", "/.richpod-state/app", "--hook", "prestart:30:1", "/up"]
    assert command[-2:] == ["--", "/app"]


def test_halting_takes_no_time_of_the_hooks() -> None:
    """Another container's preStop may take all of the grace period before the launcher hears of anything; this one does not."""
    after, _ = treated(machine(annotations={"richpod.io/poststop": "/down"}))
    assert after["spec"]["terminationGracePeriodSeconds"] == 35 + 30 + 2 + 5


@pytest.mark.parametrize(
    ("asked", "said", "words"),
    [
        (None, "", ["--restarts", "2"]),
        ("0", "", []),
        ("5", "", ["--restarts", "5"]),
        ("many", "init-restarts 'many': write a number up to 1000; the profile's choice holds", ["--restarts", "2"]),
        ("1001", "init-restarts '1001': write a number up to 1000; the profile's choice holds", ["--restarts", "2"]),
    ],
)
def test_how_often_the_program_is_started_anew_inside(asked: str | None, said: str, words: list[str]) -> None:
    annotations = {} if asked is None else {"richpod.io/init-restarts": asked}
    after, outcome = treated(machine(annotations=annotations), context("{cgroup: own-v1, restarts: 2}"))
    assert after["spec"]["containers"][0]["command"] == ["/.richpod/sbin/init", *words, "--", "/app"]
    assert [verdict.sentence for verdict in outcome.verdicts if verdict.outcome == "skipped"] == ([said] if said else [])


def test_login_shells_see_secrets_only_where_the_policy_says_so() -> None:
    secret = {"env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
    assert treated(machine(secret))[0]["spec"]["containers"][0]["command"][1:3] == ["--hide", "KEY"]
    after, _ = treated(machine(secret), context("{cgroup: own-v1, loginSecrets: true}"))
    assert after["spec"]["containers"][0]["command"][1:] == ["--", "/app"]


def test_sbin_init_is_whatever_the_image_has() -> None:
    after, outcome = treated(machine(), context(init="sbin-init"))
    container = after["spec"]["containers"][0]
    assert container["command"] == ["/.richpod/sbin/init", "--own-init", "--", "/app"]
    assert CGROUP in mounts(after)
    assert [verdict.sentence for verdict in outcome.verdicts] == ["PID 1 is sbin-init"]


def test_options_of_hooks_stand_behind_those_of_the_machine() -> None:
    secret = {"env": [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
    raw = machine(secret, annotations={"richpod.io/prestart": "/up", "richpod.io/init-restarts": "3"})
    after, _ = treated(raw, context(init="sbin-init"))
    command = after["spec"]["containers"][0]["command"]
    assert command[:6] == ["/.richpod/sbin/init", "--restarts", "3", "--hide", "KEY", "--own-init"]
    assert command[6:8] == ["--state", "/.richpod-state/app"]


def test_who_may_not_choose_an_init_may_not_say_how_often_it_tries() -> None:
    raw = machine(annotations={"richpod.io/init-restarts": "1000"})
    after, outcome = treated(raw, context(allow="[]"))
    assert after["spec"]["containers"][0]["command"] == ["/.richpod/sbin/init", "--", "/app"]
    assert [verdict.reason for verdict in outcome.verdicts] == ["not-allowed", ""]


def test_trap_11_its_tmp_is_a_folder_of_the_node_where_programs_are_executed() -> None:
    """A runtime that takes a container for a machine would mount one of its own there, and forbid it."""
    after, _ = treated(machine())
    name = mounts(after)["/tmp"]["name"]
    assert {"name": name, "emptyDir": {}} in after["spec"]["volumes"]
    own = {"name": "own", "mountPath": "/tmp"}
    kept, _ = treated(machine({"volumeMounts": [own]}, {"volumes": [{"name": "own", "emptyDir": {}}]}))
    assert mounts(kept)["/tmp"] == own


@pytest.mark.parametrize("path", ["/run", "/run/lock/", "/var/run", "/var/lock", "/sys/fs/cgroup/systemd"])
def test_what_the_pod_mounts_itself_is_not_emptied(path: str) -> None:
    """`/var/run` leads to `/run`."""
    raw = machine({"volumeMounts": [{"name": "data", "mountPath": path}]}, {"volumes": [{"name": "data", "emptyDir": {}}]})
    _, outcome = treated(raw)
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("skipped", "path-taken")]


def test_a_stop_signal_that_servers_drop_stops_nothing() -> None:
    after, _ = treated(machine({"lifecycle": {"stopSignal": "SIGRTMIN+3"}}))
    assert "preStop" in after["spec"]["containers"][0]["lifecycle"]


def test_a_container_that_reads_its_input_is_none() -> None:
    _, outcome = treated(machine({"stdin": True}))
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("skipped", "conflict")]


@pytest.mark.parametrize("annotations", [{"richpod.io/containers": "side"}])
def test_it_is_told_of_the_main_container_alone(annotations: dict[str, str]) -> None:
    raw = machine(annotations=annotations)
    raw["spec"]["containers"].append({"name": "side", "image": "x:1", "command": ["/side"]})
    _, outcome = treated(raw)
    assert [verdict.sentence for verdict in outcome.verdicts] == ["PID 1 is launch"]
