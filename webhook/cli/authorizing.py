"""What a live pod asks of the gateway, by what the API shows of it: whether it may, and what its authorizer came to. Pure."""

from collections.abc import Iterator
from typing import Any

from webhook.cli.trace import Gate
from webhook.gateway.errors import Denied
from webhook.gateway.pods.ends import addresses
from webhook.gateway.pods.identity import Caller, confirmed
from webhook.gateway.pods.intent import Intent, intent
from webhook.inpod.contract import AUTHORIZER_CONTAINER
from webhook.policy import Policy
from webhook.policy.permission import Asker, denial

Json = dict[str, Any]


def asking(pod: Json, policy: Policy | None) -> Iterator[Gate]:
    """Whether the gateway would listen, what the pod asks for, whether it may, and what its authorizer came to."""
    who = caller(pod)
    try:
        confirmed(who, pod)
        status = pod.get("status") or {}
        at = ", ".join(sorted(addresses(status))) or "none yet"
        yield Gate("pod", str(status.get("phase", "there")), f"uid {who.uid}, addresses: {at}")
    except Denied as no:
        yield Gate("pod", "not heard", no.sentence)
    try:
        asked = intent(pod)
    except Denied as no:
        yield Gate("asks", "nothing", no.sentence, (f"kubectl richpod explain pod/{who.pod} -n {who.namespace}",))
        return
    yield Gate("asks", ", ".join(asked.grants), f"for application {asked.application}, as ServiceAccount {who.service_account}")
    if policy:
        yield _permitted(who, asked, policy)
    yield authorizer(pod)


def caller(pod: Json) -> Caller:
    metadata = pod["metadata"]
    return Caller(metadata["namespace"], pod["spec"].get("serviceAccountName", ""), metadata["name"], metadata["uid"])


def _permitted(who: Caller, asked: Intent, policy: Policy) -> Gate:
    asker = Asker(who.namespace, who.service_account, asked.application)
    found = denial(asker, asked.grants, policy.grants, policy.applications)
    if found:
        return Gate("policy", "refused", found.sentence)
    return Gate("policy", "permits", f"policy {policy.hash}")


def authorizer(pod: Json) -> Gate:
    """By what its container left, which the kubelet shows."""
    statuses = (pod.get("status") or {}).get("initContainerStatuses") or []
    status: Json = next((one for one in statuses if one["name"] == AUTHORIZER_CONTAINER), {})
    state, before = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    starts = f"started {status['restartCount'] + 1} times" if status.get("restartCount") else ""
    if ended := state.get("terminated"):
        return Gate("authorizer", "done" if ended.get("exitCode") == 0 else "failed", _ended(ended, starts))
    if "running" in state:
        since = f"since {state['running'].get('startedAt')}"
        return Gate("authorizer", "asks", "; ".join(filter(None, (since, starts, _ended(before, "") if before else ""))))
    why = (state.get("waiting") or {}).get("reason", "it has not been started")
    return Gate("authorizer", "waits", "; ".join(filter(None, (why, starts, _ended(before, "") if before else ""))))


def _ended(ended: Json, starts: str) -> str:
    message = (ended.get("message") or "").strip().removeprefix("richpod: ")
    code = f"it ended with exit code {ended.get('exitCode')} at {ended.get('finishedAt')}"
    return "; ".join(filter(None, (f"{code}: {message}" if message else code, starts)))
