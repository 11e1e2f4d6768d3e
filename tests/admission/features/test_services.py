"""Services: programs beside the application, started by the launcher of the main container, as the policy defines them."""

from copy import deepcopy
from typing import Any

import pytest

from tests.reviews import answer, context, patched, pod
from webhook.inpod.contract import LAUNCH

Json = dict[str, Any]

AGENT = {"argv": ["/opt/agent", "$(HOME)"]}
STATE = ["--state", "/.richpod-state/app"]


def policy(defined: Json | None = None, allow: tuple[str, ...] = ("init", "hooks", "services"), **features: Any) -> Json:
    profile = {"features": {"init": "launch", **features}, "allow": [*allow]}
    return {"services": {"agent": AGENT, **(defined or {})}, "profiles": {"default": profile}}


def asking(names: str, **container: Any) -> Json:
    app = {"name": "app", "image": "a:1", "command": ["/a"], **container}
    return pod({"containers": [app, {"name": "log", "image": "l:1", "command": ["/l"]}]}, {"richpod.io/services": names})


def spec_of(sent: Json, **rules: Any) -> Json:
    found: Json = patched(sent, context(policy(**rules)))["spec"]
    return found


def options(spec: Json) -> list[str]:
    command: list[str] = spec["containers"][0]["command"]
    return command[command.index(LAUNCH) + 1 : len(command) - 1 - command[::-1].index("--")]


def warnings(sent: Json, **rules: Any) -> str:
    return "\n".join(answer(sent, context(policy(**rules))).get("warnings", ()))


def test_the_launcher_of_the_main_container_starts_them_and_shares_its_state() -> None:
    spec = spec_of(asking("agent"))
    assert options(spec) == [*STATE, "--service", "agent::always:2", "/opt/agent", "$$(HOME)"]
    assert {"name": "richpod-state", "mountPath": "/.richpod-state"} in spec["containers"][0]["volumeMounts"]
    assert spec["containers"][1]["command"] == [LAUNCH, "--", "/l"]
    assert [raw["name"] for raw in spec["initContainers"]] == ["richpod-toolkit"]


def test_user_restart_and_optional_are_said_before_the_words() -> None:
    service = {"argv": ["/opt/agent"], "user": "daemon", "restart": "on-failure", "optional": True}
    assert options(spec_of(asking("agent"), defined={"agent": service}))[3] == "agent:daemon:on-failure:1:optional"


def test_shipped_ones_are_known_without_a_definition_and_may_have_another() -> None:
    assert options(spec_of(asking("crond")))[2:] == ["--service", "crond::always:3", LAUNCH, "service", "crond"]
    assert options(spec_of(asking("crond"), defined={"crond": AGENT}))[2:4] == ["--service", "crond::always:2"]


def test_sshd_keeps_its_own_keys_in_the_state_and_finds_those_of_people_in_a_config_map() -> None:
    spec = spec_of(asking("sshd"), defined={"sshd": {"authorizedKeys": "who"}})
    assert options(spec)[4:] == [
        *(LAUNCH, "service", "sshd"),
        *("/.richpod-state/.sshd", "/.richpod-sshd/authorized_keys"),
    ]
    assert {"name": "richpod-sshd", "configMap": {"name": "who", "optional": True}} in spec["volumes"]
    assert {"name": "richpod-sshd", "mountPath": "/.richpod-sshd", "readOnly": True} in spec["containers"][0]["volumeMounts"]
    assert options(spec_of(asking("sshd")))[4:] == [LAUNCH, "service", "sshd", "/.richpod-state/.sshd"]
    rules = context(policy({"sshd": {"authorizedKeys": "who"}}))
    once = patched(asking("sshd"), rules)
    assert patched(deepcopy(once), rules) == once


def test_who_logs_in_sees_no_secret_unless_the_policy_says_so() -> None:
    secret = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "key"}}}
    folder = "/.richpod-state/.sshd"
    sent = asking("sshd", env=[{"name": "CITY", "value": "x"}, secret])
    assert options(spec_of(deepcopy(sent)))[2:] == [
        *("--service", "sshd::always:6"),
        *(LAUNCH, "service", "sshd", "--hide", "PASSWORD", folder),
    ]
    shown = context({**policy(), "systemd": {"loginSecrets": True}})
    assert options(patched(sent, shown)["spec"])[4:] == [LAUNCH, "service", "sshd", folder]


