"""What the policy must define before a feature can do anything for a pod, as lines of YAML, each for the place it names.

Words in capitals are for the administrator to fill in.
"""

from copy import deepcopy
from ipaddress import ip_address
from itertools import chain

from webhook.admission.context import Context
from webhook.admission.features import fixed_ip, mirrors
from webhook.admission.pod import Pod, comma_separated
from webhook.cli.yaml.text import flow

Lines = tuple[str, ...]


def example(feature: str, pod: Pod, context: Context) -> str:
    """A text for the annotation that asks for something, out of what the policy defines where that fits the pod."""
    policy, own = context.policy, pod.spec.get("runtimeClassName")
    pool = policy.fixed_ip.pools.get(pod.namespace) if policy.fixed_ip else None
    return {
        "init": "launch",
        "lxcfs": "true",
        "volumes": next(iter(policy.volumes), "NAME"),
        "runtime": next((name for name, runtime in policy.runtimes.items() if own in (None, runtime.class_)), "NAME"),
        "fixed-ip": str(next(iter(pool[0].hosts()))) if pool else "ADDRESS",
    }[feature]


def missing(feature: str, text: str, pod: Pod, context: Context) -> Lines:
    """Of what the annotation's text, or the feature that has no annotation, stands for."""
    policy = context.policy
    match feature:
        case "mirrors":
            return _mirrors(pod, context)
        case "volumes":
            source = "{source: {persistentVolumeClaim: {claimName: CLAIM}}, mountPath: /PATH}"
            return tuple(f"volumes.{name}: {source}" for name in comma_separated(text) if name not in policy.volumes)
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
    registry = mirrors.full_name(image).partition("/")[0]
    return (f"mirrors: {flow({**context.policy.mirrors, f'{registry}/': 'REGISTRY/'})}",)


def _pool(text: str, pod: Pod, context: Context) -> Lines:
    """The addresses, in the pool of the pod's namespace; not those of another's."""
    section = context.policy.fixed_ip
    addresses = [text] if text == "ADDRESS" else [*fixed_ip.parse(text)]
    if section is None:
        return (f"fixedIP: {flow({'annotation': 'KEY', 'pools': {pod.namespace: addresses}})}",)
    pool, given = section.pools.get(pod.namespace, []), [*chain(*section.pools.values())]
    outside = [a for a in addresses if a == "ADDRESS" or not any(ip_address(a) in network for network in given)]
    return (f"fixedIP.pools.{pod.namespace}: {flow([*map(str, pool), *outside])}",) if outside else ()
