"""persist: a folder of the image becomes the application's own, in a claim that one pod alone has."""

import json
from typing import Any

import pytest

from tests.reviews import pod
from webhook.admission.context import Context
from webhook.admission.pipeline import Outcome, mutate
from webhook.policy.file import parse as policy

Json = dict[str, Any]

DATA = {"path": "/var/lib/app", "claim": "data"}
VOLUME = {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}
FILL = ["/.richpod/bin/launch", "fill", "/var/lib/app", "/.richpod-fill"]


def treated(
    *kept: Json, container: Json | None = None, volumes: list[Json] | None = None, sections: str = "", **spec: Any
) -> tuple[Json, Outcome]:
    containers = [{"name": "app", "image": "a:1", "command": ["/app"], **(container or {})}]
    raw = pod(
        {"containers": containers, "volumes": [VOLUME] if volumes is None else volumes, **spec},
        {"richpod.io/persist": json.dumps(kept)},
    )
    raw["metadata"]["name"] = "web-0"
    given = Context(policy(f"profiles: {{default: {{allow: [persist]}}}}\n{sections}"), "default", "privileged")
    return raw, mutate(raw, "shop", given)


def test_who_fills_it_has_no_right_that_copying_does_not_need() -> None:
    capabilities = {"drop": ["ALL"], "add": ["SYS_ADMIN", "CHOWN"]}
    security = {"procMount": "Unmasked", "seccompProfile": {"type": "Unconfined"}, "capabilities": capabilities}
    given = {"add": {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}, "privileged": {}}
    for name, privileged in (("add", False), ("privileged", True)):
        after, _ = treated(DATA, container={"securityContext": {**security, "privileged": privileged}})
        _, filler = after["spec"]["initContainers"]
        assert filler["securityContext"] == given[name]


def test_who_fills_it_has_the_rights_of_the_application_that_copying_needs() -> None:
    same = {
        "runAsUser": 7,
        "runAsGroup": 8,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    after, _ = treated(DATA, container={"securityContext": {**same, "runAsUserName": None, "capabilities": {"add": ["ALL"]}}})
    of_files = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP"]
    assert after["spec"]["initContainers"][1]["securityContext"] == {**same, "capabilities": {"add": of_files}}
    nothing = {"runAsGroup": None, "capabilities": {"drop": [], "add": ["SYS_ADMIN"]}}
    after, _ = treated(DATA, container={"securityContext": nothing})
    assert after["spec"]["initContainers"][1]["securityContext"] == {}


def test_a_folder_s_name_means_nothing_to_the_kubelet() -> None:
    after, _ = treated({**DATA, "path": "/var/$(NAME)"})
    assert after["spec"]["initContainers"][1]["command"][2] == "/var/$$(NAME)"


def test_the_folder_is_filled_by_the_application_s_own_image_before_anything_of_the_pod_runs() -> None:
    context = {"runAsUser": 7}
    after, outcome = treated(
        DATA,
        container={"securityContext": context, "imagePullPolicy": "Never"},
        initContainers=[{"name": "theirs", "image": "b:1"}],
    )
    assert [verdict.sentence for verdict in outcome.verdicts] == ["/var/lib/app stays in data"]
    copier, filler, theirs = after["spec"]["initContainers"]
    assert (copier["name"], filler["name"], theirs["name"]) == ("richpod-toolkit", "richpod-fill-0", "theirs")
    assert (filler["image"], filler["command"], filler["securityContext"]) == ("a:1", FILL, context)
    assert filler["imagePullPolicy"] == "Never"
    mounted = {mount["mountPath"]: mount["name"] for mount in filler["volumeMounts"]}
    assert mounted["/.richpod-fill"] == "data"
    assert mounted["/var/run/secrets/kubernetes.io/serviceaccount"] == "richpod-no-token"
    (mount,) = after["spec"]["containers"][0]["volumeMounts"]
    assert mount == {"name": "data", "mountPath": "/var/lib/app", "subPath": "data"}


def test_the_launcher_is_there_before_it_fills_also_where_an_earlier_pass_brought_it() -> None:
    copied = {"name": "richpod-toolkit", "image": "ghcr.io/richpod/richpod-toolkit:1", "command": ["/bin/launch", "install"]}
    after, _ = treated(DATA, initContainers=[copied, {"name": "theirs", "image": "b:1"}])
    assert [raw["name"] for raw in after["spec"]["initContainers"]] == ["richpod-toolkit", "richpod-fill-0", "theirs"]


def test_a_claim_that_is_no_volume_of_the_pod_is_for_a_single_one() -> None:
    after, _ = treated({**DATA, "single": True}, volumes=[])
    volume = after["spec"]["volumes"][0]
    assert volume == {"name": "richpod-persist-0", "persistentVolumeClaim": {"claimName": "data"}}


def test_where_nobody_has_proved_it_that_is_said() -> None:
    _, outcome = treated(DATA, sections="runtimes: {crx: {class: crx, kind: crx}}", runtimeClassName="crx")
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("applied", ""), ("applied", "unproved")]


def test_a_volume_of_the_pod_may_be_a_claim_that_it_has_alone() -> None:
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "of-old"}}
    after, _ = treated({**DATA, "single": True}, volumes=[volume])
    assert [each["name"] for each in after["spec"]["volumes"] if "persistentVolumeClaim" in each] == ["data"]


