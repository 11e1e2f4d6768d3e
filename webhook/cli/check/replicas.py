"""Whether there are enough of richpod's own pods to lose one."""

from collections.abc import Iterator

from webhook.cli.check.certificates import by_cert_manager
from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts, Json, available, known
from webhook.cli.check.finding import Check, Finding, counted, ok, problem, warning
from webhook.installation import CERTS, NAMESPACE, WEBHOOK

ENOUGH = 2


def _replicas(facts: Facts) -> Iterator[Finding]:
    yield replicated(WEBHOOK, known(facts.webhook), "the webhook")


def replicated(name: str, deployment: Json | None, what: str) -> Finding:
    """Of a Deployment that must not be away with a node."""
    if deployment is None:
        return problem(f"there is no Deployment {NAMESPACE}/{name}", APPLY)
    wanted, ready, look = _wanted(deployment), available(deployment), _describe(deployment)
    said = f"{ready} of {wanted} replicas of {what} are available"
    if ready < min(wanted, ENOUGH):
        return problem(said, look)
    if wanted < ENOUGH:
        why = f"{said}: a node that dies takes it away" if wanted else f"{what} is scaled to 0: nobody answers"
        return problem(why, _scale(name, ENOUGH))
    if ready < wanted:
        return warning(said, f"kubectl -n {NAMESPACE} rollout status --timeout=2m deployment/{name}")
    if starting := (deployment.get("status") or {}).get("unavailableReplicas"):
        return warning(f"{said}, and {counted(starting, 'new one is', 'new ones are')} not: a rollout goes on, or is stuck", look)
    return ok(said)


def _rotation(facts: Facts) -> Iterator[Finding]:
    """Whether anybody replaces certificates."""
    deployment, configuration = known(facts.certs), known(facts.configuration)
    if deployment is None:
        if by_cert_manager(configuration):
            yield ok("cert-manager writes bundle and certificate")
        else:
            yield problem(f"there is no Deployment {NAMESPACE}/{CERTS}: nobody replaces certificates", APPLY)
        return
    wanted = _wanted(deployment)
    if available(deployment):
        yield ok("the certificates' controller runs")
    elif not wanted:
        yield problem("the certificates' controller is scaled to 0: nobody replaces certificates", _scale(CERTS, 1))
    else:
        sentence = f"0 of {wanted} certificates' controllers are available: nobody replaces certificates"
        yield problem(sentence, _describe(deployment))


def _wanted(deployment: Json) -> int:
    return int(deployment["spec"].get("replicas", 1))


def _describe(deployment: Json) -> str:
    selector = ",".join(f"{key}={value}" for key, value in deployment["spec"]["selector"]["matchLabels"].items())
    return f"kubectl -n {NAMESPACE} describe pods -l {selector}"


def _scale(deployment: str, replicas: int) -> str:
    return f"kubectl -n {NAMESPACE} scale deployment/{deployment} --replicas={replicas}"


CHECKS = (Check("replicas", _replicas), Check("rotation", _rotation))
