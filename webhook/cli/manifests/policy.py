"""The policy inside the cluster: an immutable ConfigMap named by its hash, and the right to read it."""

from webhook.cli.manifests.manifest import RBAC, Json, Manifest, named
from webhook.cli.manifests.text import document
from webhook.installation import EXPLAIN_ROLE, POLICY_CONFIG_MAP, POLICY_KEY, WEBHOOK
from webhook.policy import Policy


def config_map_name(policy: Policy) -> str:
    return f"{POLICY_CONFIG_MAP}-{policy.hash}"


def manifests(policy: Policy) -> list[Manifest]:
    config_map = named("v1", "ConfigMap", config_map_name(policy), immutable=True, data={POLICY_KEY: written(policy)})
    why = "Another policy is another name, and so a rolling update: a bad one never becomes ready, and the old replicas go on."
    return [
        Manifest(config_map, why),
        Manifest(_readers(), "What `richpod explain` reads. It is bound to nobody: a policy tells of addresses and servers."),
    ]


def _readers() -> Json:
    """The Deployment names the policy that runs; the names of policies come and go."""
    rules = [
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": [WEBHOOK], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
    ]
    return named(RBAC, "Role", EXPLAIN_ROLE, rules=rules)


def written(policy: Policy) -> str:
    """What differs from the defaults, and the tag, whose default is another for each reader's version.

    Keys are sorted: one text for all files that mean the same.
    """
    said = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return document(_sorted({**said, "image": {**said.get("image", {}), "tag": policy.image.tag}}))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(part) for part in value] if isinstance(value, list) else value
