"""Whether there are enough of richpod's own pods to lose one."""

from collections.abc import Iterator

from webhook.cli.check.certificates import by_cert_manager
from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, counted, ok, problem, warning
from webhook.installation import CERTS, NAMESPACE, WEBHOOK

ENOUGH = 2


def _replicas(facts: Facts) -> Iterator[Finding]:
    deployment = known(facts.webhook)
    if deployment is None:
        yield problem(f"there is no Deployment {NAMESPACE}/{WEBHOOK}", APPLY)
        return
    wanted, available = _counts(deployment)
    said = f"{available} of {wanted} replicas of the webhook are available"
    look = f"kubectl -n {NAMESPACE} describe pods -l {_selector(deployment)}"
    if available < min(wanted, ENOUGH):
        yield problem(said, look)
    elif wanted < ENOUGH:
        why = f"{said}: a node that dies takes it away" if wanted else "the webhook is scaled to 0: nobody answers"
        yield problem(why, f"kubectl -n {NAMESPACE} scale deployment/{WEBHOOK} --replicas={ENOUGH}")
    elif available < wanted:
        yield warning(said, f"kubectl -n {NAMESPACE} rollout status deployment/{WEBHOOK}")
    elif starting := (deployment.get("status") or {}).get("unavailableReplicas"):
        yield warning(f"{said}, and {counted(starting, 'new one is', 'new ones are')} not: a rollout goes on, or is stuck", look)
    else:
        yield ok(said)


def _rotation(facts: Facts) -> Iterator[Finding]:
    """Whether anybody replaces certificates."""
    deployment, configuration = known(facts.certs), known(facts.configuration)
    if deployment is None:
        if by_cert_manager(configuration):
            yield ok("cert-manager writes bundle and certificate")
        else:
            yield problem(f"there is no Deployment {NAMESPACE}/{CERTS}: nobody replaces certificates", APPLY)
        return
    wanted, available = _counts(deployment)
    if available:
        yield ok("the certificates' controller runs")
    elif not wanted:
        scale = f"kubectl -n {NAMESPACE} scale deployment/{CERTS} --replicas=1"
        yield problem("the certificates' controller is scaled to 0: nobody replaces certificates", scale)
    else:
        fix = f"kubectl -n {NAMESPACE} describe pods -l {_selector(deployment)}"
        yield problem(f"{available} of {wanted} certificates' controllers are available: nobody replaces certificates", fix)


def _counts(deployment: Json) -> tuple[int, int]:
    """Replicas that are wanted, and that are available."""
    return deployment["spec"].get("replicas", 1), (deployment.get("status") or {}).get("availableReplicas", 0)


def _selector(deployment: Json) -> str:
    return ",".join(f"{key}={value}" for key, value in deployment["spec"]["selector"]["matchLabels"].items())


CHECKS = (Check("replicas", _replicas), Check("rotation", _rotation))