def test_they_stand_behind_hooks_and_before_what_the_architecture_chooses() -> None:
    sent = asking("agent")
    sent["metadata"]["annotations"]["richpod.io/prestart"] = "/up"
    found = options(spec_of(sent))
    assert found[:2] == STATE
    assert found.index("--hook") < found.index("--stop") < found.index("--service")


def test_hooks_that_come_in_a_later_pass_stand_before_them() -> None:
    """Another webhook may add the annotation after our first pass."""
    once = patched(asking("agent"), context(policy()))
    once["metadata"]["annotations"]["richpod.io/prestart"] = "/up"
    found = options(patched(once, context(policy()))["spec"])
    assert found == [*STATE, "--hook", "prestart:30:1", "/up", "--stop", "35", "--service", "agent::always:2", *found[-2:]]


def test_a_second_pass_adds_what_is_missing_and_nothing_twice() -> None:
    once = patched(asking("agent"), context(policy()))
    assert patched(deepcopy(once), context(policy())) == once
    once["metadata"]["annotations"]["richpod.io/services"] = "agent,syslogd"
    command = patched(once, context(policy()))["spec"]["containers"][0]["command"]
    assert [word for word in command if word.endswith((":2", ":3"))] == ["agent::always:2", "syslogd::always:3"]


@pytest.mark.parametrize(("own", "raised"), [(None, 35), (90, 95), (0, 6)])
def test_they_are_stopped_after_the_application_had_all_its_time(own: int | None, raised: int) -> None:
    sent = asking("agent")
    if own is not None:
        sent["spec"]["terminationGracePeriodSeconds"] = own
    assert spec_of(sent)["terminationGracePeriodSeconds"] == raised


@pytest.mark.parametrize("init", ["launch", "dumb-init"])
def test_a_pod_says_which_in_the_place_of_its_profile(init: str) -> None:
    rules: Json = {"init": init, "services": ["crond"]}
    assert "crond::always:3" in options(spec_of(pod(), **rules))
    assert "--service" not in options(spec_of(asking(""), **rules))
    assert "agent::always:2" in options(spec_of(asking("agent"), **rules))


def test_one_that_is_not_known_is_left_out_and_the_others_run() -> None:
    sent = asking("agnet, agent")
    assert "agent::always:2" in options(spec_of(deepcopy(sent)))
    assert "service agnet: it is not defined; did you mean agent? (known: crond" in warnings(sent)


@pytest.mark.parametrize(
    ("name", "container", "why"),
    [
        ("crond", {"securityContext": {"runAsNonRoot": True}}, "runAsNonRoot: root alone may start it"),
        ("syslogd", {"securityContext": {"runAsUser": 1000}}, "runAsUser: root alone may start it"),
        ("crond", {"securityContext": {"capabilities": {"drop": ["ALL"]}}}, "no CAP_SETUID: it changes its user"),
        ("crond", {"securityContext": {"capabilities": {"drop": ["SETGID"]}}}, "no CAP_SETGID: it changes its user"),
        ("sshd", {"securityContext": {"capabilities": {"drop": ["SETUID"]}}}, "no CAP_SETUID: it changes its user"),
        ("sshd", {"securityContext": {"capabilities": {"drop": ["SYS_CHROOT"]}}}, "no CAP_SYS_CHROOT: it confines who logs in"),
        (
            "sshd",
            {"volumeMounts": [{"name": "x", "mountPath": "/.richpod-sshd/"}]},
            "mounts a volume of its own at /.richpod-sshd",
        ),
    ],
)
def test_one_that_could_not_run_is_left_out_with_the_reason(name: str, container: Json, why: str) -> None:
    rules: Json = {"defined": {"sshd": {"authorizedKeys": "who"}}}
    assert "--service" not in options(spec_of(asking(name, **container), **rules))
    assert why in warnings(asking(name, **container), **rules)


