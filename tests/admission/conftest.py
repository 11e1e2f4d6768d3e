"""One webhook process for all tests that only talk to it; tests that stop or break one start their own."""

from collections.abc import Iterator

import pytest

from tests.running import Files, Running, process

POLICY = """
profiles:
  strict: {onConflict: refuse, features: {init: launch}, allow: [init]}
  payments: {namespaces: [payments], features: {init: launch}}
  watched: {mode: audit, features: {init: launch}}
"""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("webhook"))


@pytest.fixture(scope="session")
def webhook(files: Files) -> Iterator[Running]:
    with process(files, POLICY) as (running, _):
        yield running
