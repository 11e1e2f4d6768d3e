"""Where the launcher's options go: into the argv of the main container, wherever the launcher stands in it."""

from typing import Any

import pytest

from tests.admission.hooked import options, policy, spec_of, two
from tests.reviews import answer, context, patched, pod
from webhook.inpod.contract import LAUNCH, SIDECAR_CONTAINER

Json = dict[str, Any]


def test_trap_23_the_main_container_is_the_one_kubectl_takes() -> None:
    sent = pod(two(), {"kubectl.kubernetes.io/default-container": "log"})
    after = patched(sent, context(policy({"prestart": ["/up"]})))["spec"]["containers"]
    assert after[0]["command"] == [LAUNCH, "--", "/a"]
    assert after[1]["command"][:3] == [LAUNCH, "--state", "/.richpod-state/log"]


def test_under_dumb_init_the_launcher_gets_them_too() -> None:
    command = spec_of({"prestart": ["/up"]}, init="dumb-init")["containers"][0]["command"]
    assert command[2:6] == [LAUNCH, "exec", "--state", "/.richpod-state/app"]


def test_behind_another_injectors_program_the_launcher_still_gets_its_options() -> None:
    containers = [{"name": "app", "image": "a:1", "command": ["/other"], "args": ["--", LAUNCH, "--", "/a"]}]
    after = patched(pod({"containers": containers}), context(policy({"prestart": ["/up"]})))["spec"]["containers"][0]
    assert after["command"] == ["/other"]
    assert after["args"][:4] == ["--", LAUNCH, "--state", "/.richpod-state/app"]


def test_without_an_init_there_are_no_hooks() -> None:
    response = answer(pod(annotations={"richpod.io/init": "none"}), context(policy({"prestart": ["/up"]})))
    assert "patch" not in response
    assert response["warnings"] == [
        "richpod web-5c9-: hooks skipped: container app has no init of richpod's, which would run them",
        "richpod web-5c9-: to change, an annotation of the pod: richpod.io/init: launch",
    ]


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


FOLDER = "/.richpod-state/app"


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ([LAUNCH, "--by-architecture", "amd64=1", "--state", "/x", "--", "/a", "/b"], []),
        ([LAUNCH, "--by-architecture", "amd64=1", "--state", FOLDER, "--", "/a", "/b"], []),
        ([LAUNCH, "exec", "--hold", "--state", FOLDER, "--", "/a"], []),
        ([LAUNCH, "--drain", "5"], ["--state", FOLDER, "--", "/a"]),
        ([LAUNCH, "--state"], [FOLDER, "--", "/a"]),
        ([LAUNCH, "--"], [LAUNCH, "--state", FOLDER, "--", "/a"]),
        (["/other", "--"], [LAUNCH, "--by-architecture", "amd64=1", "--state", FOLDER, "--", "/a", "/b"]),
        ([LAUNCH, "--java-debug", "5005", "--hold", "--state", FOLDER, "--", "/a"], []),
    ],
)
def test_no_launcher_gets_a_second_folder(command: list[str], args: list[str]) -> None:
    """It would end at once, and what is not where richpod writes it is nobody's but the author's."""
    sent = pod({"containers": [{"name": "app", "image": "a:1", "command": command, "args": args}]})
    entry = context(policy({"online": "hold"}))
    response = answer(sent, entry)
    assert response["warnings"] == [
        "richpod web-5c9-: hooks skipped: container app starts the launcher with --state in a way of its own"
    ]
    spec = patched(sent, entry)["spec"]
    assert (spec["containers"][0]["command"], spec["containers"][0]["args"]) == (command, args)
    assert SIDECAR_CONTAINER not in str(spec)


def test_the_folder_where_richpod_writes_it_is_taken_for_its_own() -> None:
    """As in a second pass; the program's own --state is none of the launcher's."""
    command = [LAUNCH, "--state", FOLDER, "--", "/a", "--state", "/x"]
    spec = spec_of({"online": "hold"}, {"containers": [{"name": "app", "image": "a:1", "command": command}]})
    assert spec["containers"][0]["command"] == command
    assert SIDECAR_CONTAINER in str(spec)


@pytest.mark.parametrize("command", [["/a", "--state", "/x"], [LAUNCH, "--", "/a", "--state", "/x"]])
def test_a_program_may_have_options_of_the_same_name(command: list[str]) -> None:
    spec = spec_of({"prestart": ["/up"]}, {"containers": [{"name": "app", "image": "a:1", "command": command}]})
    assert options(spec)[:2] == ["--state", FOLDER]
    assert spec["containers"][0]["command"][-3:] == ["/a", "--state", "/x"]
