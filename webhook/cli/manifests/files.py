"""Which manifests are in which file: numbered in the order in which they are applied, for `kubectl apply -k`."""

from collections.abc import Iterable

from webhook.cli.manifests import certificates, configuration, gateway, namespace, required, webhook
from webhook.cli.manifests import policy as config_map
from webhook.cli.manifests.component import Component, added
from webhook.cli.manifests.components import COMPONENTS
from webhook.cli.manifests.manifest import Json, Manifest
from webhook.cli.manifests.text import comment, document, documents
from webhook.policy import Policy

HEADER = "# Rendered by `richpod manifests`: change the policy and render again.\n"
KUSTOMIZATION = "kustomization.yaml"
GATEWAY, REQUIRED = "35-gateway.yaml", "40-required.yaml"
"""Only where the policy has grants, or a profile requires something: what they held goes on once it is rendered no more."""


def stream(policy: Policy, components: Iterable[str]) -> str:
    """All objects, one after the other."""
    return HEADER + documents(objects(policy, components))


def objects(policy: Policy, components: Iterable[str]) -> list[Manifest]:
    manifests = [manifest for part in _parts(policy).values() for manifest in part]
    for name in components:
        manifests = added(manifests, COMPONENTS[name](policy))
    return manifests


def files(policy: Policy, components: Iterable[str]) -> dict[str, str]:
    """Path, relative to the folder of the installation, to text. Every component is there; those named are switched on."""
    parts = {name: HEADER + documents(part) for name, part in _parts(policy).items()}
    kustomization: Json = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(parts)}
    if chosen := [f"components/{name}" for name in components]:
        kustomization["components"] = chosen
    optional = {
        f"components/{name}/{file}": text
        for name, component in sorted(COMPONENTS.items())
        for file, text in _component(component(policy)).items()
    }
    return {**parts, KUSTOMIZATION: HEADER + document(kustomization), **optional}


def _parts(policy: Policy) -> dict[str, list[Manifest]]:
    parts = {
        "00-namespace.yaml": namespace.manifests(),
        "10-policy.yaml": config_map.manifests(policy),
        "20-certificates.yaml": certificates.manifests(policy),
        "30-webhook.yaml": webhook.manifests(policy),
        GATEWAY: gateway.manifests(policy),
        REQUIRED: required.manifests(policy),
        "50-configuration.yaml": configuration.manifests(policy),
    }
    return {name: part for name, part in parts.items() if part}


def _component(component: Component) -> dict[str, str]:
    kustomization: Json = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    found = {}
    if component.resources:
        found["resources.yaml"] = HEADER + documents(component.resources)
        kustomization["resources"] = ["resources.yaml"]
    if component.changes:
        found["changes.yaml"] = HEADER + documents(component.changes)
        kustomization["patches"] = [{"path": "changes.yaml"}]
    return {KUSTOMIZATION: HEADER + comment(component.about) + document(kustomization), **found}
