"""Decisions without registries: what commands that judge say is the same in CI and tomorrow."""

from dataclasses import replace
from typing import Any

import orjson

from webhook.admission.context import Context
from webhook.admission.pipeline import Outcome, mutate
from webhook.errors import BadImage
from webhook.images.failures import unlisted
from webhook.images.reference import parse
from webhook.policy import Policy

Json = dict[str, Any]


def decided(pod: Json, namespace: str, context: Context) -> Outcome:
    """What the webhook would decide if no registry told it anything; verdicts name those it would ask. `pod` stays as it is."""
    first = mutate(_copy(pod), namespace, context)
    if first.wanted is None or not context.policy.images.registries:
        return first
    known = {container: _why(parse(image).registry, context.policy) for container, image in first.wanted.images.items()}
    return replace(mutate(_copy(pod), namespace, context, known), wanted=first.wanted)


def registries(outcome: Outcome, policy: Policy) -> list[str]:
    """Those that the webhook asks before it decides."""
    hosts = (parse(image).registry for image in outcome.wanted.images.values()) if outcome.wanted else ()
    return [host for host in dict.fromkeys(hosts) if host in policy.images.registries]


def _why(registry: str, policy: Policy) -> BadImage:
    if registry not in policy.images.registries:
        return unlisted(registry)
    return BadImage(f"the webhook asks {registry} what its image runs, this command does not")


def _copy(pod: Json) -> Json:
    """What the API server would send: bytes of its own, nothing shared with the manifest."""
    copied: Json = orjson.loads(orjson.dumps(pod))
    return copied
