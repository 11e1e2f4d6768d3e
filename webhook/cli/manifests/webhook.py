"""The webhook: who calls it, how many there are, and what they may do: what the policy needs (requirements 77 to 79)."""

from webhook.cli.manifests import registries
from webhook.cli.manifests.manifest import Json, Manifest, named, own
from webhook.cli.manifests.pair import SERVING, TLS_FOLDER, files, pair
from webhook.cli.manifests.pods import HEALTH, container, network_policy, port, probes
from webhook.installation import ADMISSION_PORT, HEALTH_PORT, REPLICAS_SERVICE, SERVICE, TRUSTED, WEBHOOK
from webhook.policy import Policy


def manifests(policy: Policy) -> list[Manifest]:
    account = named("v1", "ServiceAccount", WEBHOOK, automountServiceAccountToken=False)
    return [
        Manifest(account, registries.rights_said(policy.images)),
        *registries.rights(policy.images),
        Manifest(_service(SERVICE)),
        Manifest(
            _service(REPLICAS_SERVICE, clusterIP="None", publishNotReadyAddresses=True),
            "Names each replica, those that are not ready included: the certificates' controller sees what each of them serves.",
        ),
        *pair(WEBHOOK, _serve(policy), files(policy) | registries.files(policy.images)),
        Manifest(
            network_policy(WEBHOOK, [ADMISSION_PORT, HEALTH_PORT], registries.egress(policy.images)),
            registries.egress_said(policy.images),
        ),
    ]


def _service(name: str, **fields: object) -> Json:
    ports = [{"name": "https", "port": 443, "targetPort": ADMISSION_PORT}]
    return named("v1", "Service", name, spec={**fields, "selector": own(WEBHOOK), "ports": ports})


def _serve(policy: Policy) -> Json:
    memory = registries.memory(policy.images)
    return container(
        policy,
        "serve",
        *SERVING,
        *([f"--authority={TLS_FOLDER}/{TRUSTED}"] if policy.grants else []),
        *registries.arguments(policy.images),
        ports=[port("https", ADMISSION_PORT), HEALTH],
        **probes(),
        resources={"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": memory}},
    )
