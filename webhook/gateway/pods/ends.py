"""When a Grant ends: from what the API shows of its pod. Sidecars and people may say more, and this has the last word."""

from collections.abc import Mapping
from typing import Any

from webhook.gateway.grants.grant import Grant

Json = dict[str, Any]

OVER = ("Succeeded", "Failed")
"""Phases in which no container runs or will run again; the kubelet writes them when all have ended."""


def end(grant: Grant, pod: Json | None) -> str:
    """Why the pod holds it no longer, "" while it does. `pod`: the one of that name as it is now, None where there is none.

    A pod that is being deleted runs until its object is gone (seen). Until its sandbox is made again it may have no address.
    """
    if grant.ended:
        return grant.ended
    if pod is None:
        return "the pod is gone"
    if pod["metadata"]["uid"] != grant.owner.uid:
        return "another pod has its name"
    status = pod.get("status") or {}
    if (phase := status.get("phase")) in OVER:
        return f"the pod has ended ({phase})"
    found = addresses(status)
    if found and not set(grant.addresses) <= found:
        return "the pod has another address"
    return ""


def finished(pod: Json) -> str:
    """Why no program of the application runs or will run again, although its sidecars do; "" while one may."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    ends = [(found.get("state") or {}).get("terminated") for found in status.get("containerStatuses") or ()]
    if not ends or len(ends) < len(spec["containers"]) or not all(ends):
        return ""
    once = spec.get("restartPolicy") == "Never"
    done = spec.get("restartPolicy") == "OnFailure" and not any(each["exitCode"] for each in ends if each)
    return "the application has ended" if once or done or pod["metadata"].get("deletionTimestamp") else ""


def addresses(status: Mapping[str, Any]) -> set[str]:
    """All of a pod's, of every family."""
    listed = {each.get("ip") for each in status.get("podIPs") or ()}
    return {each for each in listed | {status.get("podIP")} if each}
