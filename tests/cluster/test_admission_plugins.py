"""The API server's own plug-ins around our patch: what they do to our parts, and that a second call changes nothing."""

import json
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

import pytest

from webhook.admission.entries import ENFORCE, PROFILE
from webhook.inpod.contract import NO_TOKEN_VOLUME, SERVICE_ACCOUNT_PATH, TOOLKIT_CONTAINER

from .access import Cluster, Object
from .creation import Answer, create
from .injection import Served, calls, in_force
from .lifecycle import GVISOR
from .namespaces import Namespaces
from .pods import pod
from .processes import until

pytestmark = pytest.mark.cluster

NAME = f"plugins-{uuid4().hex[:8]}"
PLACED = f"placed-{uuid4().hex[:8]}"
POLICY = f"""
mirrors: {{docker.io: mirror.example}}
runtimes:
  gvisor: {{class: gvisor, kind: gvisor}}
  placed: {{class: {PLACED}, kind: runc}}
volumes: {{data: {{source: {{persistentVolumeClaim: {{claimName: data}}}}, mountPath: /data}}}}
profiles:
  rich: {{features: {{init: launch, lxcfs: true, mirrors: true, volumes: [data]}}, allow: [init, runtime]}}
"""
ONE_PATCH, AND_ONE_CALL_MORE = ["patched"], ["patched", "unchanged"]


class Site(NamedTuple):
    cluster: Cluster
    server: Served
    make: Namespaces

    def namespace(self, limits: Object | None = None, **labels: str) -> str:
        """With a LimitRange for containers, if one is given."""
        name = self.make({"test-webhook": NAME, PROFILE: "rich", **({ENFORCE: labels["level"]} if labels else {})})
        if limits is not None:
            limit = {"type": "Container", **limits}
            metadata = {"name": "limits", "namespace": name}
            self.cluster.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": [limit]}})
        return name

    def decisions(self, namespace: str) -> list[str]:
        return [event["decision"] for event in calls(self.cluster, self.server, namespace)]


