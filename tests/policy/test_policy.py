"""The policy as data: every setting works when absent, the schema describes it, its hash names it."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, ValidationError
from pydantic import ValidationError as Invalid

from tests.strategies import FIXED_IP, NODE_VOLUME, RUNTIMES, VOLUMES, policies
from webhook import __version__
from webhook.policy import ALWAYS_EXCLUDED, Policy
from webhook.policy.contradictions import contradictions

UPSTREAM: dict[str, Any] = {
    "grant": {"url": "https://acl.example/${database}", "body": {"from": "${address}"}, "answer": {"state": "open"}},
    "revoke": {"method": "DELETE", "url": "https://acl.example/${database}/${address}", "success": [204, 404]},
    "headers": {"X-Client": "richpod"},
    "credentials": "acl",
    "family": "IPv4",
    "perSecond": 2,
    "inFlight": 1,
    "timeout": 5,
}

FULL: dict[str, Any] = {
    "kubernetes": "1.36",
    "image": {"prefix": "registry.example:5000/infra/richpod", "tag": "2.1"},
    "podSecurityDefault": "baseline",
    "podOptIn": True,
    "excludedNamespaces": ["infra"],
    "toolkit": {"delivery": "image"},
    "lxcfs": {"path": "/lx", "nodeSelector": {"lxcfs": "yes"}},
    "fixedIP": FIXED_IP,
    "images": {"map": {"a:1": {"entrypoint": ["/a"], "cmd": ["b"]}}},
    "mirrors": {"docker.io/": "mirror.example/hub/"},
    "runtimes": RUNTIMES,
    "volumes": VOLUMES | NODE_VOLUME,
    "applications": {"shop": {"namespaces": ["payments"], "serviceAccounts": ["shop"]}},
    "grants": {
        "orders": {"upstream": "acl", "values": {"database": "orders"}, "to": [{"applications": ["shop"]}]},
        "dns": {"ports": [53]},
    },
    "gateway": {"wait": 60, "window": 30, "upstreams": {"acl": UPSTREAM}},
    "profiles": {
        "default": {"features": {"init": "launch"}},
        "secure": {
            "features": {"init": "dumb-init", "lxcfs": True, "runtime": "gvisor", "mirrors": True, "volumes": ["data", "node"]}
            | {"authorize": ["orders"]},
            "allow": ["init", "lxcfs", "runtime", "fixed-ip", "volumes", "authorize"],
            "namespaces": ["payments"],
            "required": ["runtime", "authorize"],
            "onConflict": "refuse",
        },
        "watched": {"mode": "audit"},
    },
}


def test_nothing_is_required() -> None:
    policy = Policy.model_validate({})
    assert policy.image.toolkit == f"ghcr.io/richpod/richpod-toolkit:{__version__}"
    assert policy.profiles["default"].features.init == "launch"
    assert policy.profiles["default"].allow == ["init"]


@pytest.mark.parametrize("section", FULL)
def test_every_section_works_when_absent(section: str) -> None:
    """Those that others refer to take the references with them."""
    rest = {key: value for key, value in FULL.items() if key != section}
    if section in ("runtimes", "volumes", "fixedIP", "grants"):
        rest["profiles"] = {}
    if section == "kubernetes":
        rest["toolkit"] = {}
    Policy.model_validate(rest)


@pytest.mark.parametrize(("section", "setting"), [(s, k) for s, v in FULL.items() if isinstance(v, dict) for k in v])
def test_every_setting_works_when_absent(section: str, setting: str) -> None:
    given = {key: value for key, value in FULL[section].items() if key != setting}
    if (section, setting) == ("fixedIP", "annotation"):
        return  # the one setting without which its section means nothing
    rest = FULL | {section: given}
    if section in ("runtimes", "volumes", "grants"):
        rest["profiles"] = {}
    Policy.model_validate(rest)


@given(policies())
def test_the_schema_describes_the_effective_policy(policy: Policy) -> None:
    Draft202012Validator(SCHEMA).validate(policy.effective())


SCHEMA = Policy.model_json_schema(by_alias=True)


def test_the_schema_knows_every_key_and_no_other() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(FULL)
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate({"lxcfs": {"node_selector": {}}})


@pytest.mark.parametrize(
    "mistake",
    [
        {"profiles": {"a": {"nope": 1}}},
        {"profiles": {"Bad_Name": {"nope": 1}}},
        {"runtimes": {"g": {"klass": "g"}}},
        {"volumes": {"Data": {}}},
        {"volumes": {"a" * 49: {"source": {"emptyDir": {}}, "mountPath": "/a"}}},
        {"mirrors": {"Docker.io/": "m.example/"}},
        {"fixedIP": {"annotation": "cni/x", "pools": {"Shop": []}}},
    ],
)
def test_the_schema_refuses_what_the_policy_refuses(mistake: dict[str, Any]) -> None:
    """An editor that reads the schema marks the mistake while it is written."""
    with pytest.raises(Invalid):
        Policy.model_validate(mistake)
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(mistake)


SETTINGS = {
    f"{section}.{name}": setting
    for section, shape in {"Policy": SCHEMA, **SCHEMA["$defs"]}.items()
    for name, setting in shape.get("properties", {}).items()
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_schema_describes_every_setting_in_one_line(setting: str) -> None:
    description = SETTINGS[setting]["description"]
    assert description.endswith(".")
    assert "\n" not in description


def test_the_schema_names_its_dialect() -> None:
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_the_schema_says_that_a_default_profile_replaces_the_built_in_one() -> None:
    """Whoever writes `default` to allow something more takes the built-in init away."""
    written = Policy.model_validate({"profiles": {"default": {"allow": ["init", "lxcfs"]}}})
    assert (Policy().profiles["default"].features.init, written.profiles["default"].features.init) == ("launch", "none")
    assert "writing default replaces the built-in one" in SCHEMA["properties"]["profiles"]["description"]


@given(policies())
def test_the_effective_policy_is_the_same_policy(policy: Policy) -> None:
    again = Policy.model_validate(policy.effective())
    assert again == policy
    assert again.hash == policy.hash


def test_the_hash_does_not_depend_on_order_or_on_what_is_left_out() -> None:
    turned = dict(reversed([(k, dict(reversed(v.items())) if isinstance(v, dict) else v) for k, v in FULL.items()]))
    assert Policy.model_validate(turned).hash == Policy.model_validate(FULL).hash
    assert Policy.model_validate({"podOptIn": False}).hash == Policy().hash
    assert len(Policy().hash) == 12


@pytest.mark.parametrize("section", [s for s in FULL if s not in ("runtimes", "volumes", "fixedIP", "kubernetes")])
def test_the_hash_changes_with_every_section(section: str) -> None:
    assert Policy.model_validate({k: v for k, v in FULL.items() if k != section}).hash != Policy.model_validate(FULL).hash


def test_r20_the_hash_is_the_same_in_every_process() -> None:
    program = "import json, sys; from webhook.policy import Policy; print(Policy.model_validate(json.load(sys.stdin)).hash)"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(FULL),
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("0", "4711")
    }
    assert hashes == {Policy.model_validate(FULL).hash}


def test_r45_some_namespaces_are_always_excluded() -> None:
    assert Policy.model_validate(FULL).excluded == {*ALWAYS_EXCLUDED, "infra"}
    assert {"kube-system", "kube-public", "kube-node-lease"} < Policy().excluded


def test_the_policy_cannot_be_changed_once_read() -> None:
    policy = Policy()
    with pytest.raises(Invalid):
        policy.pod_opt_in = True


def test_the_effective_policy_shows_the_kind_that_a_class_speaks_of() -> None:
    runtimes = {"g": {"class": "gvisor"}, "k": {"class": "kata-qemu", "kind": "runc"}}
    effective = Policy.model_validate({"runtimes": runtimes}).effective()["runtimes"]
    assert effective == {"g": {"class": "gvisor", "kind": "gvisor"}, "k": {"class": "kata-qemu", "kind": "runc"}}


def test_r75_host_path_needs_listed_namespaces() -> None:
    """A label alone, which an editor of the namespace sets, must never hand out more than Pod Security baseline."""
    reachable = {"volumes": NODE_VOLUME, "profiles": {"default": {"allow": ["volumes"]}}}
    by_default = {"features": {"volumes": ["node"]}}
    for profiles in (reachable["profiles"], {"x": by_default}):
        (found,) = contradictions(Policy.model_validate(reachable | {"profiles": profiles}))
        assert "hostPath" in found.sentence
    listed = Policy.model_validate(reachable | {"profiles": {"x": {**by_default, "namespaces": ["ops"]}}})
    assert not list(contradictions(listed))
