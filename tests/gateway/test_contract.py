"""The contract with whoever writes another client: whose token it takes, and every answer there is."""

from typing import Any

import pytest

from tests.gateway.contract import contract

DOCUMENT = contract()
OPERATIONS = {path: methods["post"] for path, methods in DOCUMENT["paths"].items()}


def test_a_pod_shows_its_token() -> None:
    (scheme,) = DOCUMENT["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert [operation["security"] for operation in OPERATIONS.values()] == [[{"pod": []}]] * 2


@pytest.mark.parametrize(("path", "granted"), [("/authorize", "200"), ("/release", "202")])
def test_every_answer_is_told(path: str, granted: str) -> None:
    answers: dict[str, Any] = OPERATIONS[path]["responses"]
    assert {status: [*answer.get("headers", ())] for status, answer in answers.items()} == {
        granted: [],
        "401": ["WWW-Authenticate"],
        "403": [],
        "429": ["Retry-After"],
        "500": [],
        "503": ["Retry-After"],
    }
