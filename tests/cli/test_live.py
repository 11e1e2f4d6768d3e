"""The words for kinds."""

from webhook.cli.live import KINDS


def test_kinds_are_understood_as_kubectl_takes_and_prints_them() -> None:
    """`kubectl get -o name` writes the group behind the kind, where there is one."""
    for word in ("deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"):
        assert KINDS[word] == "Deployment"
    assert KINDS["cronjob.batch"] == "CronJob"
    assert KINDS["pod"] == "Pod"
    assert not {"deployment.example.com", "deployment.batch", "pod."} & KINDS.keys()
