"""Whether something is shaped like a Pod: the first thing that is not, with its path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reviews import context
from tests.strategies import pods, policies
from webhook.admission import shape
from webhook.admission.pipeline import mutate
from webhook.errors import Malformed
from webhook.policy import Policy

Json = dict[str, Any]


@given(pods())
def test_whatever_a_cluster_holds_is_a_pod(found: Json) -> None:
    shape.check(found)


@pytest.mark.parametrize(
    ("spec", "path", "sentence"),
    [
        (None, "/spec", "is missing"),
        ({}, "/spec/containers", "is missing or null; a pod has a list of containers"),
        ({"containers": {}}, "/spec/containers", "is a map, not a list"),
        ({"containers": [{}, None]}, "/spec/containers/1", "is null, not a map"),
        ({"containers": [{"command": "/app"}]}, "/spec/containers/0/command", "is a string ('/app'), not a list"),
        ({"containers": [{"command": [8080]}]}, "/spec/containers/0/command/0", "is a whole number ('8080'), not a string"),
        ({"initContainers": [{"args": ["a", True]}]}, "/spec/initContainers/0/args/1", "is true or false ('True'), not a string"),
        ({"containers": [], "hostPID": "true"}, "/spec/hostPID", "is a string ('true'), not true or false"),
        ({"nodeSelector": {"a/b": 1}}, "/spec/nodeSelector/a~1b", "is a whole number ('1'), not a string; quote it"),
        ({"containers": [], "volumes": [{"emptyDir": {}}]}, "/spec/volumes/0/name", "is missing"),
        (
            {"containers": [{"volumeMounts": [{"name": "v"}]}]},
            "/spec/containers/0/volumeMounts/0/mountPath",
            "is missing",
        ),
    ],
)
def test_the_first_fault_is_named_with_its_path(spec: Json, path: str, sentence: str) -> None:
    with pytest.raises(Malformed) as raised:
        shape.check({"metadata": {}, "spec": spec})
    assert (raised.value.path, raised.value.sentence) == (path, sentence)


def test_null_is_absent_but_where_a_pod_needs_something() -> None:
    shape.check({"metadata": None, "spec": {"containers": [], "volumes": None, "hostPID": None, "nodeSelector": None}})


def test_fields_nobody_knows_pass() -> None:
    shape.check({"spec": {"containers": [{"commnd": 1, "futureField": []}], "futureField": 1}, "futureField": None})


@pytest.mark.parametrize(("key", "most"), [("containers", 1_000), ("initContainers", 1_000), ("volumes", 5_000)])
def test_a_pod_of_many_parts_is_refused_before_anything_is_done_for_each(key: str, most: int) -> None:
    spec = {"containers": [{"name": "app", "image": "a:1"}], key: [{"name": "x", "image": "a"}] * (most + 1)}
    with pytest.raises(Malformed, match=f"at most {most} are read"):
        mutate({"metadata": {}, "spec": spec}, "shop", context())


def test_lists_beyond_reason_are_not_read() -> None:
    with pytest.raises(Malformed, match="at most 1000"):
        shape.check({"spec": {"containers": [{}] * 5_001}})


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"imagePullSecrets": ["a"]}, "/imagePullSecrets/0"),
        ({"imagePullSecrets": [{"name": 1}]}, "/imagePullSecrets/0/name"),
        ({"affinity": "amd64"}, "/affinity"),
        ({"affinity": {"nodeAffinity": {REQUIRED: []}}}, f"/affinity/nodeAffinity/{REQUIRED}"),
        (
            {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [{"values": [[]]}]}]}}}},
            f"/affinity/nodeAffinity/{REQUIRED}/nodeSelectorTerms/0/matchExpressions/0/values/0",
        ),
    ],
)
def test_what_is_read_for_a_look_up_is_read_of_pods_only(spec: Json, path: str) -> None:
    """A file may hold anything: the fault has a path."""
    with pytest.raises(Malformed) as raised:
        shape.check({"spec": {"containers": [], **spec}})
    assert raised.value.path == f"/spec{path}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "mountPath", "richpod.io/init", "kind", "image", "medium"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = st.sampled_from(
    [
        ("metadata",),
        ("metadata", "annotations"),
        ("metadata", "ownerReferences"),
        ("spec",),
        ("spec", "containers"),
        ("spec", "containers", 0),
        ("spec", "containers", 0, "command"),
        ("spec", "containers", 0, "volumeMounts"),
        ("spec", "containers", 0, "securityContext"),
        ("spec", "containers", 0, "resources"),
        ("spec", "containers", 0, "image"),
        ("spec", "initContainers"),
        ("spec", "volumes"),
        ("spec", "nodeSelector"),
        ("spec", "imagePullSecrets"),
        ("spec", "affinity", "nodeAffinity", REQUIRED, "nodeSelectorTerms"),
        ("spec", "securityContext"),
        ("spec", "resources"),
        ("spec", "runtimeClassName"),
        ("spec", "os"),
    ]
)


@given(pods(), policies(), PLACES, JSON)
def test_what_passes_goes_through_the_trunk_without_a_fault(
    found: Json, policy: Policy, place: tuple[Any, ...], value: Any
) -> None:
    """Files are checked first: whatever the check lets through must not make a feature stumble."""
    holder: Any = found
    for key in place[:-1]:
        holder = holder[key] if isinstance(holder, list) else holder.setdefault(key, {})
    holder[place[-1]] = value
    try:
        shape.check(found)
    except Malformed:
        return
    mutate(found, "shop", context(policy))
