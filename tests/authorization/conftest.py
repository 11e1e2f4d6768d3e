"""One MariaDB for all tests of a process: each uses addresses and accounts of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authorization.mariadb import MariaDb, mariadb
from tests.authorization.services import Service, prepare, whitelist


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    with mariadb(tmp_path_factory.mktemp("mariadb")) as running:
        prepare(running)
        yield running


@pytest.fixture
def listed(database: MariaDb, tmp_path: Path) -> Iterator[Service]:
    """The white list in front of it."""
    with whitelist(tmp_path, database) as service:
        yield service
