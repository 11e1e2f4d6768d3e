"""authorize: nothing of a pod starts before the gateway has granted what the policy lets it ask for."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from tests.in_tree import Rejected
from tests.qos import qos_class
from tests.reviews import REPLICASET, answer, context, operations, patched, pod
from webhook.admission.context import Context
from webhook.admission.pipeline import mutate

Json = dict[str, Any]

OLD, NEW, STRANGER = (f"-----BEGIN CERTIFICATE-----\n{word}\n-----END CERTIFICATE-----\n" for word in ("b2xk", "bmV3", "bm8="))
GRANTS: Json = {
    "orders": {"ports": [5432]},
    "stock": {"ports": [443], "to": [{"applications": ["till"]}]},
    "dns": {"ports": [53]},
}
APPLICATIONS = {"till": {"namespaces": ["shop"], "serviceAccounts": ["till"]}}


def asking(authorize: tuple[str, ...] = ("orders",), authority: str = OLD, **profile: Any) -> Context:
    """The entry of a profile with these grants."""
    features = {"authorize": [*authorize], **profile.pop("features", {})}
    default = {"features": features, "allow": ["authorize", "hooks"], "namespaces": ["shop"], **profile}
    given = {"applications": APPLICATIONS, "grants": GRANTS, "gateway": {"wait": 60}, "profiles": {"default": default}}
    return replace(context(given), authority=authority)


def authorizer(pod: Json) -> Json:
    found: Json = pod["spec"]["initContainers"][0]
    assert found["name"] == "richpod-authorizer"
    return found


def asks(pod: Json) -> tuple[str, ...]:
    """The application and the grants that the gateway will read."""
    words = authorizer(pod)["command"]
    return words[words.index("--application") + 1], *(words[i + 1] for i, word in enumerate(words) if word == "--grant")


def verdict(pod: Json, entry: Context) -> str:
    said: str = answer(pod, entry)["auditAnnotations"]["authorize"]
    return said


# --- what a pod gets ---


def test_it_runs_before_all_others_and_has_no_api_token() -> None:
    sent = pod({"initContainers": [{"name": "migrate", "image": "shop/migrate:1"}]})
    after = patched(sent, asking(features={"init": "launch"}))
    names = [container["name"] for container in after["spec"]["initContainers"]]
    assert names == ["richpod-authorizer", "richpod-toolkit", "migrate"]
    found = authorizer(after)
    assert found["command"] == [
        *("/opt/richpod/bin/python3", "-I", "-m", "webhook.inpod.authorizer"),
        *("--gateway", "https://richpod-gateway.richpod-system.svc/authorize", "--wait", "60"),
        *("--application", "shop/web-5c9", "--grant", "orders"),
    ]
    assert {mount["name"]: mount["mountPath"] for mount in found["volumeMounts"]} == {
        "richpod-gateway-token": "/var/run/secrets/richpod.io/gateway",
        "richpod-no-token": "/var/run/secrets/kubernetes.io/serviceaccount",
    }
    assert found["env"] == [{"name": "RICHPOD_AUTHORITY", "value": OLD}]
    assert found["securityContext"]["runAsNonRoot"]


def test_the_token_is_for_the_gateway_alone_and_in_no_container_of_the_application() -> None:
    spec = patched(pod(), asking())["spec"]
    token = {"audience": "richpod-gateway", "expirationSeconds": 3600, "path": "token"}
    assert {"name": "richpod-gateway-token", "projected": {"sources": [{"serviceAccountToken": token}]}} in spec["volumes"]
    assert "richpod-gateway-token" not in str(spec["containers"])


def test_the_gateway_finds_it_by_a_label() -> None:
    label = {"richpod.io/authorize": "true"}
    assert patched(pod(), asking())["metadata"]["labels"] == label
    assert patched(pod(labels={"app": "web"}), asking())["metadata"]["labels"] == {"app": "web", **label}
    assert "labels" not in patched(pod(annotations={"richpod.io/authorize": "none"}), asking())["metadata"]


def test_the_sidecar_asks_the_same_gateway() -> None:
    hooks = {"init": "launch", "hooks": {"checkUrl": "http://:8080/"}}
    spec = patched(pod(), asking(features=hooks))["spec"]
    sidecar = spec["initContainers"][-1]
    assert sidecar["name"] == "richpod-sidecar"
    at = sidecar["command"].index("--gateway")
    assert sidecar["command"][at + 1] == "https://richpod-gateway.richpod-system.svc/authorize"
    assert sidecar["env"] == spec["initContainers"][0]["env"]
    assert "richpod-gateway-token" in [mount["name"] for mount in sidecar["volumeMounts"]]
    assert "--gateway" not in patched(pod(), asking((), features=hooks))["spec"]["initContainers"][-1]["command"]


def test_r35_a_guaranteed_pod_stays_one() -> None:
    limits = {"limits": {"cpu": "1", "memory": "1Gi"}}
    sent = pod({"containers": [{"name": "app", "image": "a:1", "resources": limits}]})
    assert qos_class(patched(sent, asking())) == "Guaranteed"


# --- for whom it asks ---


@pytest.mark.parametrize(
    ("owner", "metadata", "application"),
    [
        (REPLICASET | {"name": "web-5c9"}, {"labels": {"pod-template-hash": "5c9"}}, "shop/web"),
        (REPLICASET | {"name": "web"}, {"labels": {"pod-template-hash": "5c9"}}, "shop/web"),
        ({"kind": "StatefulSet", "name": "db", "controller": True}, {}, "shop/db"),
        ({"kind": "Job", "name": "report-29012345", "controller": True}, {}, "shop/report"),
        ({"kind": "Job", "name": "import-7", "controller": True}, {}, "shop/import-7"),
        (None, {"name": "shell"}, "shop/shell"),
        (None, {}, "shop/web-5c9"),
    ],
)
def test_a_pod_acts_for_the_workload_that_made_it(owner: Json | None, metadata: Json, application: str) -> None:
    assert asks(patched(pod(owner=owner, **metadata), asking())) == (application, "orders")


def test_or_for_the_application_that_it_names_where_the_policy_lets_it() -> None:
    sent = pod({"serviceAccountName": "till"}, {"richpod.io/app": "till", "richpod.io/authorize": "stock, orders"})
    assert asks(patched(sent, asking())) == ("till", "orders", "stock")


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"richpod.io/app": "till"}, "skipped: application"),
        ({"richpod.io/app": "other/web"}, "skipped: application"),
        ({"richpod.io/authorize": "order"}, "skipped: unknown-grant"),
        ({"richpod.io/authorize": "orders,stock"}, "skipped: grant"),
        ({"richpod.io/app": "$(APP)"}, "skipped: bad-application"),
        ({"richpod.io/app": "--grant"}, "skipped: bad-application"),
        ({"richpod.io/app": "a" * 400}, "skipped: bad-application"),
        ({"richpod.io/app": ""}, "skipped: bad-application"),
    ],
)
def test_what_the_gateway_would_refuse_is_said_when_the_pod_is_created(annotations: Json, said: str) -> None:
    assert verdict(pod(annotations=annotations), asking()) == said


def test_who_asks_for_too_much_is_told_what_is_left() -> None:
    sent = pod(annotations={"richpod.io/authorize": "dns,stock,orders"})
    (verdict,) = mutate(sent, "shop", asking()).verdicts
    assert verdict.fix == 'richpod.io/authorize: "orders,dns"'


@pytest.mark.parametrize(
    "spec",
    [
        {"hostNetwork": True},
        {"dnsPolicy": "None"},
        {"dnsPolicy": "Default"},
        {"hostAliases": [{"ip": "192.0.2.7", "hostnames": ["a", "richpod-gateway.richpod-system.svc"]}]},
    ],
)
def test_a_pod_that_has_no_address_or_does_not_find_the_gateway_is_skipped(spec: Json) -> None:
    assert verdict(pod(spec), asking()) == "skipped: conflict"


def test_an_alias_of_another_name_is_nobodys_business() -> None:
    assert verdict(pod({"hostAliases": [{"ip": "192.0.2.7", "hostnames": ["db"]}]}), asking()) == "applied"


def test_while_the_authorities_are_not_known_nobody_is_sent_to_ask() -> None:
    assert verdict(pod(), asking(authority="")) == "skipped: no-authority"


# --- the second time, and what is not ours ---


@pytest.mark.parametrize(
    "filled_in",
    [
        {},
        {"imagePullPolicy": "Always"},
        {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"},
        {"resources": {"limits": {"cpu": "2"}}},
    ],
)
@pytest.mark.parametrize("authority", [OLD, OLD + NEW, ""])
def test_r26_the_second_time_it_is_left_as_it_is(filled_in: Json, authority: str) -> None:
    once = patched(pod(), asking())
    authorizer(once).update(filled_in)
    once["spec"]["volumes"][0]["projected"]["defaultMode"] = 420
    assert "patch" not in answer(once, asking(authority=authority))


@pytest.mark.parametrize(
    "forged",
    [
        {"image": "ghcr.io/richpod/richpod:0.0.1"},
        {"command": ["/bin/true"]},
        {"args": ["--token", "/etc/hostname"]},
        {"restartPolicy": "Always"},
        {"terminationMessagePath": "/opt/richpod/lib/authorizer.py"},
        {"lifecycle": {}},
        {"envFrom": [{"configMapRef": {"name": "a"}}]},
        {"env": []},
        {"env": [{"name": "RICHPOD_AUTHORITY", "value": STRANGER}]},
        {"env": [{"name": "RICHPOD_AUTHORITY", "value": OLD + STRANGER}]},
        {"env": [{"name": "RICHPOD_AUTHORITY", "value": OLD + STRANGER.replace("CERTIFICATE", "X509 CERTIFICATE")}]},
        {"env": [{"name": "RICHPOD_AUTHORITY", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "a"}}}]},
        {"env": [{"name": "RICHPOD_AUTHORITY", "value": OLD}, {"name": "PYTHONPATH", "value": "/x"}]},
        {"volumeMounts": [{"name": "x", "mountPath": "/opt/richpod"}]},
        {"securityContext": {"runAsUser": 0}},
    ],
    ids=lambda forged: "-".join(forged),
)
def test_r28_what_is_not_as_richpod_writes_it_is_refused(forged: Json) -> None:
    sent = deepcopy(patched(pod(), asking()))
    authorizer(sent).update(forged)
    with pytest.raises(Rejected, match="richpod-authorizer"):
        patched(sent, asking())


def test_r28_so_is_one_in_a_pod_that_asks_for_nothing() -> None:
    once = patched(pod(), asking())
    with pytest.raises(Rejected, match="it is asked for nothing"):
        patched(once, asking(()))


@pytest.mark.parametrize(
    "source",
    [
        {"emptyDir": {}},
        {"projected": {"sources": [{"serviceAccountToken": {"audience": "api", "expirationSeconds": 3600, "path": "token"}}]}},
        {"projected": {"sources": [{"secret": {"name": "token"}}]}},
        {"projected": {}},
    ],
)
def test_r28_and_another_volume_under_the_name_of_the_tokens(source: Json) -> None:
    with pytest.raises(Rejected, match="richpod-gateway-token is reserved"):
        patched(pod({"volumes": [{"name": "richpod-gateway-token", **source}]}), asking())


# --- where it is required ---


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (pod(annotations={"richpod.io/authorize": "none"}), "requires orders"),
        (pod(annotations={"richpod.io/authorize": "dns"}), "requires orders"),
        (pod(annotations={"richpod.io/app": "till"}), "may not act for application till"),
        (pod({"hostNetwork": True}), "the address is the node's"),
        (pod(annotations={"richpod.io/authorize": ""}), "write names of grants"),
    ],
)
def test_what_would_be_skipped_elsewhere_is_refused(sent: Json, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        patched(sent, asking(required=["authorize"]))


def test_without_the_authorities_it_is_refused() -> None:
    with pytest.raises(Rejected, match="not known yet"):
        patched(pod(), asking(authority="", required=["authorize"]))


def test_what_is_required_comes_first_and_more_may_follow() -> None:
    sent = pod(annotations={"richpod.io/authorize": "dns,orders"})
    assert asks(patched(sent, asking(required=["authorize"])))[1:] == ("orders", "dns")


def test_what_is_not_asked_for_changes_nothing() -> None:
    assert operations(answer(pod(), asking(()))) == []
