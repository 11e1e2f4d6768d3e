"""What commands that judge say of images which only a registry knows: who would be asked, container by container."""

from typing import Any

from webhook.admission.context import Context
from webhook.cli.offline import decided, registries
from webhook.policy.file import parse

Json = dict[str, Any]
LISTED = parse("{images: {registries: {docker.io: {}}}}")


def pod(**images: str) -> Json:
    """Of containers that name no command."""
    return {"metadata": {"name": "web"}, "spec": {"containers": [{"name": name, "image": one} for name, one in images.items()]}}


def test_each_container_says_whom_the_webhook_asks() -> None:
    outcome = decided(pod(app="nginx", log="registry.example.com/log"), "shop", Context(LISTED, "default", "privileged"))
    assert [verdict.sentence for verdict in outcome.verdicts] == [
        "container app: the webhook asks docker.io what its image runs, this command does not",
        "container log: the policy's images.registries does not list registry.example.com",
    ]
    assert registries(outcome, LISTED) == ["docker.io"]


def test_where_the_policy_lists_no_registry_nobody_is_asked() -> None:
    policy = parse("{}")
    outcome = decided(pod(app="nginx"), "shop", Context(policy, "default", "privileged"))
    assert [verdict.sentence for verdict in outcome.verdicts] == ["container app: no command, and what its image runs is unknown"]
    assert registries(outcome, policy) == []


def test_the_pod_stays_as_it_is() -> None:
    given = pod(app="nginx")
    decided(given, "shop", Context(LISTED, "default", "privileged"))
    assert given == pod(app="nginx")