def test_what_has_the_application_s_rights_runs_as_any_user() -> None:
    secured = {"securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}}
    assert "agent::always:2" in options(spec_of(asking("agent", **secured)))


def test_on_the_node_s_network_no_sshd_takes_the_node_s_port() -> None:
    sent = asking("sshd")
    sent["spec"]["hostNetwork"] = True
    assert "hostNetwork: its port would be the node's" in warnings(sent)


def test_without_an_init_of_ours_nothing_starts_them() -> None:
    sent = asking("agent")
    sent["metadata"]["annotations"]["richpod.io/init"] = "none"
    assert "services skipped: container app has no init of richpod's, which would start them" in warnings(sent)


def test_a_profile_that_does_not_allow_it_keeps_its_own() -> None:
    assert "does not let pods choose services" in warnings(asking("agent"), allow=("init",))


def test_a_volume_of_keys_that_is_not_the_policy_s_is_refused() -> None:
    sent = asking("sshd")
    sent["spec"]["volumes"] = [{"name": "richpod-sshd", "configMap": {"name": "mine"}}]
    response = answer(sent, context(policy({"sshd": {"authorizedKeys": "who"}})))
    assert "the volume name richpod-sshd is reserved" in response["status"]["message"]
    assert not answer(deepcopy(sent), context(policy()))["allowed"]


@pytest.mark.parametrize("sshd", [{"restart": "always"}, {"authorizedKeys": "who"}])
def test_no_other_source_passes_for_the_volume_of_keys(sshd: Json) -> None:
    sent = asking("sshd")
    sent["spec"]["volumes"] = [{"name": "richpod-sshd", "hostPath": {"path": "/"}}]
    assert not answer(sent, context(policy({"sshd": sshd})))["allowed"]


def test_more_than_the_launcher_takes_are_not_asked_for() -> None:
    many = asking(",".join(f"agent-{number}" for number in range(60_000)))
    assert "60000 services are too many; name 32 at most" in warnings(many)


def test_as_many_as_the_launcher_takes_are_asked_for_once() -> None:
    defined = {f"agent-{number}": AGENT for number in range(32)}
    once = patched(asking(",".join(defined)), context(policy(defined)))
    assert options(once["spec"]).count("--service") == 32
    assert patched(deepcopy(once), context(policy(defined))) == once
    assert "services of its own" not in warnings(once, defined=defined)


def test_no_later_pass_asks_for_more_than_the_launcher_takes() -> None:
    defined = {f"agent-{number}": AGENT for number in range(40)}
    once = patched(asking(",".join([*defined][:20])), context(policy(defined)))
    once["metadata"]["annotations"]["richpod.io/services"] = ",".join([*defined][20:])
    assert options(patched(once, context(policy(defined)))["spec"]).count("--service") == 32


@pytest.mark.parametrize("user", ["root", "0"])
def test_a_service_of_roots_changes_no_user(user: str) -> None:
    dropped = {"securityContext": {"capabilities": {"drop": ["ALL"]}}}
    assert f"agent:{user}:always:1" in options(
        spec_of(asking("agent", **dropped), defined={"agent": {"argv": ["/a"], "user": user}})
    )


def test_a_service_of_that_name_that_somebody_else_wrote_is_not_called_the_policys() -> None:
    own = [LAUNCH, *STATE, "--service", "agent::never:1", "/bin/true", "--", "/a"]
    sent = asking("agent", command=own)
    assert patched(deepcopy(sent), context(policy()))["spec"]["containers"][0]["command"] == own
    assert "service agent: container app starts the launcher with services of its own" in warnings(sent)


def test_in_a_later_pass_the_main_container_stays_the_one_whoever_came_before_it() -> None:
    once = patched(asking("agent"), context(policy()))
    once["spec"]["containers"].insert(0, {"name": "proxy", "image": "p:1", "command": ["/p"]})
    again = patched(once, context(policy()))
    assert again["spec"]["containers"][0]["command"] == [LAUNCH, "--", "/p"]
    assert "agent::always:2" in again["spec"]["containers"][1]["command"]