def test_what_is_mounted_within_stays_there() -> None:
    """The API server mounts the pod's token before it asks."""
    token = {"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}
    after, outcome = treated({"path": "/var", "claim": "data"}, container={"volumeMounts": [token]})
    assert [verdict.outcome for verdict in outcome.verdicts] == ["applied"]
    assert [mount["mountPath"] for mount in after["spec"]["containers"][0]["volumeMounts"]] == [token["mountPath"], "/var"]


@pytest.mark.parametrize(
    ("kept", "changes", "reason"),
    [
        (DATA, {"volumes": []}, "shared-claim"),
        (DATA, {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}, "shared-claim"),
        (DATA, {"volumes": [{"name": "data", "emptyDir": {}}]}, "no-claim"),
        (DATA, {"volumes": [{"name": "data", "ephemeral": {}}]}, "no-claim"),
        (DATA, {"volumes": [{"name": "data", "persistentVolumeClaim": None}]}, "no-claim"),
        (
            DATA,
            {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0", "readOnly": True}}]},
            "no-claim",
        ),
        (DATA, {"container": {"volumeMounts": [{"name": "data", "mountPath": "/var/lib/app/"}]}}, "path-taken"),
        (DATA, {"container": {"volumeMounts": [{"name": "data", "mountPath": "/var/lib"}]}}, "path-taken"),
        (DATA, {"runtimeClassName": "kata"}, "conflict"),
        ({"path": "/proc/x", "claim": "data"}, {}, "bad-value"),
    ],
)
def test_a_pod_that_could_not_keep_what_it_was_to_keep_is_refused(kept: Json, changes: Json, reason: str) -> None:
    """It would run, and lose what people believe to be kept."""
    _, outcome = treated(kept, **changes)
    assert [(verdict.outcome, verdict.reason) for verdict in outcome.verdicts] == [("refused", reason)]
    assert outcome.operations == []


def test_of_a_long_annotation_it_is_said_where_the_mistake_is() -> None:
    _, outcome = treated({**DATA, "singel": True})
    assert [verdict.sentence for verdict in outcome.refused] == ["persist item 1: singel: unknown key; did you mean single?"]


def test_a_second_pass_adds_nothing() -> None:
    after, _ = treated(DATA)
    given = Context(policy("profiles: {default: {allow: [persist]}}"), "default", "privileged")
    assert mutate(after, "shop", given).operations == []


def test_what_fills_comes_through_the_mirror_as_the_application_does() -> None:
    mirrored = policy(
        "mirrors: {docker.io/: mirror.example/}\nprofiles: {default: {features: {mirrors: true}, allow: [persist]}}"
    )
    given = Context(mirrored, "default", "privileged")
    after, _ = treated(DATA)
    mutate(after, "shop", given)
    images = {raw["name"]: raw["image"] for raw in [*after["spec"]["initContainers"], *after["spec"]["containers"]]}
    assert images["richpod-fill-0"] == images["app"] == "mirror.example/library/a:1"
    assert mutate(after, "shop", given).operations == []


def test_only_what_fills_may_have_the_name_and_the_application_s_image() -> None:
    forged = {"name": "richpod-fill-0", "image": "a:1", "command": ["/bin/sh"]}
    _, outcome = treated(DATA, initContainers=[forged])
    assert [verdict.reason for verdict in outcome.verdicts] == ["reserved-name"]


def again(raw: Json) -> list[str]:
    """The names of init containers after a later pass."""
    mutate(raw, "shop", Context(policy("profiles: {default: {allow: [persist]}}"), "default", "privileged"))
    return [each["name"] for each in raw["spec"]["initContainers"]]


def test_in_a_later_pass_the_main_container_stays_the_one_whoever_came_before_it() -> None:
    after, _ = treated(DATA)
    after["spec"]["containers"].insert(0, {"name": "proxy", "image": "p:1"})
    assert again(after) == ["richpod-toolkit", "richpod-fill-0"]
    assert "volumeMounts" not in after["spec"]["containers"][0]


def test_who_fills_it_is_there_again_where_somebody_took_it_away() -> None:
    after, _ = treated(DATA)
    del after["spec"]["initContainers"][1]
    after["spec"]["initContainers"].insert(0, {"name": "mesh", "image": "m:1"})
    assert again(after) == ["mesh", "richpod-toolkit", "richpod-fill-0"]


def test_another_image_of_the_application_in_between_does_not_make_it_a_forgery() -> None:
    after, _ = treated(DATA)
    after["spec"]["containers"][0]["image"] = "a@sha256:1"
    assert again(after) == ["richpod-toolkit", "richpod-fill-0"]


def test_what_is_mounted_there_of_another_volume_is_not_called_the_claim() -> None:
    mount = {"name": "scratch", "mountPath": DATA["path"], "subPath": "data"}
    _, outcome = treated(DATA, container={"volumeMounts": [mount]}, volumes=[{"name": "scratch", "emptyDir": {}}])
    assert outcome.verdicts[0].outcome == "refused"


def test_a_pod_without_containers_is_refused_with_that_reason() -> None:
    _, outcome = treated(DATA, containers=[])
    assert [verdict.sentence for verdict in outcome.refused] == ["the pod has no container"]
