"""What the tests of manifests share: rendered objects by kind and name."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import yaml

from webhook.cli.manifests.files import stream
from webhook.policy import Policy
from webhook.policy.file import parse

Json = dict[str, Any]
Rendered = dict[tuple[str, str], Json]
Render = Callable[..., Rendered]

SORTS = """
kubernetes: "1.36"
podOptIn: true
excludedNamespaces: [infra]
runtimes: {gvisor: {class: gvisor}, kata: {class: kata-qemu}}
profiles:
  web: {features: {init: launch}}
  listed: {namespaces: [ops, tools]}
  secure: {features: {runtime: gvisor}, required: [runtime], namespaces: [payments]}
  isolated: {features: {runtime: gvisor}, required: [runtime], allow: [runtime]}
"""
"""A policy with profiles of every kind."""

ASKING = """
images:
  registries:
    docker.io: {mirrors: ["mirror.example:5000"]}
    registry.example: {addresses: [169.254.7.0/24], plainHttp: true}
  credentials: registries
  pullSecretsFrom: [shop]
"""
"""A policy by which registries are asked what images run."""

GRANTING = """
gateway:
  upstreams:
    acl:
      grant: {url: "https://acl.example:9443/entries/${address}", method: PUT}
      revoke: {url: "https://acl.example:9443/entries/${address}", method: DELETE}
      credentials: acl-token
    whitelist:
      grant: {url: "http://whitelist.example/${database}", body: {address: "${address}"}}
      revoke: {url: "http://whitelist.example/${database}/${address}", method: DELETE}
grants:
  orders: {upstream: whitelist, values: {database: orders}}
  payments: {upstream: acl}
  common: {ports: [53]}
"""
"""A policy with grants, so that there is a gateway."""


@pytest.fixture
def render() -> Render:
    """Kind and name to object, of a policy's text."""

    def rendered(policy: str = "{}", components: Iterable[str] = ()) -> Rendered:
        return by_name(yaml.safe_load_all(stream(parse(policy), components)))

    return rendered


def by_name(objects: Iterable[Json]) -> Rendered:
    found = list(objects)
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found), "every kind and name is there once"
    return named


@pytest.fixture(params=["{}", SORTS, ASKING, GRANTING], ids=["built-in", "all sorts", "asking", "granting"])
def policy(request: pytest.FixtureRequest) -> Policy:
    return parse(request.param)
