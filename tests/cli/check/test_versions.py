"""Versions and policies that do not go together."""

from typing import Any

import pytest

from tests.cli.check.healthy import POLICY, deployment, facts, line, replica, said
from webhook import __version__
from webhook.cli.check.facts import Facts
from webhook.cli.manifests.policy import config_map_name
from webhook.errors import BadPolicy
from webhook.policy import Policy
from webhook.policy.cluster import Image


@pytest.mark.parametrize(("minor", "result"), [("32", "problem"), ("33", "ok"), ("34+", "ok"), ("40", "ok")])
def test_the_api_server_is_not_older_than_the_policy_says(minor: str, result: str) -> None:
    (finding,) = line("kubernetes", facts(version={"major": "1", "minor": minor})).findings
    assert finding.result == result
    assert finding.fix == ('kubernetes: "1.32"' if result == "problem" else "")


def test_an_api_server_that_says_no_version_is_unknown() -> None:
    assert line("kubernetes", facts(version={"major": "1", "minor": ""})).result == "unknown"


def test_an_api_server_that_is_too_old_for_richpod_is_not_written_into_the_policy() -> None:
    (finding,) = line("kubernetes", facts(version={"major": "1", "minor": "29"})).findings
    assert finding.sentence == "the API server is 1.29, and richpod needs 1.30 or newer"
    assert finding.fix == "upgrade the API server to 1.30"


def running(*images: str) -> Any:
    found = deployment(POLICY, 0, available=2)
    found["spec"]["template"]["spec"]["containers"] = [{"name": f"c{i}", "image": image} for i, image in enumerate(images)]
    return facts(webhook=found)


WANTED = f"ghcr.io/richpod/richpod:{__version__}"


def test_a_deployment_runs_the_image_of_the_policy() -> None:
    assert line("version", running(WANTED)).result == "ok"
    assert line("version", running(f"{WANTED}@sha256:0")).result == "ok"
    assert line("version", running("istio/proxyv2:1", WANTED)).result == "ok", "what a mesh adds is not ours"
    sentence = f"Deployment richpod-webhook runs mirror/richpod:0.0.1, the policy says {WANTED}"
    assert said("version", running("mirror/richpod:0.0.1")) == [("problem", sentence)]


def test_a_command_of_another_version_says_so() -> None:
    sentence = f"this command is version {__version__}, the cluster runs 9.9.9: what they render and say may differ"
    assert said("version", tagged("9.9.9")) == [("warning", sentence)]


def test_a_tag_that_is_no_version_is_told_and_compared_with_nothing() -> None:
    sentence = f"the cluster runs the image tagged stable, this command is version {__version__}"
    assert said("version", tagged("stable")) == [("ok", sentence)]
    assert said("version", tagged(f"v{__version__}")) == [("ok", f"cluster and command are version {__version__}")]


def tagged(tag: str) -> Facts:
    return facts(POLICY.model_copy(update={"image": Image(tag=tag)}))


def test_a_broken_policy_in_the_cluster_is_one_problem_and_ends_no_other_check() -> None:
    broken = facts(running=BadPolicy("ConfigMap richpod-system/richpod-policy-0: line 3: no such key\nand more"))
    ((result, sentence),) = said("policy", broken)
    assert result == "problem"
    assert sentence.endswith("whose replicas cannot start: ConfigMap richpod-system/richpod-policy-0: line 3: no such key")
    assert line("replicas", broken).result == line("configuration", broken).result == "ok"


def test_a_policy_file_that_the_cluster_does_not_run() -> None:
    assert said("policy", facts(running=Policy(), webhook=deployment(Policy(), 0, available=2))) == [
        ("problem", f"the cluster runs policy {Policy().hash}, the file is {POLICY.hash}"),
        ("problem", f"replica replica-1 runs {config_map_name(POLICY)}, the Deployment says {config_map_name(Policy())}"),
    ]


def test_a_replica_that_was_left_behind() -> None:
    old = replica("richpod-policy-0", "old")
    sentence = f"replica old runs richpod-policy-0, the Deployment says {config_map_name(POLICY)}"
    assert said("policy", facts(own_pods=[replica(config_map_name(POLICY)), old])) == [("problem", sentence)]


@pytest.mark.parametrize("name", ["version", "policy", "replicas"])
def test_where_nothing_is_installed_it_says_how(name: str) -> None:
    (finding,) = line(name, facts(webhook=None, certs=None, running=None)).findings
    assert finding.result == "problem"
    assert finding.fix == "richpod manifests --policy FILE | kubectl apply -f -"
