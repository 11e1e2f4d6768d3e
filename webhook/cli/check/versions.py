"""Whether API server, policy, image and this command are of versions that go together."""

import re
from collections.abc import Iterator

from webhook import __version__
from webhook.cli.check.configuration import APPLY
from webhook.cli.check.facts import Facts, Json, known
from webhook.cli.check.finding import Check, Finding, ok, problem, warning
from webhook.cli.stored_policy import policy_config_map
from webhook.errors import BadPolicy
from webhook.images.reference import untagged
from webhook.installation import CERTS, GATEWAY, NAMESPACE, WEBHOOK
from webhook.policy.text import OLDEST


def _kubernetes(facts: Facts) -> Iterator[Finding]:
    minor = _digits(facts.version.get("minor", ""))
    if minor is None:
        yield Finding("unknown", "the API server does not say its version", "kubectl version")
        return
    server, oldest = f"{facts.version['major']}.{minor}", facts.policy.kubernetes
    if minor < OLDEST:
        yield problem(
            f"the API server is {server}, and richpod needs 1.{OLDEST} or newer", f"upgrade the API server to 1.{OLDEST}"
        )
    elif minor < int(oldest.split(".")[1]):
        yield problem(f"the API server is {server}, the policy speaks of {oldest} and newer", f'kubernetes: "{server}"')
    else:
        yield ok(f"the API server is {server}, the policy needs {oldest}")


def _digits(minor: str) -> int | None:
    """Some vendors write `33+`."""
    found = "".join(character for character in minor if character.isdecimal())
    return int(found) if found else None


def _version(facts: Facts) -> Iterator[Finding]:
    wanted = facts.policy.image.richpod
    images = {
        name: image
        for name, deployment in ((WEBHOOK, known(facts.webhook)), (CERTS, known(facts.certs)), (GATEWAY, known(facts.gateway)))
        if deployment is not None
        for image in _images(deployment)
    }
    if not images:
        yield problem(f"there is no Deployment {NAMESPACE}/{WEBHOOK}", APPLY)
        return
    others = [
        problem(f"Deployment {name} runs {image}, the policy says {wanted}", APPLY)
        for name, image in images.items()
        if image.partition("@")[0] != wanted
    ]
    yield from others or [_compared(facts.policy.image.tag)]


def _compared(tag: str) -> Finding:
    """This command with the cluster, whose image may have a tag that is no version: a mirror's, or a test's."""
    version = _VERSION.fullmatch(tag)
    if version is None:
        return ok(f"the cluster runs the image tagged {tag}, this command is version {__version__}")
    if version[1] == __version__:
        return ok(f"cluster and command are version {__version__}")
    sentence = f"this command is version {__version__}, the cluster runs {tag}: what they render and say may differ"
    return warning(sentence, f"use the command of version {tag}")


_VERSION = re.compile(r"v?(\d+\.\d+\.\d+(-.+)?)")


def _images(deployment: Json) -> list[str]:
    """Of our own containers; a mesh may have put others beside them."""
    images = [container["image"] for container in deployment["spec"]["template"]["spec"]["containers"]]
    return [image for image in images if untagged(image).endswith("/richpod")] or images[:1]


def _policy(facts: Facts) -> Iterator[Finding]:
    if isinstance(facts.running, BadPolicy):
        what = str(facts.running).partition("\n")[0]
        yield problem(
            f"what the Deployment mounts is no policy to version {__version__}, whose replicas cannot start: {what}", APPLY
        )
        return
    running = known(facts.running)
    if running is None:
        yield problem(f"no policy runs: there is no Deployment {NAMESPACE}/{WEBHOOK}", APPLY)
        return
    findings = []
    if running.hash != facts.policy.hash:
        findings.append(problem(f"the cluster runs policy {running.hash}, the file is {facts.policy.hash}", APPLY))
    named = policy_config_map((known(facts.webhook) or {})["spec"]["template"]["spec"])
    pods = {pod["metadata"]["name"]: policy_config_map(pod["spec"]) for pod in known(facts.own_pods)}
    for name, config_map in pods.items():
        if config_map and config_map != named:
            sentence = f"replica {name} runs {config_map}, the Deployment says {named}"
            findings.append(problem(sentence, f"kubectl -n {NAMESPACE} rollout status --timeout=2m deployment/{WEBHOOK}"))
    yield from findings or [ok(f"every replica runs policy {running.hash}")]


CHECKS = (Check("kubernetes", _kubernetes), Check("version", _version), Check("policy", _policy))
