"""What each section of a policy accepts alone but not together: the place, and one sentence that says what to write."""

from collections.abc import Iterator

from webhook.nearest import nearest
from webhook.policy import MACHINES, Features, Policy, Profile, cluster, images, mirrors, services, upstreams, volumes
from webhook.policy.section import Contradiction
from webhook.policy.text import OLDEST


def contradictions(policy: Policy) -> Iterator[Contradiction]:
    minor = int(policy.kubernetes.split(".")[1])
    if minor < OLDEST:
        yield Contradiction(("kubernetes",), f'richpod needs "1.{OLDEST}" or newer, not "{policy.kubernetes}"')
    if policy.toolkit.delivery == "image" and minor < 35:
        sentence = f'image volumes need kubernetes: "1.35" or newer, not "{policy.kubernetes}"; write copy'
        yield Contradiction(("toolkit", "delivery"), sentence)
    yield from _within(("lxcfs",), cluster.unfit(policy.lxcfs))
    if policy.fixed_ip is not None:
        yield from _within(("fixedIP", "pools"), cluster.overlapping(policy.fixed_ip.pools))
    yield from _within(("images",), images.unfit(policy.images))
    for namespace in policy.images.pull_secrets_from:
        if namespace in policy.excluded:
            yield Contradiction(("images", "pullSecretsFrom"), f"{namespace} is excluded, so that none of its pods is looked up")
    yield from _within(("mirrors",), mirrors.unfit(policy.mirrors))
    classes: dict[str, str] = {}
    for name, runtime in policy.runtimes.items():
        if (other := classes.setdefault(runtime.class_, name)) != name:
            yield Contradiction(("runtimes", name, "class"), f"{runtime.class_} is runtime {other} already")
    for name, service in policy.services.items():
        yield from _within(("services", name), services.unfit(name, service))
    for name, volume in policy.volumes.items():
        yield from _within(("volumes", name), volumes.unfit(volume))
    yield from upstreams.unfit(policy.gateway, policy.grants)
    yield from _unknown_applications(policy)
    owners: dict[str, str] = {}
    for name, profile in policy.profiles.items():
        for found in (_undefined(policy, profile), _unfit(policy, profile), _misplaced(policy, profile)):
            yield from _within(("profiles", name), found)
        for namespace in profile.namespaces:
            if (other := owners.setdefault(namespace, name)) != name:
                yield Contradiction(("profiles", name, "namespaces"), f"{namespace} belongs to profile {other} already")


def _unknown_applications(policy: Policy) -> Iterator[Contradiction]:
    """Names that no pod can have: without a slash an application is one of the section."""
    for name, grant in policy.grants.items():
        for index, askers in enumerate(grant.to or ()):
            for application in askers.applications or ():
                if "/" not in application and application not in policy.applications:
                    near = nearest(application, policy.applications)
                    sentence = f"{application!r} is not defined under applications{near}; a namespace's own is NAMESPACE/NAME"
                    yield Contradiction(("grants", name, "to", index, "applications"), sentence)


def without_init(features: Features) -> Iterator[Contradiction]:
    """What is asked of the launcher, which no init starts."""
    if features.hooks.asked:
        yield Contradiction(("hooks",), "the launcher runs hooks; write init: launch among the features")
    if features.services:
        yield Contradiction(("services",), "the launcher runs services; write init: launch among the features")
    if features.debug == "java":
        yield Contradiction(("debug",), "the launcher tells the JVM; write init: launch among the features")


def _within(path: tuple[str | int, ...], found: Iterator[Contradiction]) -> Iterator[Contradiction]:
    return (Contradiction((*path, *inner), sentence) for inner, sentence in found)


def _undefined(policy: Policy, profile: Profile) -> Iterator[Contradiction]:
    """Names a profile uses that no section defines."""
    runtime = profile.features.runtime
    if runtime is not None and runtime not in policy.runtimes:
        sentence = f"{runtime!r} is not defined under runtimes{nearest(runtime, policy.runtimes)}"
        yield Contradiction(("features", "runtime"), sentence)
    for volume in profile.features.volumes:
        if volume not in policy.volumes:
            sentence = f"{volume!r} is not defined under volumes{nearest(volume, policy.volumes)}"
            yield Contradiction(("features", "volumes"), sentence)
    known = services.defined(policy.services)
    for service in profile.features.services:
        if service not in known:
            sentence = f"{service!r} is not defined under services{nearest(service, known)}"
            yield Contradiction(("features", "services"), sentence)
    for grant in profile.features.authorize:
        if grant not in policy.grants:
            sentence = f"{grant!r} is not defined under grants{nearest(grant, policy.grants)}"
            yield Contradiction(("features", "authorize"), sentence)
    if "authorize" in profile.allow and not policy.grants:
        yield Contradiction(("allow",), "authorize needs the section grants")
    if "fixed-ip" in profile.allow and policy.fixed_ip is None:
        yield Contradiction(("allow",), "fixed-ip needs the section fixedIP")


def _unfit(policy: Policy, profile: Profile) -> Iterator[Contradiction]:
    """Settings of a profile that would stop or refuse every pod of it."""
    if "runtime" in profile.required and profile.features.runtime is None:
        yield Contradiction(("required",), "runtime is required, but features.runtime names none")
    if "authorize" in profile.required and not profile.features.authorize:
        yield Contradiction(("required",), "authorize is required, but features.authorize names no grants")
    if profile.required and profile.mode == "audit":
        yield Contradiction(("mode",), "audit changes no pod, so that what is required would be missing; write enforce")
    if profile.features.init in MACHINES and policy.systemd.cgroup == "none":
        yield Contradiction(
            ("features", "init"), f"{profile.features.init} needs control groups; write systemd: {{cgroup: runtime}} or own-v1"
        )
    if profile.features.init == "none":
        yield from _within(("features",), without_init(profile.features))
    paths: dict[str, str] = {}
    for name in profile.features.volumes:
        if name in policy.volumes:
            path = policy.volumes[name].mount_path.rstrip("/")
            if (other := paths.setdefault(path, name)) != name:
                yield Contradiction(
                    ("features", "volumes"), f"{name} is mounted at {path} as {other} is; give one another mountPath"
                )


def _misplaced(policy: Policy, profile: Profile) -> Iterator[Contradiction]:
    """Namespaces a profile lists and may not, or must list and does not."""
    if not profile.namespaces and (exceeding := _beyond_baseline(policy, profile)):
        sentence = f"{exceeding} exceeds Pod Security baseline; list the namespaces that may use it"
        yield Contradiction(("namespaces",), sentence)
    for namespace in profile.namespaces:
        if namespace in policy.excluded:
            yield Contradiction(("namespaces",), f"{namespace} is excluded")


def _beyond_baseline(policy: Policy, profile: Profile) -> str | None:
    """A volume that a label alone must not hand out: hostPath is the one source Pod Security baseline forbids."""
    if policy.systemd.cgroup in ("own-v1", "node-root") and ("systemd" in profile.allow or profile.features.init in MACHINES):
        return f"systemd (cgroup {policy.systemd.cgroup}: hostPath)"
    reachable = policy.volumes if "volumes" in profile.allow else profile.features.volumes
    for name in reachable:
        if name in policy.volumes and policy.volumes[name].kind == "hostPath":
            return f"volume {name} (hostPath)"
    return None
