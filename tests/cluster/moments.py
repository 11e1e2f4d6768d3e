"""When the API server tells of something, by the clock that lines of `told` have."""

from collections.abc import Callable
from time import time
from typing import Any

import kubernetes

from .access import Object


def first(listed: Any, namespace: str, condition: Callable[[Object], bool], seconds: int = 60) -> float:
    """The moment, in seconds since the epoch, at which the condition holds for an object of the namespace.

    `listed`: the method of the official client that lists such objects.
    """
    watch = kubernetes.watch.Watch()  # type: ignore[no-untyped-call]
    for event in watch.stream(listed, namespace, timeout_seconds=seconds):  # type: ignore[no-untyped-call]
        if condition(event["raw_object"]):
            return time()
    raise TimeoutError(f"{listed.__name__} of {namespace} told of no such thing in {seconds} s")


def headless(namespace: str, **selector: str) -> Object:
    """A Service, for the EndpointSlices of the pods that it selects."""
    spec = {"clusterIP": "None", "selector": selector, "ports": [{"port": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "subject", "namespace": namespace}, "spec": spec}


def serves(slice: Object, pod: str) -> bool:
    """Whether an EndpointSlice says that the pod is ready for traffic."""
    endpoints = slice.get("endpoints") or []
    return any(found["targetRef"]["name"] == pod and found["conditions"].get("ready") for found in endpoints)
