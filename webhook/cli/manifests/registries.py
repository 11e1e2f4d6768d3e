"""What the webhook may reach and read where the policy lets it ask registries what images run (requirements 77 and 78)."""

from urllib.parse import urlsplit

from webhook.cli.manifests.manifest import RBAC, Json, Manifest, named
from webhook.cli.manifests.pair import Files, account
from webhook.cli.manifests.pods import TO_API_SERVER, TO_DNS
from webhook.images.destination import NEVER
from webhook.installation import NAMESPACE, PULL_SECRETS_ROLE, WEBHOOK
from webhook.policy.images import Images

CREDENTIALS_FOLDER = "/etc/richpod/registries"
KEY = ".dockerconfigjson"
"""Of a Secret of type kubernetes.io/dockerconfigjson."""


def memory(images: Images) -> str:
    """The limit; docs/images.md says what of it is needed, and docs/serving.md what callers alone can make a replica take."""
    return "384Mi" if images.registries else "256Mi"


def arguments(images: Images) -> list[str]:
    """Of `richpod serve`."""
    return [f"--registry-credentials={CREDENTIALS_FOLDER}/{KEY}"] if images.credentials else []


def files(images: Images) -> Files:
    """Of the Secret no other key is mounted, whichever Secret the policy names."""
    found: Files = {}
    if images.credentials:
        secret = {"secretName": images.credentials, "optional": True, "items": [{"key": KEY, "path": KEY}]}
        found["registries"] = (CREDENTIALS_FOLDER, {"secret": secret})
    if images.pull_secrets_from:
        found["account"] = account()
    return found


def rights(images: Images) -> list[Manifest]:
    """To get the Secrets that pods name in `imagePullSecrets`, in the namespaces that the policy lists."""
    if not images.pull_secrets_from:
        return []
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    role = {"apiGroup": RBAC.split("/")[0], "kind": "ClusterRole", "name": PULL_SECRETS_ROLE}
    account = {"kind": "ServiceAccount", "name": WEBHOOK, "namespace": NAMESPACE}
    return [
        Manifest(
            named(RBAC, "ClusterRole", PULL_SECRETS_ROLE, None, rules=[rule]),
            "What it may is said once; where, one RoleBinding for each namespace says. No ClusterRoleBinding names it.",
        ),
        *(
            Manifest(named(RBAC, "RoleBinding", PULL_SECRETS_ROLE, namespace, roleRef=role, subjects=[account]))
            for namespace in sorted(set(images.pull_secrets_from))
        ),
    ]


def rights_said(images: Images) -> str:
    if images.pull_secrets_from:
        return f"It may get Secrets where the RoleBindings {PULL_SECRETS_ROLE} let it, and has no other permission."
    return "No Role is bound to it: the webhook asks the API server nothing."


def egress(images: Images) -> list[Json]:
    """Of the network policy. By `except` nobody gets to what the webhook itself refuses to call, redirects included."""
    if not images.registries:
        return []
    registries = {"to": _registries(images), "ports": _ports(images)}
    return [TO_DNS, registries, *([TO_API_SERVER] if images.pull_secrets_from else [])]


def egress_said(images: Images) -> str:
    if not images.registries:
        return "It answers, and calls nobody."
    return (
        "It answers, and calls registries, also of this cluster, never a link-local address or a cloud's metadata service but for"
        " those that the policy names; tokens and contents may be at other hosts, on port 443"
        f"{'; and the API server, at any address on its ports' if images.pull_secrets_from else ''}."
    )


def _registries(images: Images) -> list[Json]:
    """Some networks take no address of the cluster's own for one of an ipBlock: pods are named beside them."""
    everywhere = [
        {"ipBlock": {"cidr": cidr, "except": [str(one) for one in NEVER if one.version == version]}}
        for version, cidr in ((4, "0.0.0.0/0"), (6, "::/0"))
    ]
    named_ones = {str(address) for registry in images.registries.values() for address in registry.addresses}
    return [*everywhere, {"namespaceSelector": {}}, *({"ipBlock": {"cidr": cidr}} for cidr in sorted(named_ones))]


def _ports(images: Images) -> list[Json]:
    """443 is every registry's without a port, and that of hosts which give tokens or contents."""
    hosts = [host for name, registry in images.registries.items() for host in (name, *registry.mirrors)]
    plain = {80} if any(registry.plain_http for registry in images.registries.values()) else set()
    ports = {443, *plain, *(port for host in hosts if (port := urlsplit(f"//{host}").port))}
    return [{"protocol": "TCP", "port": port} for port in sorted(ports)]
