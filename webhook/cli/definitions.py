"""What the policy must define before a feature can do anything for a pod, as lines of YAML, each for the place it names.

Words in capitals are for the administrator to fill in.
"""

from collections.abc import Iterable
from copy import deepcopy
from ipaddress import ip_address
from itertools import chain
from typing import Any

from webhook.admission.context import Context
from webhook.admission.features import authorize, fixed_ip, mirrors
from webhook.admission.pod import Pod, comma_separated
from webhook.cli.yaml.text import flow
from webhook.images.reference import placed
from webhook.policy import services

Lines = tuple[str, ...]


def example(feature: str, pod: Pod, context: Context) -> str:
    """A text for the annotation that asks for something, out of what the policy defines where that fits the pod."""
    policy, own = context.policy, pod.spec.get("runtimeClassName")
    pool = policy.fixed_ip.pools.get(pod.namespace) if policy.fixed_ip else None
    return {
        "init": "launch",
        "hooks": "/PATH",
        "services": next(iter(services.defined(policy.services))),
        "debug": "java",
        "lxcfs": "true",
        "volumes": next(iter(policy.volumes), "NAME"),
        "persist": '[{"path":"/PATH","claim":"data","single":true}]',
        "authorize": next(iter(authorize.permitted(pod, context)), "NAME"),
        "runtime": next((name for name, runtime in policy.runtimes.items() if own in (None, runtime.class_)), "NAME"),
        "fixed-ip": str(next(iter(pool[0].hosts()))) if pool else "ADDRESS",
    }[feature]


def attainable(feature: str, text: str, pod: Pod, context: Context) -> bool:
    """Whether the policy knows what a text names, or may: not the addresses that it has given to another namespace."""
    match feature:
        case "runtime" | "volumes" | "services":
            return not missing(feature, text, pod, context)
        case "authorize":
            return {*comma_separated(text)} <= {*authorize.permitted(pod, context)}
        case "fixed-ip" if context.policy.fixed_ip is not None and text != "ADDRESS":
            others = {name: pool for name, pool in context.policy.fixed_ip.pools.items() if name != pod.namespace}
            return not any(_within(address, chain(*others.values())) for address in fixed_ip.parse(text))
    return True


def missing(feature: str, text: str, pod: Pod, context: Context) -> Lines:
    """Of what the annotation's text, or the feature that has no annotation, stands for."""
    policy = context.policy
    match feature:
        case "mirrors":
            return _mirrors(pod, context)
        case "volumes":
            source = "{source: {persistentVolumeClaim: {claimName: CLAIM}}, mountPath: /PATH}"
            return tuple(f"volumes.{name}: {source}" for name in comma_separated(text) if name not in policy.volumes)
        case "services":
            known = services.defined(policy.services)
            return tuple(f"services.{name}: {{argv: [/PATH]}}" for name in comma_separated(text) if name not in known)
        case "authorize":
            return tuple(f"grants.{name}: {{ports: [443]}}" for name in comma_separated(text) if name not in policy.grants)
        case "runtime" if text and text not in policy.runtimes:
            return (f"runtimes.{text}: {{class: {pod.spec.get('runtimeClassName') or 'CLASS'}}}",)
        case "fixed-ip":
            return _pool(text, pod, context)
    return ()


def _mirrors(pod: Pod, context: Context) -> Lines:
    """A mirror for the registry of the application's first image, where none fits any."""
    image = next((image for container in pod.app_containers if (image := container.raw.get("image"))), None)
    if image is None or mirrors.apply(Pod(deepcopy(pod.raw), pod.namespace), True, context):
        return ()
    registry = placed(image)[0]
    return (f"mirrors: {flow({**context.policy.mirrors, f'{registry}/': 'REGISTRY/'})}",)


def _pool(text: str, pod: Pod, context: Context) -> Lines:
    """The addresses, in the pool of the pod's namespace."""
    section = context.policy.fixed_ip
    addresses = [text] if text == "ADDRESS" else [*fixed_ip.parse(text)]
    if section is None:
        return (f"fixedIP: {flow({'annotation': 'KEY', 'pools': {pod.namespace: addresses}})}",)
    pool = section.pools.get(pod.namespace, [])
    outside = [address for address in addresses if address == "ADDRESS" or not _within(address, pool)]
    return (f"fixedIP.pools.{pod.namespace}: {flow([*map(str, pool), *outside])}",) if outside else ()


def _within(address: str, pool: Iterable[Any]) -> bool:
    return any(ip_address(address) in network for network in pool)