@pytest.fixture(scope="module")
def server(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with in_force(api_server, POLICY, tmp_path_factory.mktemp("served"), NAME) as running:
        yield running


@pytest.fixture
def site(api_server: Cluster, server: Served, namespace: Namespaces) -> Site:
    if api_server.layout is None:
        api_server.apply(GVISOR)
    return Site(api_server, server, namespace)


def subject(namespace: str, runtime: str = "", **spec: object) -> Object:
    made = pod(namespace, "docker.io/library/app:1", "/app", **spec)
    made["metadata"]["annotations"] = {"richpod.io/init": "launch", **({"richpod.io/runtime": runtime} if runtime else {})}
    return made


def stored(answer: Answer) -> tuple[Object, Object, Object]:
    """The spec of an accepted pod, the application's container, and ours."""
    assert answer.accepted, answer.body
    spec = answer.body["spec"]
    (init,) = (container for container in spec["initContainers"] if container["name"] == TOOLKIT_CONTAINER)
    return spec, spec["containers"][0], init


def test_our_container_gets_no_api_token_and_causes_no_second_call(site: Site) -> None:
    """Requirements 31 and 32; ServiceAccount adds its mount to every container that has none at that path."""
    name = site.namespace()
    _, app, init = stored(create(site.cluster, subject(name)))
    tokens = {c["name"]: [m["name"] for m in c["volumeMounts"] if m["mountPath"] == SERVICE_ACCOUNT_PATH] for c in (app, init)}
    assert tokens["main"][0].startswith("kube-api-access-")
    assert tokens[TOOLKIT_CONTAINER] == [NO_TOKEN_VOLUME]
    assert site.decisions(name) == ONE_PATCH


def test_defaults_of_a_limit_range_reach_our_container_as_the_application_has_them(site: Site) -> None:
    """Requirement 34."""
    defaults = {"default": {"cpu": "2", "memory": "1Gi"}, "defaultRequest": {"cpu": "1", "memory": "512Mi"}}
    name = site.namespace(defaults)
    answer = create(site.cluster, subject(name))
    _, app, init = stored(answer)
    assert app["resources"]["limits"] == {"cpu": "2", "memory": "1Gi"}
    assert init["resources"] == app["resources"]
    assert answer.body["status"]["qosClass"] == "Burstable"
    assert site.decisions(name) == ONE_PATCH


def test_a_pod_that_its_limit_range_makes_guaranteed_stays_so(site: Site) -> None:
    """Requirement 35: the plug-in runs before us, so its values count."""
    answer = create(site.cluster, subject(site.namespace({"default": {"cpu": "1", "memory": "1Gi"}})))
    stored(answer)
    assert answer.body["status"]["qosClass"] == "Guaranteed"


def test_defaults_that_our_container_lacks_are_added_to_it_and_stay(site: Site) -> None:
    """Requirement 25."""
    name = site.namespace({"default": {"ephemeral-storage": "1Gi"}})
    answer = create(site.cluster, subject(name))
    _, _, init = stored(answer)
    assert init["resources"]["limits"]["ephemeral-storage"] == "1Gi"
    assert TOOLKIT_CONTAINER in answer.body["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    assert site.decisions(name) == AND_ONE_CALL_MORE


BOUNDS = {
    "max": {"cpu": "200m", "memory": "32Mi"},
    "min": {"cpu": "100m", "memory": "20Mi"},
    "maxLimitRequestRatio": {"cpu": "2"},
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_bounds_of_a_limit_range_that_the_application_keeps_are_kept_by_our_container(site: Site, bound: str) -> None:
    """A pod that is accepted without us is accepted with us."""
    sent = subject(site.namespace({bound: BOUNDS[bound]}))
    given = {"requests": {"cpu": "150m", "memory": "32Mi"}, "limits": {"cpu": "200m", "memory": "32Mi"}}
    sent["spec"]["containers"][0]["resources"] = given
    stored(create(site.cluster, sent))


def test_where_a_quota_wants_requests_and_limits_of_all_our_container_has_them(site: Site) -> None:
    """Trap 24: of an application that has none its name is said, and not ours."""
    name = site.namespace()
    hard = {f"{kind}.{resource}": "2Gi" for kind in ("requests", "limits") for resource in ("cpu", "memory")}
    metadata = {"name": "quota", "namespace": name}
    site.cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}})
    # What a controller notes, of which an API server alone has none.
    status = json.dumps({"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}})
    site.cluster.kubectl("-n", name, "patch", "resourcequota", "quota", "--subresource=status", "--type=merge", "-p", status)
    sent = subject(name)
    until("the quota", lambda: not create(site.cluster, sent).accepted)
    said = create(site.cluster, sent).body["message"]
    assert "must specify limits.cpu for: main;" in said
    sent["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1", "memory": "1Gi"}}
    stored(create(site.cluster, sent))


def test_the_overhead_of_a_class_that_we_set_arrives(site: Site) -> None:
    """Requirement 36, trap 15."""
    name = site.namespace()
    spec, _, _ = stored(create(site.cluster, subject(name, "gvisor")))
    assert (spec["runtimeClassName"], spec["overhead"]) == ("gvisor", GVISOR["overhead"]["podFixed"])
    assert site.decisions(name) == AND_ONE_CALL_MORE


def test_the_scheduling_of_a_class_that_we_set_arrives(site: Site) -> None:
    toleration = {"key": "example.com/place", "operator": "Exists"}
    scheduling = {"nodeSelector": {"example.com/place": "here"}, "tolerations": [toleration]}
    placed = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": PLACED}}
    site.cluster.apply({**placed, "handler": "runc", "scheduling": scheduling})
    try:
        name = site.namespace()
        spec, _, _ = stored(create(site.cluster, subject(name, "placed")))
        assert spec["nodeSelector"] == scheduling["nodeSelector"]
        assert toleration in spec["tolerations"]
        assert site.decisions(name) == AND_ONE_CALL_MORE
    finally:
        site.cluster.kubectl("delete", "runtimeclass", PLACED)


def test_a_priority_class_is_resolved_as_without_us(site: Site) -> None:
    name = site.namespace()
    spec, _, _ = stored(create(site.cluster, subject(name, priorityClassName="system-cluster-critical")))
    assert spec["priority"] == 2_000_000_000
    assert site.decisions(name) == ONE_PATCH


HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_pod_security_admits_what_we_add_and_lxcfs_stays_out_with_a_warning(site: Site, level: str) -> None:
    """Requirements 38 and 39."""
    name = site.namespace(level=level)
    hardened = subject(name)
    hardened["spec"]["containers"][0]["securityContext"] = HARDENED
    answer = create(site.cluster, hardened)
    spec, app, _ = stored(answer)
    assert app["command"][0] == "/.richpod/bin/launch"
    assert not any("hostPath" in volume for volume in spec["volumes"])
    said, _ = answer.warnings
    assert said.endswith(f": lxcfs skipped: level:{level}: Pod Security forbids hostPath here")
    assert site.decisions(name) == ONE_PATCH


def test_all_of_them_at_once(site: Site) -> None:
    name = site.namespace({"default": {"cpu": "1", "ephemeral-storage": "1Gi"}}, level="restricted")
    many = subject(name, "gvisor", priorityClassName="system-node-critical")
    many["spec"]["containers"][0]["securityContext"] = HARDENED
    spec, app, init = stored(create(site.cluster, many))
    assert spec["overhead"] == GVISOR["overhead"]["podFixed"]
    assert spec["priority"] == 2_000_001_000
    assert app["image"] == "mirror.example/library/app:1"
    assert app["resources"]["limits"] == {"cpu": "1", "ephemeral-storage": "1Gi"}
    assert init["resources"]["limits"]["ephemeral-storage"] == "1Gi"
    assert site.decisions(name) == AND_ONE_CALL_MORE
