"""The API server's own record of what we did: its audit log, round by round (requirements 56 and 81)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from webhook.admission.entries import PROFILE

from . import standalone
from .access import Cluster, Object
from .creation import create
from .injection import in_force
from .namespaces import Namespaces, namespaces
from .pods import pod
from .processes import until

pytestmark = pytest.mark.cluster

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Request", "verbs": ["create"], "resources": [{"group": "", "resources": ["pods"]}]}],
}
NAME = f"audited-{uuid4().hex[:8]}"
POLICY = "profiles: {rich: {features: {init: launch, lxcfs: true}, allow: [init, volumes]}}"
WEBHOOK = "privileged.rich.profile.richpod.io"


class Site(NamedTuple):
    cluster: Cluster
    make: Namespaces
    log: Path

    def namespace(self) -> str:
        return self.make({"test-webhook": NAME, PROFILE: "rich"})

    def recorded(self, subject: Object) -> dict[str, str]:
        """The audit annotations of its creation; `WEBHOOK/` is left out of their keys."""
        create(self.cluster, subject)
        namespace = subject["metadata"]["namespace"]
        until("audit event", lambda: namespace in self.log.read_text(), seconds=10)
        (event,) = (event for line in self.log.read_text().splitlines() if namespace in line and (event := json.loads(line)))
        return {key.removeprefix(f"{WEBHOOK}/"): value for key, value in event["annotations"].items()}


@pytest.fixture(scope="module")
def site(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An API server alone, whatever else is running: only one that is started here writes this log."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "audit-policy.json").write_text(json.dumps(AUDIT_POLICY))
    options = (f"--audit-policy-file={folder}/audit-policy.json", f"--audit-log-path={folder}/audit.log")
    with (
        standalone.api_server(assets, *options, "--audit-log-mode=blocking") as cluster,
        in_force(cluster, POLICY, folder, NAME),
        namespaces(cluster) as make,
    ):
        yield Site(cluster, make, folder / "audit.log")


def subject(namespace: str, **annotations: str) -> Object:
    made = pod(namespace, "app:1", "/app")
    made["metadata"]["annotations"] = {f"richpod.io/{key}": value for key, value in annotations.items()}
    return made


def rounds(recorded: dict[str, str]) -> list[bool]:
    """Whether we changed the pod, for each round in which we were asked."""
    keys = sorted(key for key in recorded if key.startswith("mutation.webhook.admission.k8s.io/"))
    said = [json.loads(recorded[key]) for key in keys]
    assert {entry["webhook"] for entry in said} == {WEBHOOK}
    return [entry["mutated"] for entry in said]


def test_one_round_changes_the_pod_and_each_feature_says_what_became_of_it(site: Site) -> None:
    recorded = site.recorded(subject(site.namespace()))
    assert rounds(recorded) == [True]
    assert {key: recorded[key] for key in ("init", "lxcfs")} == {"init": "skipped: bare-pod", "lxcfs": "applied"}


def test_a_second_round_changes_nothing_and_speaks_under_keys_of_its_own(site: Site) -> None:
    """The API server keeps the first value of a key, so a second one would be lost."""
    name = site.namespace()
    limit = {"type": "Container", "default": {"ephemeral-storage": "1Gi"}}
    metadata = {"name": "limits", "namespace": name}
    site.cluster.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": {"limits": [limit]}})
    recorded = site.recorded(subject(name, init="launch"))
    assert rounds(recorded) == [True, False]
    assert (recorded["init"], recorded["lxcfs"], recorded["lxcfs-again"]) == ("applied", "applied", "applied")


def test_a_denial_is_recorded_with_its_reason(site: Site) -> None:
    recorded = site.recorded(subject(site.namespace(), volumes="none"))
    assert rounds(recorded) == [False]
    assert recorded["volumes"] == "refused: unknown-volume"
