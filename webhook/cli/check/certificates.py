"""Whether the API server trusts what the webhook serves, and for how long."""

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime

from certs.bundle import split
from certs.certificate import expiry, names, signed_by, validity
from certs.certificate import problem as wrong_with
from webhook.cli.check.facts import Facts, Json, available, known
from webhook.cli.check.finding import Check, Finding, counted, follows, ok, problem, some, warning
from webhook.cli.manifests.certmanager import INJECTED
from webhook.errors import ApiError
from webhook.installation import CERTS, GATEWAY, NAMESPACE, SERVER_NAMES, SERVING_SECRET

_CONTROLLER = f"kubectl -n {NAMESPACE} logs deployment/{CERTS}"
_CERT_MANAGER = f"kubectl -n {NAMESPACE} describe certificates.cert-manager.io"
LATE = 5
"""A certificate in the last fifth of its life should have been replaced long ago."""


def _bundle(facts: Facts) -> Iterator[Finding]:
    live = known(facts.configuration)
    look = _look(facts)
    if live is None:
        yield problem("there is no configuration that could hold a bundle", follows("configuration"))
        return
    webhooks: list[Json] = live.get("webhooks") or []
    alike: dict[str, list[str]] = {}
    for webhook in webhooks:
        if said := _unusable(webhook, facts.now):
            alike.setdefault(said, []).append(webhook["name"])
    findings = [problem(f"{some(names)}: {said}", look) for said, names in alike.items()]
    if len({_text(webhook) for webhook in webhooks}) > 1 and not findings:
        findings = [warning("entries hold different bundles", look)]
    yield from findings or [ok(f"every entry trusts {counted(len(_trusted(webhooks)), 'authority', 'authorities')}")]


def by_cert_manager(configuration: Json | None) -> bool:
    """Whether it writes bundle and certificate; there is no controller of ours then."""
    annotations = (configuration or {}).get("metadata", {}).get("annotations") or {}
    return INJECTED.items() <= annotations.items()


def _look(facts: Facts) -> str:
    """Whoever writes bundle and certificate says why it did not, if it is there."""
    if by_cert_manager(known(facts.configuration)):
        return _CERT_MANAGER
    if isinstance(facts.certs, ApiError) or available(facts.certs):
        return _CONTROLLER
    return follows("rotation")


def _unusable(webhook: Json, now: datetime) -> str:
    """Why the API server could trust nothing that is served, "" where it could."""
    if not _text(webhook):
        return "no caBundle, so that the API server trusts nobody to answer"
    authorities = split(_pem(webhook))
    if not authorities:
        return "a caBundle that holds no certificate that can be read"
    ends = max(expiry(one) for one in authorities)
    return f"a caBundle that ended at {ends:%Y-%m-%d %H:%M} UTC" if ends <= now else ""


def _certificate(facts: Facts) -> Iterator[Finding]:
    pair, live = known(facts.serving), known(facts.configuration)
    look = _look(facts)
    if pair is None:
        yield problem(f"there is no Secret {NAMESPACE}/{SERVING_SECRET}: replicas that run serve on, new ones wait for it", look)
        return
    if said := wrong_with(pair, facts.now):
        yield problem(f"Secret {SERVING_SECRET}: {said}", look)
        return
    start, end = validity(pair.certificate)
    findings = []
    if SERVER_NAMES[0] not in names(pair.certificate):
        findings.append(problem(f"it does not answer for {SERVER_NAMES[0]}, as which the API server calls", look))
    if facts.applied.grants and (asked := f"{GATEWAY}.{NAMESPACE}.svc") not in names(pair.certificate):
        findings.append(problem(f"it does not answer for {asked}, as which pods call the gateway", look))
    webhooks = [webhook for webhook in (live or {}).get("webhooks") or () if not _unusable(webhook, facts.now)]
    if strangers := [w["name"] for w in webhooks if not any(signed_by(pair.certificate, one) for one in split(_pem(w)))]:
        findings.append(problem(f"{some(strangers)}: the bundle does not trust it", look))
    if start > facts.now:
        findings.append(problem(f"it begins only at {start:%Y-%m-%d %H:%M} UTC: a clock is wrong", "timedatectl on the nodes"))
    if (end - facts.now) * LATE < end - start:
        findings.append(warning(f"it ends at {end:%Y-%m-%d %H:%M} UTC, and should have been replaced long ago", look))
    yield from findings or [ok(f"trusted by every entry until {end:%Y-%m-%d %H:%M} UTC")]


def _text(webhook: Json) -> str:
    return str((webhook.get("clientConfig") or {}).get("caBundle") or "")


def _pem(webhook: Json) -> bytes:
    try:
        return base64.b64decode(_text(webhook))
    except (binascii.Error, ValueError):
        return b""


def _trusted(webhooks: list[Json]) -> set[bytes]:
    return {authority for webhook in webhooks for authority in split(_pem(webhook))}


BUNDLE, CERTIFICATE = Check("bundle", _bundle), Check("certificate", _certificate)
CHECKS = (BUNDLE, CERTIFICATE)
