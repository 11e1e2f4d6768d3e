"""The webhook's server has ended and its configuration is still there: who is stopped by that, and the way out."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from webhook.admission.entries import INJECT, entries
from webhook.policy.file import parse

from .access import Cluster
from .creation import Answer, create
from .injection import registered, rich_configuration, served
from .namespaces import Namespaces
from .pods import pod
from .processes import until

pytestmark = pytest.mark.cluster

NAME = f"down-{uuid4().hex[:8]}"


class Site(NamedTuple):
    """One namespace of each kind, all asking for the webhook."""

    cluster: Cluster
    ordinary: str
    required: str
    excluded: str

    def answer(self, namespace: str) -> Answer:
        return create(self.cluster, pod(namespace, "app:1", "/app"))


@pytest.fixture
def site(api_server: Cluster, namespace: Namespaces, tmp_path: Path) -> Iterator[Site]:
    """Entries fail as they are meant to: those of required profiles closed, all others open."""
    ordinary, required, excluded = (namespace({"test-webhook": NAME, INJECT: "true"}) for _ in range(3))
    caged = {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": [required]}
    runtimes = {"gvisor": {"class": "gvisor", "kind": "gvisor"}}
    policy = json.dumps({"runtimes": runtimes, "excludedNamespaces": [excluded], "profiles": {"caged": caged}})
    with ExitStack() as stack:
        with served(api_server.host, policy, tmp_path) as server:
            configuration = rich_configuration(NAME, policy, server.at)
            for webhook, entry in zip(configuration["webhooks"], entries(parse(policy)), strict=True):
                webhook["failurePolicy"] = entry.failure_policy
            stack.enter_context(registered(api_server, configuration, NAME))
        yield Site(api_server, ordinary, required, excluded)


def test_pods_of_ordinary_profiles_are_created_as_they_are(site: Site) -> None:
    answer = site.answer(site.ordinary)
    assert answer.accepted
    assert answer.warnings == ()
    assert answer.body["spec"]["containers"][0]["command"] == ["/app"]


def test_pods_of_required_profiles_are_not_created(site: Site) -> None:
    answer = site.answer(site.required)
    assert answer.status == 500
    assert 'failed calling webhook "privileged.caged.namespace.richpod.io"' in answer.body["message"]
    assert "connection refused" in answer.body["message"]


def test_pods_of_excluded_namespaces_are_created(site: Site) -> None:
    """Requirements 45 and 46: whatever a namespace's labels ask for; so richpod's own pods come back without the webhook."""
    assert site.answer(site.excluded).accepted


def test_deleting_the_configuration_lets_every_pod_pass(site: Site) -> None:
    """Requirement 54: the break-glass."""
    site.cluster.kubectl("delete", "mutatingwebhookconfiguration", NAME)
    until("pods pass", lambda: site.answer(site.required).accepted, seconds=10)
