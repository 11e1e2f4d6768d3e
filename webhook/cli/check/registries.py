"""Whether the webhook has what the policy's `images` promises it for registries: credentials, and rights to those of pods."""

from base64 import b64decode
from collections.abc import Iterator

from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts, Json, Right, known
from webhook.cli.check.finding import Check, Finding, counted, ok, problem, some, warning
from webhook.cli.manifests.registries import KEY
from webhook.errors import BadImage
from webhook.images.credentials import read
from webhook.installation import NAMESPACE, PULL_SECRETS_ROLE, WEBHOOK
from webhook.policy import Policy

TYPE = "kubernetes.io/dockerconfigjson"


def pulling(policy: Policy) -> tuple[Right, ...]:
    """What the webhook's RoleBindings give it."""
    return tuple(Right("get", "", "secrets", namespace=namespace) for namespace in sorted(set(policy.images.pull_secrets_from)))


def _credentials(facts: Facts) -> Iterator[Finding]:
    """Nothing of the content is said but the registries' names."""
    name, secret = facts.policy.images.credentials, known(facts.credentials)
    if name is None:
        yield ok("the policy names no Secret with credentials for registries")
        return
    what = f"Secret {NAMESPACE}/{name}"
    create = f"kubectl -n {NAMESPACE} create secret docker-registry {name} --from-file={KEY}=FILE"
    replace = f"{create} --dry-run=client -o yaml | kubectl replace --force -f -"
    if secret is None:
        yield problem(f"there is no {what}: registries are asked without credentials", create)
    elif secret.get("type") != TYPE:
        yield problem(f"{what} is of type {secret.get('type')}, not {TYPE}, and is not used", replace)
    else:
        yield from _entries(secret, what, replace)


def _entries(secret: Json, what: str, replace: str) -> Iterator[Finding]:
    try:
        keyring = read(b64decode((secret.get("data") or {}).get(KEY, "")))
    except BadImage as error:
        yield problem(f"{what} is not used: {error}", replace)
        return
    if keyring.unread:
        yield problem(
            f"{what} has no name and password that can be read for {some(keyring.unread)}; `docker login` may have left them to"
            " a helper of its own",
            replace,
        )
    elif not keyring.entries:
        yield warning(f"{what} has no credentials for any registry", replace)
    yield ok(f"{what} has {counted(len(keyring.entries), 'entry', 'entries')} for registries")


def _pull_secrets(facts: Facts) -> Iterator[Finding]:
    there = {namespace["metadata"]["name"] for namespace in known(facts.namespaces)}
    rights = known(facts.pull_rights)
    findings = [
        problem(f"images.pullSecretsFrom names {name}, which is no namespace", f"kubectl create namespace {name}")
        for name in sorted(_listed(facts) - there)
    ]
    findings += [
        problem(f"ServiceAccount {NAMESPACE}/{WEBHOOK} may not {right}", APPLY)
        for right, allowed in rights.items()
        if not allowed and right.namespace in there
    ]
    findings += _left(facts)
    allowed_in = some([right.namespace for right in rights])
    where = f"the webhook may get imagePullSecrets in {allowed_in}" if rights else "the webhook gets no pod's imagePullSecrets"
    yield from findings or [ok(where)]


def _left(facts: Facts) -> Iterator[Finding]:
    """`kubectl apply` leaves what an earlier policy rendered, and does not prune in namespaces that it writes nothing into."""
    for binding in known(facts.pull_bindings):
        namespace = binding["metadata"]["namespace"]
        if namespace not in _listed(facts):
            yield problem(
                f"the webhook may still get Secrets in {namespace}: an earlier policy has left a RoleBinding",
                f"kubectl -n {namespace} delete rolebinding/{PULL_SECRETS_ROLE}",
            )


def _listed(facts: Facts) -> set[str]:
    """By the policy that should hold, which is asked before it is applied, too, and by the one that does."""
    return {*facts.policy.images.pull_secrets_from, *facts.applied.images.pull_secrets_from}


def rendered(binding: Json, policy: Policy) -> bool:
    """Whether a binding of the webhook's account is one that the policy asks for."""
    metadata = binding["metadata"]
    ours = metadata["name"] == PULL_SECRETS_ROLE == binding["roleRef"]["name"]
    return ours and metadata.get("namespace") in policy.images.pull_secrets_from


CHECKS = (Check("credentials", _credentials), Check("pull-secrets", _pull_secrets))
