"""Nodes that lack what the policy lets pods ask for."""

from typing import Any

import pytest

from tests.cli.check.healthy import POLICY, agent, daemon_set, facts, line, node, said
from webhook.cli.check.facts import Pods
from webhook.cli.check.nodes import uses_lxcfs
from webhook.errors import ApiError
from webhook.policy.file import parse

USED = parse("{profiles: {default: {features: {lxcfs: true}}}}")
ALLOWED = parse("{profiles: {default: {allow: [lxcfs]}}}")
WINDOWS = {"kubernetes.io/os": "windows"}


def tainted(key: str, effect: str = "NoSchedule") -> dict[str, Any]:
    return {"taints": [{"key": key, "effect": effect}]}


def test_nodes_without_a_ready_agent_are_named() -> None:
    broken = {**agent("b"), "status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    found = said("lxcfs", facts(USED, nodes=[node("a"), node("b"), node("c")], agents=[agent("a"), broken]))
    assert found == [("problem", "2 of 3 nodes without lxcfs, where new pods that use it wait: b, c")]


def test_where_no_agent_is_installed_it_says_how() -> None:
    (finding,) = line("lxcfs", facts(USED, agents=[], daemon_set=None)).findings
    assert finding.fix == "richpod manifests --policy FILE --with lxcfs | kubectl apply -f -"


@pytest.mark.parametrize(
    ("live", "changes"),
    [
        ({"kubernetes.io/os": "linux", "disk": "fast"}, '{"disk": null}'),
        ({}, '{"kubernetes.io/os": "linux"}'),
        ({"kubernetes.io/os": "windows"}, '{"kubernetes.io/os": "linux"}'),
    ],
)
def test_a_selector_of_nodes_that_somebody_changed_is_patched_back(live: dict[str, str], changes: str) -> None:
    """Applying the manifest would keep what was added."""
    there = daemon_set(USED)
    there["spec"]["template"]["spec"]["nodeSelector"] = live
    (finding,) = line("lxcfs", facts(USED, agents=[], daemon_set=there)).findings
    patch = f'{{"spec": {{"template": {{"spec": {{"nodeSelector": {changes}}}}}}}}}'
    assert finding.fix == f"kubectl -n richpod-lxcfs patch daemonset richpod-lxcfs --type=merge -p '{patch}'"


@pytest.mark.parametrize("changes", [{}, {"daemon_set": ApiError(403, "Forbidden", "daemonsets is forbidden")}])
def test_an_agent_that_is_not_ready_is_described(changes: Any) -> None:
    (finding,) = line("lxcfs", facts(USED, agents=[], **changes)).findings
    assert finding.result == "problem"
    assert finding.fix == "kubectl -n richpod-lxcfs describe daemonsets,pods"


@pytest.mark.parametrize(
    "other",
    [
        node("b", unschedulable=True),
        node("b", WINDOWS),
        node("b", **tainted("node-role.kubernetes.io/control-plane")),
        node("b", **tainted("node.kubernetes.io/not-ready", "NoExecute")),
    ],
)
def test_a_node_that_takes_no_pods_needs_none(other: Any) -> None:
    assert line("lxcfs", facts(USED, nodes=[node("a"), other], agents=[agent("a")])).result == "ok"


@pytest.mark.parametrize(
    "other", [node("b", **tainted("team")), node("b", **tainted("node.kubernetes.io/x", "PreferNoSchedule"))]
)
def test_a_node_that_takes_some_pods_needs_one(other: Any) -> None:
    assert line("lxcfs", facts(USED, nodes=[node("a"), other], agents=[agent("a")])).result == "problem"


def test_only_nodes_that_the_policy_selects_need_one() -> None:
    policy = parse("{lxcfs: {nodeSelector: {lxcfs: here}}, profiles: {default: {features: {lxcfs: true}}}}")
    nodes = [node("a", {"lxcfs": "here"}), node("b")]
    assert line("lxcfs", facts(policy, nodes=nodes, agents=[agent("a")])).result == "ok"
    assert line("lxcfs", facts(policy, nodes=nodes, agents=[agent("b")])).result == "problem"
    assert line("lxcfs", facts(policy, nodes=nodes[1:], agents=[agent("b")])).result == "problem"


def test_where_pods_may_only_ask_for_it_there_is_no_problem_yet() -> None:
    assert said("lxcfs", facts(ALLOWED, agents=[])) == [
        ("warning", "1 of 1 node without lxcfs, where new pods that ask for it wait: node-1")
    ]
    assert line("lxcfs", facts(ALLOWED, nodes=[])).result == "warning"
    assert line("lxcfs", facts(ALLOWED)).result == "ok"


def test_a_policy_without_lxcfs_needs_no_agent() -> None:
    assert said("lxcfs", facts(parse("{}"), agents=[])) == [("ok", "no profile uses lxcfs")]


def test_pods_that_an_earlier_policy_gave_it_are_named() -> None:
    pods = Pods(9, [], ("shop/deployment/web", "shop/deployment/web", "shop/alone"))
    sentence = "no profile uses lxcfs, but 3 pods still use it; restart them before the agent is removed"
    assert said("lxcfs", facts(parse("{}"), pods=pods)) == [("warning", f"{sentence}: shop/alone, shop/deployment/web")]
    assert line("lxcfs", facts(USED, pods=pods)).result == "ok"


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"name": "richpod-lxcfs-meminfo", "hostPath": {"path": "/var/lib/richpod/lxcfs/proc/meminfo"}}, True),
        ({"name": "richpod-lxcfs-meminfo", "emptyDir": {}}, False),
        ({"name": "logs", "hostPath": {"path": "/var/log"}}, False),
    ],
)
def test_a_pod_that_has_its_files_uses_it(volume: Any, expected: bool) -> None:
    assert uses_lxcfs({"spec": {"volumes": [volume]}}) is expected
    assert not uses_lxcfs({"spec": {}})


def test_a_runtime_class_that_is_missing_or_of_another_kind() -> None:
    (finding,) = line("runtime-classes", facts(runtime_classes=[])).findings
    assert (finding.result, finding.fix) == ("problem", "runtimes.gvisor: {class: CLASS}")
    other = [{"metadata": {"name": "gvisor"}, "handler": "kata-fc"}]
    (finding,) = line("runtime-classes", facts(runtime_classes=other)).findings
    assert (finding.result, finding.fix) == ("warning", "runtimes.gvisor: {class: gvisor, kind: kata-fc}")
    unknown = [{"metadata": {"name": "gvisor"}, "handler": "fast"}]
    assert line("runtime-classes", facts(POLICY, runtime_classes=unknown)).result == "ok"
