"""Credentials for registries, and the rights to those of pods: what is missing, what cannot be used, what was left."""

import base64
import json
from typing import Any

import pytest

from tests.cli.check.healthy import facts, line, namespace, said
from webhook.cli.check.configuration import APPLY
from webhook.cli.check.registries import TYPE, pulling
from webhook.cli.check.rights import DANGEROUS
from webhook.policy.file import parse

NAMED = parse('{"images": {"registries": {"docker.io": {}}, "credentials": "registries"}}')
PULLING = parse('{"images": {"registries": {"docker.io": {}}, "pullSecretsFrom": ["shop", "payments"]}}')
SHOP, PAYMENTS = sorted(pulling(PULLING), key=lambda right: right.namespace, reverse=True)
GOOD = {"auth": base64.b64encode(b"ann:hunter2").decode()}


def secret(held: Any, kind: str = TYPE) -> dict[str, Any]:
    text = held if isinstance(held, bytes) else json.dumps(held).encode()
    return {"type": kind, "data": {".dockerconfigjson": base64.b64encode(text).decode()}}


def binding(namespace: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "richpod-pull-secrets", "namespace": namespace},
        "roleRef": {"name": "richpod-pull-secrets"},
        "subjects": [{"kind": "ServiceAccount"}],
    }


# --- the Secret that the policy names ---


def test_a_policy_that_names_no_secret_needs_none() -> None:
    assert said("credentials", facts()) == [("ok", "the policy names no Secret with credentials for registries")]


def test_a_secret_that_can_be_read_is_well() -> None:
    held = secret({"auths": {"docker.io": GOOD, "registry.example": GOOD}})
    assert said("credentials", facts(NAMED, credentials=held)) == [
        ("ok", "Secret richpod-system/registries has 2 entries for registries")
    ]


@pytest.mark.parametrize(
    ("held", "result", "sentence"),
    [
        (None, "problem", "there is no Secret richpod-system/registries: registries are asked without credentials"),
        (secret({}, "Opaque"), "problem", "is of type Opaque, not kubernetes.io/dockerconfigjson, and is not used"),
        (secret(b"hunter2"), "problem", "is not used: the file of credentials is no JSON"),
        (secret({"auths": ["hunter2"]}), "problem", "is not used: the file of credentials holds no map `auths`"),
        ({"type": TYPE}, "problem", "is not used: the file of credentials is no JSON"),
        (secret({"auths": {}}), "warning", "has no credentials for any registry"),
        (
            secret({"auths": {"docker.io": {}, "good.example": GOOD, "registry.example": {"auth": "hunter2"}}}),
            "problem",
            "has no name and password that can be read for docker.io, registry.example",
        ),
        (
            secret({"auths": {"https://ann:hunter2@registry.example": GOOD}}),
            "problem",
            "has no name and password that can be read for registry.example",
        ),
    ],
)
def test_a_secret_that_is_of_no_use_is_told_without_a_word_of_it(held: Any, result: str, sentence: str) -> None:
    found = line("credentials", facts(NAMED, credentials=held))
    assert found.result == result
    assert sentence in found.findings[0].sentence
    assert found.findings[0].fix.startswith("kubectl -n richpod-system create secret docker-registry registries ")
    assert "hunter2" not in str(found)


# --- the Secrets of pods ---


def test_a_policy_that_names_no_namespace_needs_no_right() -> None:
    assert said("pull-secrets", facts()) == [("ok", "the webhook gets no pod's imagePullSecrets")]


def test_with_a_right_in_every_namespace_all_is_well() -> None:
    assert said("pull-secrets", facts(PULLING)) == [("ok", "the webhook may get imagePullSecrets in payments, shop")]


def test_r77_each_namespace_without_the_right_is_named() -> None:
    (finding,) = line("pull-secrets", facts(PULLING, pull_rights={SHOP: False, PAYMENTS: True})).findings
    assert finding.sentence == "ServiceAccount richpod-system/richpod-webhook may not get secrets in shop"
    assert (finding.result, finding.fix) == ("problem", APPLY)


def test_a_namespace_that_is_not_there_is_told() -> None:
    (finding,) = line("pull-secrets", facts(PULLING, namespaces=[namespace("payments")])).findings
    assert finding.sentence == "images.pullSecretsFrom names shop, which is no namespace"
    assert (finding.result, finding.fix) == ("problem", "kubectl create namespace shop")


def test_r77_a_right_that_an_earlier_policy_has_left_is_a_problem() -> None:
    bindings = [binding("shop"), binding("old")]
    (finding,) = line("pull-secrets", facts(PULLING, pull_bindings=bindings)).findings
    assert finding.sentence == "the webhook may still get Secrets in old: an earlier policy has left a RoleBinding"
    assert (finding.result, finding.fix) == ("problem", "kubectl -n old delete rolebinding/richpod-pull-secrets")


def test_what_the_policy_that_runs_needs_is_not_left() -> None:
    assert line("pull-secrets", facts(parse("{}"), running=PULLING, pull_bindings=[binding("shop")])).result == "ok"


def test_r77_a_binding_that_the_policy_asks_for_is_not_what_gives_too_much() -> None:
    rights = dict.fromkeys(DANGEROUS, True)
    found = facts(PULLING, webhook_rights=rights, webhook_bindings=[binding("shop"), binding("old")])
    (finding,) = line("rights-webhook", found).findings
    assert finding.fix == "kubectl -n old delete rolebinding/richpod-pull-secrets"
