"""One webhook process for all tests that only talk to it."""

from collections.abc import Iterator

import pytest

from tests.running import Files, Running, process


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("serving"))


@pytest.fixture(scope="session")
def webhook(files: Files) -> Iterator[Running]:
    with process(files) as (running, _):
        yield running
