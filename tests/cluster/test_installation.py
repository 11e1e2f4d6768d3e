"""`kubectl apply -k` is the whole installation: what it makes, that it can be repeated, broken, mended and taken away."""

import json
from collections.abc import Iterator
from time import monotonic
from uuid import uuid4

import pytest

from webhook.admission.entries import INJECT, PROFILE
from webhook.installation import CERTS, WEBHOOK

from .access import Cluster
from .creation import Answer, create
from .installation import LABEL, REFUSING, Installation
from .load import steady
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import policy, verdicts

pytestmark = pytest.mark.cluster

REQUIRED = f"test-required-{uuid4().hex[:8]}"
"""A namespace that the policy lists, and so must know before it is made."""
RUNTIMES = {"gvisor": {"class": "gvisor"}}
CAGED = {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": [REQUIRED]}


def policy_with(**profiles: object) -> str:
    whole = json.loads(policy(runtimes=RUNTIMES))
    whole["profiles"] |= {"caged": CAGED, **profiles}
    return json.dumps(whole)


POLICY = policy_with()


@pytest.fixture
def caged(cluster: Cluster) -> Iterator[str]:
    """The namespace that a required profile lists."""
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": REQUIRED}})
    until("its account", lambda: cluster.kubectl("-n", REQUIRED, "get", "serviceaccount/default"))
    yield REQUIRED
    cluster.kubectl("delete", "namespace", REQUIRED)


def answer(cluster: Cluster, namespace: str, **spec: object) -> Answer:
    whole = pod(namespace, "app:1", "/app", **spec)
    whole["metadata"]["annotations"] = {"richpod.io/init": "launch"}
    return create(cluster, whole)


def treated(found: Answer) -> bool:
    return found.accepted and "init" in verdicts(found.body)


def test_pods_of_an_opted_in_namespace_are_injected_and_others_are_not(installation: Installation, namespace: Namespaces) -> None:
    assert treated(answer(installation.cluster, namespace({INJECT: "true"})))
    plain = answer(installation.cluster, namespace())
    assert plain.accepted
    assert not verdicts(plain.body)


def test_a_second_apply_changes_nothing(installation: Installation) -> None:
    """Not even the bundles that the certificates' controller has written. Of budgets kubectl always says `configured`."""

    def versions() -> dict[str, str]:
        objects = json.loads(installation.cluster.kubectl("get", "-k", installation.folder, "-o", "json"))["items"]
        own = (each for each in objects if each["kind"] not in ("Deployment", "ResourceQuota"))  # have a status of their own
        generations = {
            each["metadata"]["name"]: each["metadata"]["generation"] for each in objects if each["kind"] == "Deployment"
        }
        return {f"{each['kind']} {each['metadata']['name']}": each["metadata"]["resourceVersion"] for each in own} | generations

    before = versions()
    said = installation.apply()
    assert versions() == before
    assert {line.split()[-1] for line in said if "poddisruptionbudget" not in line} == {"unchanged"}
    assert installation.cluster.kubectl("diff", "-k", installation.folder) == ""


def test_r46_the_webhook_comes_back_while_its_configuration_is_there(installation: Installation, namespace: Namespaces) -> None:
    opted_in = namespace({INJECT: "true"})
    installation.kubectl("delete", "deployment", WEBHOOK)
    installation.kubectl("delete", "pods", "-l", f"richpod.io/component={WEBHOOK}", "--force", "--grace-period=0")
    until("nobody to call", lambda: not treated(answer(installation.cluster, opted_in)))
    assert answer(installation.cluster, opted_in).accepted
    installation.apply()
    installation.wait()
    assert treated(answer(installation.cluster, opted_in))


def test_r54_deleting_the_configuration_breaks_the_glass(installation: Installation, namespace: Namespaces, caged: str) -> None:
    """Nobody is called any more. What a required profile forbids stays forbidden until its policy goes, too."""
    cluster, opted_in = installation.cluster, namespace({INJECT: "true"})
    installation.kubectl("scale", f"deployment/{WEBHOOK}", "--replicas=0")
    installation.kubectl("delete", "pods", "-l", f"richpod.io/component={WEBHOOK}", "--force", "--grace-period=0")
    until("nobody to call", lambda: not answer(cluster, caged).accepted)
    assert "failed calling webhook" in answer(cluster, caged).body["message"]

    cluster.kubectl("delete", "mutatingwebhookconfiguration", "richpod")
    until("no call", lambda: "webhook" not in answer(cluster, caged).body.get("message", ""))
    assert answer(cluster, opted_in).accepted
    forbidden = answer(cluster, caged)
    assert forbidden.status == 422
    assert "richpod profile caged requires a runtime: runtimeClassName must be gvisor" in forbidden.body["message"]
    assert answer(cluster, caged, runtimeClassName="gvisor").accepted

    cluster.kubectl("delete", REFUSING, "-l", LABEL)
    until("no policy", lambda: answer(cluster, caged).accepted)

    installation.apply()
    installation.kubectl("scale", f"deployment/{WEBHOOK}", "--replicas=2")
    installation.wait()
    assert treated(answer(cluster, opted_in))
    injected = answer(cluster, caged)
    assert injected.accepted
    assert injected.body["spec"]["runtimeClassName"] == "gvisor"


def test_a_new_profile_treats_its_first_pod_within_ten_seconds(installation: Installation, namespace: Namespaces) -> None:
    """And nobody else's pod is lost meanwhile."""
    cluster, before = installation.cluster, namespace({INJECT: "true"})
    installation.render(policy_with(web={"features": {"init": "launch"}, "allow": ["init"]}))
    asked = pod(before, "app:1", "/app")
    asked["metadata"]["annotations"] = {"richpod.io/init": "launch"}
    new = namespace({PROFILE: "web"})
    with steady(cluster, asked, 10) as load:
        begun = monotonic()
        installation.apply()
        until("an injected pod", lambda: treated(answer(cluster, new)), 60)
        took = monotonic() - begun
        installation.wait()
    print(f"\nfirst pod of a new profile after {took:.1f} s")
    assert took < 10
    assert (load.refused, load.lost) == ([], [])


def test_both_workloads_run_as_restricted_pods_of_our_own(installation: Installation) -> None:
    pods = json.loads(installation.kubectl("get", "pods", "-o", "json"))["items"]
    components = [
        each["metadata"]["labels"]["richpod.io/component"] for each in pods if "deletionTimestamp" not in each["metadata"]
    ]
    assert sorted(components) == [CERTS, WEBHOOK, WEBHOOK]
    assert all(
        each["spec"]["priorityClassName"] == "system-cluster-critical" for each in pods if WEBHOOK in each["metadata"]["name"]
    )
