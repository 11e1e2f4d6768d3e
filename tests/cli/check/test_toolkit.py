"""Pods that wait for the toolkit: how many, where, for what, and what lets them start."""

import pytest

from tests.cli.check.healthy import POLICY, facts, line, said
from webhook.cli.check.facts import Pods, Waiting
from webhook.cli.check.finding import Finding
from webhook.cli.owners import Owner

WEB = Owner("apps/v1", "Deployment", "web")
IMAGE = POLICY.image.toolkit
OLD = "registry.example.com/old/richpod-toolkit:1"
DENIED = f'failed to pull and unpack image "{IMAGE}": failed to authorize: 401 Unauthorized'


def waiting(
    name: str, namespace: str = "shop", owner: Owner | None = WEB, image: str = IMAGE, outdated: bool = False, why: str = DENIED
) -> Waiting:
    return Waiting(namespace, name, owner, outdated, image, why)


def found(*pods: Waiting) -> tuple[Finding, ...]:
    return line("toolkit", facts(pods=Pods(9, [], waiting=pods))).findings


def test_pods_that_wait_for_one_image_are_one_problem_with_the_kubelets_words() -> None:
    (finding,) = found(waiting("a"), waiting("b"), waiting("c", "payments", None))
    assert finding.result == "problem"
    assert finding.sentence.startswith(
        f"3 pods wait for {IMAGE}, which cannot be pulled: payments/c, shop/deployment/web; the kubelet says: {DENIED}; "
    )


def test_it_says_where_the_name_and_where_the_right_to_pull_is_corrected() -> None:
    (finding,) = found(waiting("a"), waiting("c", "payments", None))
    assert finding.fix == "kubectl -n shop describe pod a"
    assert finding.sentence.endswith(
        "; to be corrected: the policy's image.prefix and image.tag, if the name is wrong; a right of the nodes, or"
        " imagePullSecrets of the ServiceAccounts in payments, shop, if the registry asks who pulls"
    )


def test_r57_what_the_kubelet_quotes_is_one_line_of_bounded_length() -> None:
    (finding,) = found(waiting("a", why="no\nsuch\x1b image" + "!" * 1000))
    assert finding.sentence.isprintable()
    assert len(finding.sentence) < 800


@pytest.mark.parametrize(
    ("owner", "fix"),
    [
        (WEB, "kubectl -n shop rollout restart deployment/web"),
        (Owner("apps/v1", "StatefulSet", "db"), "kubectl -n shop delete pod a b"),
        (Owner("batch/v1", "Job", "once"), "kubectl -n shop delete pod a b"),
        (Owner("batch/v1", "CronJob", "night"), "kubectl -n shop delete pod a b"),
    ],
)
def test_pods_that_an_earlier_policy_sent_elsewhere_are_made_anew(owner: Owner, fix: str) -> None:
    """A pod's images do not change, and a StatefulSet or a Job makes no other while it waits for this one."""
    (finding,) = found(*(waiting(name, owner=owner, image=OLD, outdated=True) for name in ("a", "b")))
    assert (finding.result, finding.fix) == ("problem", fix)
    assert finding.sentence == f"2 pods wait for {OLD}, which cannot be pulled: shop/{owner}; the policy names another by now"


def test_each_pod_of_an_earlier_policy_without_an_owner_is_its_own() -> None:
    fixes = [finding.fix for finding in found(*(waiting(n, owner=None, image=OLD, outdated=True) for n in ("a", "b")))]
    assert fixes == [f"kubectl -n shop delete pod {name}" for name in ("a", "b")]


def test_an_image_that_another_webhook_renamed_is_no_earlier_policys() -> None:
    (finding,) = found(waiting("a", image=OLD))
    assert "the kubelet says" in finding.sentence


def test_an_older_pod_that_waits_for_what_the_policy_still_names_is_not_made_anew() -> None:
    (finding,) = found(waiting("a", outdated=True))
    assert "the kubelet says" in finding.sentence


def test_where_none_waits_all_is_well() -> None:
    assert said("toolkit", facts()) == [("ok", "no pod of namespaces that opted in waits for an image of richpod's own")]
