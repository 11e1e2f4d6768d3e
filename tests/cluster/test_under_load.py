"""Whatever is replaced under fifty creations a second: no review is lost, and no creation ever refused."""

import base64
import json
import time
from collections.abc import Iterator

import pytest

from certs.bundle import split
from webhook.admission.entries import INJECT
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import AUTHORITY_SECRET, NAMESPACE, POLICY_KEY, SERVING_SECRET, WEBHOOK

from .access import Object
from .commands import check
from .installation import Installation
from .load import Load, steady
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .replicas import kill, name_of, replicas, restarts, served_until
from .rich import asking, policy

pytestmark = pytest.mark.cluster

POLICY = policy()
RATE = 50
"""Creations a second."""
AROUND = 2
"""Seconds of load before and after what happens."""


@pytest.fixture
def subject(namespace: Namespaces) -> Object:
    """A pod that the webhook changes."""
    found = pod(namespace({INJECT: "true"}), "app:1", "/app")
    found["metadata"]["annotations"] = asking({"init": "launch"})
    return found


@pytest.fixture
def load(installation: Installation, subject: Object) -> Iterator[Load]:
    """While the test runs; then nothing of it may be lost."""
    with steady(installation.cluster, subject, RATE) as found:
        time.sleep(AROUND)
        yield found
        time.sleep(AROUND)
    assert len(found.ended) > RATE * AROUND
    assert (found.refused, found.lost) == ([], [])


def bundles(installation: Installation) -> set[str]:
    return {entry["clientConfig"]["caBundle"] for entry in installation.configuration()["webhooks"]}


def finished(installation: Installation) -> None:
    installation.kubectl("rollout", "status", f"deployment/{WEBHOOK}", "--timeout=120s")


def test_the_certificate_is_replaced(installation: Installation, load: Load) -> None:
    before = served_until(installation)
    installation.kubectl("delete", "secret", SERVING_SECRET)
    until("a new certificate in every replica", lambda: not set(before) & set(served_until(installation)), seconds=180)


def test_r63_the_authority_is_replaced(installation: Installation, load: Load) -> None:
    """Old and new are trusted together until every replica serves the new one's certificate."""
    (old,), before = bundles(installation), served_until(installation)
    installation.kubectl("delete", "secret", AUTHORITY_SECRET)

    def alone() -> bool:
        (trusted,) = found if len(found := bundles(installation)) == 1 else (old,)
        seen.add(len(split(base64.b64decode(trusted))))
        return trusted != old and len(split(base64.b64decode(trusted))) == 1

    seen: set[int] = set()
    until("one authority", alone, seconds=480)
    assert 2 in seen
    assert not set(before) & set(served_until(installation))


def test_the_policy_is_replaced(installation: Installation, load: Load) -> None:
    installation.render(policy(podOptIn=True))
    installation.apply()
    finished(installation)


def test_a_broken_policy_never_serves(installation: Installation, load: Load) -> None:
    """Nobody renders one; somebody may write it into the cluster. The log says what is wrong, and applying again repairs it."""
    before, ready = _names(installation), set(map(name_of, replicas(installation)))
    installation.cluster.apply(_config_map("richpod-policy-broken", "profiles: {default: {features: {init: lunch}}}"))
    volumes = [{"name": "policy", "configMap": {"name": "richpod-policy-broken"}}]
    patch = json.dumps({"spec": {"template": {"spec": {"volumes": volumes}}}})
    installation.kubectl("patch", "deployment", WEBHOOK, "-p", patch)
    until("a replica that cannot start", lambda: _restarted(installation), seconds=60)
    (broken,) = _names(installation) - before
    why = "policy.yaml:1: profiles.default.features.init: "
    # The kubelet may be taking away the container of which it is asked: it has another a moment later.
    until("its log", lambda: why in installation.kubectl("logs", broken, "--previous"), seconds=60)
    assert set(map(name_of, replicas(installation))) == ready
    code, lines = check(installation.cluster)
    assert (code, lines["policy"]["result"], lines["configuration"]["result"]) == (1, "problem", "ok")
    assert "richpod-policy-broken:1: profiles.default.features.init: " in lines["policy"]["findings"][0]["sentence"]

    installation.apply()
    finished(installation)
    until("the broken one gone", lambda: broken not in _names(installation), seconds=60)


def test_r68_every_replica_is_restarted(installation: Installation, load: Load) -> None:
    before = set(map(name_of, replicas(installation)))
    installation.kubectl("rollout", "restart", f"deployment/{WEBHOOK}")
    finished(installation)
    until("the old ones gone", lambda: not before & _names(installation), seconds=90)


def test_r68_one_replica_is_told_to_stop(installation: Installation, load: Load) -> None:
    """SIGTERM, as an eviction or a drained node sends it."""
    one = name_of(replicas(installation)[0])
    installation.kubectl("delete", "pod", one, "--timeout=90s")
    finished(installation)


def test_one_replica_is_killed(installation: Installation, subject: Object) -> None:
    """Reviews in flight on it are lost, and those dialled to it before its endpoint is gone: their pods are created untreated."""
    one = replicas(installation)[0]
    with steady(installation.cluster, subject, RATE) as load:
        time.sleep(AROUND)
        killed = time.monotonic()
        kill(installation, one)
        until("its restart", lambda: restarts(installation, name_of(one)) == 1, seconds=30)
        time.sleep(5)
    last = max((creation.begun - killed for creation in load.lost), default=0.0)
    print(f"\nkilled: {len(load.lost)} of {len(load.ended)} reviews lost, the last {last:.2f} s after")
    assert load.refused == []
    assert last <= 5
    finished(installation)


def _names(installation: Installation) -> set[str]:
    return set(map(name_of, _pods(installation)))


def _restarted(installation: Installation) -> bool:
    statuses = (pod["status"].get("containerStatuses") or [{}] for pod in _pods(installation))
    return any(first.get("restartCount") for first, *_ in statuses)


def _pods(installation: Installation) -> list[Object]:
    found = installation.kubectl("get", "pods", "-l", f"{OWN_LABEL}={WEBHOOK}", "-o", "json")
    pods: list[Object] = json.loads(found)["items"]
    return pods


def _config_map(name: str, policy_text: str) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {POLICY_KEY: policy_text}}
