"""The one FastAPI application: the admission call as a middleware of it, probes and metrics as its routes."""

from collections.abc import Iterator
from functools import partial

import orjson
from fastapi import FastAPI

from webhook.admission.admission_call import AdmissionCall, Entrance, Find
from webhook.admission.context import Context
from webhook.admission.entries import entries
from webhook.admission.envelope import API_VERSION, Json
from webhook.admission.metrics import Metrics
from webhook.admission.preview import preview, preview_unknown_profile
from webhook.admission.preview_entries import preview_path
from webhook.admission.review import admit, admit_unknown_profile
from webhook.log import Log
from webhook.policy import Policy
from webhook.serving.application import new_app


def served(policy: Policy) -> Iterator[tuple[str, str]]:
    """Profile and level of each entry, as metrics name them."""
    return ((entry.profile, entry.level) if entry.level else ("", "") for entry in entries(policy))


def create_app(policy: Policy, log: Log, metrics: Metrics, find: Find | None = None) -> FastAPI:
    """The application of one policy, proved by a mutation at every entrance. Whoever serves it sets `app.state.ready`.

    `find`: what images run; without it no registry is asked. `app.state.trust` takes the PEM of the authorities that the
    gateway's certificate may be of; until then nobody is sent to ask it.
    """
    entrances = _entrances(policy, "")
    for entrance in entrances.values():
        for body in _SELF_TESTS:
            entrance.admit(body)
    app = new_app(policy.hash, metrics, "richpod")
    app.state.trust = lambda authority: entrances.update(_entrances(policy, authority))

    # Outermost: an added middleware would stand behind four layers of the frameworks, which cost each call 2 µs.
    app.middleware_stack = AdmissionCall(app.build_middleware_stack(), entrances, find, metrics, log)
    return app


def _entrances(policy: Policy, authority: str) -> dict[str, Entrance]:
    """What answers at each path of the webhook configuration; several of its entries may share one."""
    found: dict[str, Entrance] = {}
    for entry in entries(policy):
        if entry.level is None:
            found[entry.path] = Entrance("", "", partial(admit_unknown_profile, policy=policy))
            found[preview_path(entry)] = Entrance("", "", partial(preview_unknown_profile, policy=policy))
        else:
            context = Context(policy, entry.profile, entry.level, authority)
            found[entry.path] = Entrance(entry.profile, entry.level, partial(admit, context=context))
            found[preview_path(entry)] = Entrance(entry.profile, entry.level, partial(preview, context=context))
    return found


_METADATA = {"generateName": "self-test-", "ownerReferences": [{"kind": "ReplicaSet", "controller": True}]}
_SPEC = {"containers": [{"name": "app", "image": "app", "command": ["/app"]}]}


def _self_test(group: str, kind: str, held: Json) -> bytes:
    request = {
        "uid": "self-test",
        "kind": {"group": group, "version": "v1", "kind": kind},
        "operation": "CREATE",
        "namespace": "default",
        "object": held,
    }
    return orjson.dumps({"apiVersion": API_VERSION, "kind": "AdmissionReview", "request": request})


_SELF_TESTS = (
    _self_test("", "Pod", {"metadata": _METADATA, "spec": _SPEC}),
    _self_test("apps", "Deployment", {"metadata": {"name": "self-test"}, "spec": {"template": {"spec": _SPEC}}}),
)
"""A pod that most profiles change, and as a workload. Whatever the decision: a policy that makes an exception of it never
becomes ready."""
