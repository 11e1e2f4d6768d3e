"""Certificates for the registries of these tests."""

import os
from collections.abc import Iterator

import pytest

from tests.images.hostile import Identity


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity(tmp_path_factory.mktemp("registry"), "localhost", "127.0.0.2", "registry.example")


@pytest.fixture(scope="session", autouse=True)
def few_authorities() -> Iterator[None]:
    """Reading the machine's own takes longer than all the rest of a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            patch.setenv(name, os.devnull)
        yield
