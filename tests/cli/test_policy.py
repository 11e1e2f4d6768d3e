"""`richpod policy`: what is in force, as a file that means the same."""

import json

import yaml

from tests.cli.conftest import PROJECT, Run
from webhook.policy import Policy
from webhook.policy.file import parse


def test_without_a_file_the_built_in_policy_is_shown(richpod: Run) -> None:
    ran = richpod("policy")
    assert (ran.code, ran.err) == (0, "")
    assert parse(ran.out) == Policy()


def test_what_is_shown_means_the_same(richpod: Run) -> None:
    file = PROJECT / "examples/legacy-app/policy.yaml"
    ran = richpod("policy", "--policy", file)
    assert parse(ran.out).hash == parse(file.read_text()).hash


def test_json_and_yaml_are_the_same(richpod: Run) -> None:
    assert json.loads(richpod("policy", "-o", "json").out) == yaml.safe_load(richpod("policy").out)


def test_the_schema_names_every_section(richpod: Run) -> None:
    schema = json.loads(richpod("policy", "--schema").out)
    assert set(Policy().effective()) <= set(schema["properties"])
    assert yaml.safe_load(richpod("policy", "--schema", "-o", "yaml").out) == schema
