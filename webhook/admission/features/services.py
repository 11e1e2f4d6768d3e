"""Runs programs beside the application in the main container, started by the launcher that init has made its first process."""

from collections.abc import Iterator

from webhook.admission import launcher
from webhook.admission.conditions import rights
from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.login import login_options
from webhook.admission.pod import Pod, comma_separated
from webhook.admission.state import give_state
from webhook.admission.stopping import grace
from webhook.admission.toolkit import deliver
from webhook.admission.verdicts import Verdict
from webhook.errors import BadValue, Skip
from webhook.images.program import escaped
from webhook.inpod.contract import (
    AUTHORIZED_KEYS,
    MOST_SERVICES,
    SERVICE_ARGV,
    SERVICE_OPTION,
    SSHD_PATH,
    SSHD_VOLUME,
    STATE_ROOT,
)
from webhook.inpod.launcher import services, state_at
from webhook.nearest import nearest
from webhook.policy.services import Service, defined

SPARE = 5
"""Seconds in which services are stopped, once the application has ended."""


def parse(text: str) -> tuple[str, ...]:
    names = comma_separated(text)
    if len(names) > MOST_SERVICES:
        raise BadValue(f"{len(names)} services are too many; name {MOST_SERVICES} at most")
    return names


def apply(pod: Pod, names: tuple[str, ...], context: Context) -> list[Verdict]:
    container, key, at = launcher.options(pod, context, "start them", state_at)
    given, _ = services(container.raw[key], at)
    known = defined(context.policy.services)
    held = [*pod.held, *rights(pod.spec, container.raw), *(["init of the image"] if container.is_machine else ())]
    verdicts: list[Verdict] = []
    wanted: dict[str, list[str]] = {}
    for name in names:
        try:
            words = _words(name, _fitting(name, known, held, container), container, context.policy.systemd.login_secrets)
            if given.get(name, words) != words or len({*given, *wanted, name}) > MOST_SERVICES:
                raise Skip("own-launcher", f"container {container.name} starts the launcher with services of its own")
            wanted[name] = words
            verdicts.append(Verdict("services", "applied", "", f"container {container.name}: {name} beside it"))
        except Skip as end:
            verdicts.append(Verdict("services", "skipped", end.reason, f"service {name}: {end.sentence}", end.fix))
    if wanted:
        deliver(pod, [container], context)
        _, behind = services(container.raw[key], give_state(pod, container, key, at))
        words = [word for name, words in wanted.items() if name not in given for word in words]
        pod.patch.insert(container.raw[key], f"{container.path}/{key}", words, behind)
        if not given:
            pod.raise_grace(grace(pod.spec) + SPARE)
    if "sshd" in wanted and (keys := known["sshd"].authorized_keys):
        _mount_keys(pod, container, keys)
    return verdicts


def _fitting(name: str, known: dict[str, Service], held: list[str], container: Container) -> Service:
    """What the policy says of it. Raises Skip where this container, of which these conditions hold, cannot have it."""
    if name not in known:
        sentence = f"it is not defined{nearest(name, known)} (known: {', '.join(known)})"
        raise Skip("unknown-service", sentence)
    service = known[name]
    for element in _elements(name, service):
        meet(element, held)
    if service.authorized_keys and container.mounted_at(SSHD_PATH) not in (None, SSHD_VOLUME):
        raise Skip("path-taken", f"container {container.name} mounts a volume of its own at {SSHD_PATH}")
    return service


def _elements(name: str, service: Service) -> Iterator[str]:
    """What of the table of conflicts a service is."""
    if service.argv is None:
        yield "service:shipped"
        yield f"service:{name}"
    if service.argv is None or service.user is not None:
        yield "service:root"
    if name in ("crond", "sshd") or service.user not in (None, "root", "0"):
        yield "service:other-user"


def _words(name: str, service: Service, container: Container, secrets: bool) -> list[str]:
    """Of the launcher; the kubelet gives the words of a service as they are. `secrets`: whether who logs in sees them."""
    argv = service.argv or [*SERVICE_ARGV, name]
    if service.argv is None and name == "sshd":
        argv += [*([] if secrets else login_options(container.raw)), f"{STATE_ROOT}/.sshd"]
        argv += [f"{SSHD_PATH}/{AUTHORIZED_KEYS}"] if service.authorized_keys else []
    optional = ":optional" if service.optional else ""
    spelled = f"{name}:{service.user or ''}:{service.restart}:{len(argv)}{optional}"
    return [SERVICE_OPTION, spelled, *map(escaped, argv)]


def _mount_keys(pod: Pod, container: Container, keys: str) -> None:
    """A pod whose ConfigMap is not there starts all the same: nobody logs in."""
    pod.add_volumes([{"name": SSHD_VOLUME, "configMap": {"name": keys, "optional": True}}])
    if container.mounted_at(SSHD_PATH) is None:
        pod.add_mounts(container, [{"name": SSHD_VOLUME, "mountPath": SSHD_PATH, "readOnly": True}])


FEATURE = Feature("services", apply, {"services": parse})
