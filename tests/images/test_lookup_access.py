"""Which credentials let a look-up in, at a registry that asks for passwords and at one that asks for tokens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.asking import found, listed, secret, told
from tests.registry.private import RUNS, WAYS, Private, by_token


@pytest.fixture(params=WAYS)
def private(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Private]:
    with WAYS[request.param](tmp_path) as running:
        yield running


def test_who_has_access_learns_what_an_image_runs(private: Private) -> None:
    for name in private.names:
        assert found(listed(private.registry), name, private.toms) == RUNS


def test_who_has_none_is_told_so(private: Private) -> None:
    name, registry = private.names[0], private.registry
    assert f"{registry.host} wants credentials for team/app:1" in told(listed(registry), name)
    assert f"{registry.host} refuses the credentials for team/app:1" in told(listed(registry), name, [secret(registry, "tim")])
    assert "refuses the credentials for " in told(listed(registry), name, [secret(registry, "tom", "wrong")])


def test_credentials_for_another_repository_are_not_used(private: Private) -> None:
    name, registry = private.names[0], private.registry
    assert found(listed(registry), name, [secret(registry, "tom", path="/team")]) == RUNS
    assert "wants credentials" in told(listed(registry), name, [secret(registry, "tom", path="/other")])


def test_one_secret_after_the_other_is_tried(private: Private) -> None:
    wrong = [secret(private.registry, "tim"), secret(private.registry, "tom", "wrong")]
    assert found(listed(private.registry), private.names[0], [*wrong, *private.toms]) == RUNS


def test_what_everybody_may_pull_needs_no_secret_and_one_token(tmp_path: Path) -> None:
    with by_token(tmp_path) as private:
        assert found(listed(private.registry), f"{private.registry.host}/team/public:1") == RUNS
        assert private.users == [""]


def test_one_token_is_enough_for_all_that_a_look_up_reads(tmp_path: Path) -> None:
    with by_token(tmp_path) as private:
        found(listed(private.registry), private.names[0], private.toms)
        assert private.users == ["tom"]
