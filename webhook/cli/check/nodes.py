"""Whether nodes have what the policy lets pods ask for: lxcfs, and the runtimes behind RuntimeClasses."""

import json
import shlex
from collections.abc import Iterator

from webhook.cli.check.facts import Facts, Json, Known, known
from webhook.cli.check.finding import Check, Finding, counted, ok, problem, some, warning
from webhook.cli.live import ready
from webhook.cli.manifests.lxcfs import node_selector
from webhook.errors import ApiError
from webhook.inpod.lxcfs_files import LXCFS_FILES
from webhook.installation import LXCFS, LXCFS_NAMESPACE
from webhook.policy import Policy
from webhook.policy.runtimes import kind_by_name


def _lxcfs(facts: Facts) -> Iterator[Finding]:
    profiles = facts.policy.profiles.values()
    on = any(profile.features.lxcfs for profile in profiles)
    if not on and not any("lxcfs" in profile.allow for profile in profiles):
        yield from _left(known(facts.pods).lxcfs)
        return
    lacking, who = (problem, "that use it") if on else (warning, "that ask for it")
    selected = [node for node in known(facts.nodes) if _takes_pods(node, facts.policy)]
    served = {pod["spec"].get("nodeName") for pod in known(facts.agents) if ready(pod)}
    without = sorted(name for node in selected if (name := node["metadata"]["name"]) not in served)
    if not selected:
        sentence = f"no node that takes pods has the labels of lxcfs.nodeSelector: pods {who} wait"
        yield lacking(sentence, "lxcfs: {nodeSelector: {}}")
    elif without:
        sentence = f"{len(without)} of {counted(len(selected), 'node')} without lxcfs, where new pods {who} wait"
        yield lacking(f"{sentence}: {some(without)}", _mend(facts.daemon_set, facts.applied))
    else:
        yield ok(f"lxcfs runs on {counted(len(selected), 'node')}")


_LXCFS_VOLUMES = frozenset(name for name, _ in LXCFS_FILES)


def uses_lxcfs(pod: Json) -> bool:
    return any(volume["name"] in _LXCFS_VOLUMES and "hostPath" in volume for volume in pod["spec"].get("volumes") or ())


def _left(users: tuple[str, ...]) -> Iterator[Finding]:
    """Where no profile uses lxcfs, pods of an earlier policy may."""
    if users:
        what, it = ("pod still uses", "it") if len(users) == 1 else ("pods still use", "them")
        owners = some(sorted(set(users)))
        yield warning(f"no profile uses lxcfs, but {len(users)} {what} it; restart {it} before the agent is removed: {owners}")
    else:
        yield ok("no profile uses lxcfs")


INSTALL_LXCFS = "richpod manifests --policy FILE --with lxcfs | kubectl apply -f -"
_LOOK = f"kubectl -n {LXCFS_NAMESPACE} describe daemonsets,pods"


def _mend(daemon_set: Known[Json | None], policy: Policy) -> str:
    """What is applied again keeps labels that somebody added to the selector of nodes: they are taken out by name."""
    if daemon_set is None:
        return INSTALL_LXCFS
    if isinstance(daemon_set, ApiError):
        return _LOOK
    wanted: dict[str, str] = node_selector(policy)
    live = daemon_set["spec"]["template"]["spec"].get("nodeSelector") or {}
    if live == wanted:
        return _LOOK
    changes = {key: wanted.get(key) for key in {**wanted, **live} if wanted.get(key) != live.get(key)}
    patch = json.dumps({"spec": {"template": {"spec": {"nodeSelector": changes}}}})
    return f"kubectl -n {LXCFS_NAMESPACE} patch daemonset {LXCFS} --type=merge -p {shlex.quote(patch)}"


def _takes_pods(node: Json, policy: Policy) -> bool:
    """Whether pods that use lxcfs can be scheduled there."""
    labels = node["metadata"].get("labels") or {}
    chosen = all(labels.get(key) == value for key, value in policy.lxcfs.node_selector.items())
    return chosen and not _closed(node) and labels.get("kubernetes.io/os") != "windows"


def _closed(node: Json) -> bool:
    """Cordoned, not ready, or the control plane's."""
    keys = [taint["key"] for taint in node["spec"].get("taints") or () if taint["effect"] != "PreferNoSchedule"]
    return bool(node["spec"].get("unschedulable")) or any(key.startswith(_SYSTEM) for key in keys)


_SYSTEM = ("node.kubernetes.io/", "node-role.kubernetes.io/")


def _runtime_classes(facts: Facts) -> Iterator[Finding]:
    handlers = {one["metadata"]["name"]: one["handler"] for one in known(facts.runtime_classes)}
    findings: list[Finding] = []
    for name, runtime in facts.policy.runtimes.items():
        handler = handlers.get(runtime.class_)
        if handler is None:
            sentence = (
                f"runtime {name}: there is no RuntimeClass {runtime.class_}: its pods are refused; create it, or name another"
            )
            findings.append(problem(sentence, f"runtimes.{name}: {{class: {next(iter(handlers), 'CLASS')}}}"))
        elif (kind := kind_by_name(handler)) not in ("runc", runtime.kind):
            sentence = (
                f"runtime {name}: handler {handler} of RuntimeClass {runtime.class_} is {kind}, the policy says {runtime.kind}"
            )
            findings.append(warning(sentence, f"runtimes.{name}: {{class: {runtime.class_}, kind: {kind}}}"))
    found = f"{counted(len(facts.policy.runtimes), 'RuntimeClass', 'RuntimeClasses')} of the policy found"
    yield from findings or [ok(found if facts.policy.runtimes else "the policy names no RuntimeClass")]


RUNTIME_CLASSES = Check("runtime-classes", _runtime_classes)
CHECKS = (Check("lxcfs", _lxcfs), RUNTIME_CLASSES)
