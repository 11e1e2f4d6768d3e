"""`richpod online` and `richpod offline`: a person switches a live pod's application in or out of traffic."""

import argparse
from typing import Any

from webhook.admission.advice import advice
from webhook.cli.inputs import namespace_name
from webhook.cli.live import KINDS, find
from webhook.cli.mark import status
from webhook.cli.owners import owner_of
from webhook.cli.records import line
from webhook.cli.terminal import Line, data, talk
from webhook.cli.traffic import Launcher, ask, idle, lacking, launcher, patience, switchable
from webhook.cluster import Cluster, connect
from webhook.errors import ApiError, BadInput
from webhook.execution import Executed
from webhook.inpod.contract import HOLD, ONLINE, PREFIX
from webhook.nearest import nearest
from webhook.printable import OBJECT_NAME

Json = dict[str, Any]

EXAMPLES = """examples:
  %(prog)s NAME -n NAMESPACE
  %(prog)s pod/NAME -n NAMESPACE -o json

It holds until the container starts anew; then what the pod's annotations and its profile say does.

exit status: 0 done; 1 not done, as the launcher in the pod says; 2 wrong usage, or no such pod, no switch in it, or no right
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("pod", metavar="POD", help="its name, or pod/NAME")
    parser.add_argument("-n", "--namespace", metavar="NAME", type=namespace_name, help="default: the kubeconfig's")
    parser.add_argument("--context", metavar="NAME", help="of the kubeconfig (default: its current one)")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="json: one line")


def run(arguments: argparse.Namespace) -> int:
    name = _name(arguments.pod)
    cluster = connect(arguments.context)
    pod = _pod(cluster, arguments.namespace or cluster.namespace, name)
    found = _launcher(pod)
    try:
        ended = ask(cluster, pod, found, arguments.command, patience(found))
    except ApiError as error:
        raise BadInput(
            "\n".join(filter(None, (f"{_said(pod)}: {error}", lacking(error, pod["metadata"]["namespace"]))))
        ) from None
    if arguments.output == "json":
        data(line(_record(pod, found, arguments.command, ended)))
    else:
        talk(map(Line, ended.err.splitlines()))
    return ended.code


def _name(text: str) -> str:
    word, slash, name = text.rpartition("/")
    if slash and KINDS.get(word.lower()) != "Pod":
        raise BadInput(f"{text}: only a pod can be switched: write pod/NAME")
    if not OBJECT_NAME.fullmatch(name):
        raise BadInput(f"{text}: {name!r} is no name of a pod")
    return name


def _pod(cluster: Cluster, namespace: str, name: str) -> Json:
    held = find(cluster, "Pod", namespace, name)
    if held is None:
        raise BadInput(f"there is no Pod {namespace}/{name}{_near(cluster, namespace, name)}")
    return held


def _near(cluster: Cluster, namespace: str, name: str) -> str:
    """Who may read a pod may not always list them."""
    try:
        return nearest(name, (pod["metadata"]["name"] for pod in cluster.items(f"/api/v1/namespaces/{namespace}/pods")))
    except ApiError as error:
        if error.status != 403:
            raise
        return ""


def _launcher(pod: Json) -> Launcher:
    """Raises BadInput where there is none, or it cannot be asked."""
    found = launcher(pod)
    if found is None or not switchable(pod):
        lacks = "nothing looks at whether it is online" if found else "it has no hooks"
        why = f"why it has not, and what else gives it one: richpod explain pod/{pod['metadata']['name']}"
        instead = f"; {advice(f'{PREFIX}{ONLINE}: {HOLD}')}" if _holds(pod) else ""
        raise BadInput(f"{_said(pod)} has no switch: {lacks}{instead}\n{why} -n {pod['metadata']['namespace']}")
    if why := idle(pod, found.container):
        raise BadInput(f"{_said(pod)}: there is nothing to switch: {why}")
    return found


def _holds(pod: Json) -> bool:
    """Whether the annotation would give it a switch: its containers have an init, and it is neither a Job's nor without hooks."""
    said = (status(pod["metadata"]) or {"verdicts": {}})["verdicts"]
    owner = owner_of(pod["metadata"])
    job = owner is not None and owner.kind == "Job"
    return not job and "skipped" not in said.get("init", "skipped") and said.get("hooks", "applied") == "applied"


def _said(pod: Json) -> str:
    return f"Pod {pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _record(pod: Json, found: Launcher, verb: str, ended: Executed) -> Json:
    metadata = pod["metadata"]
    about = {"apiVersion": "v1", "kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"]}
    said = ended.err.splitlines()
    return {"object": about, "container": found.container, "verb": verb, "exitCode": ended.code, "said": said}
