"""A login shell sees the pod's environment, and nothing that comes from a Secret."""

from typing import Any

import pytest

from webhook.admission.login import login_options

Json = dict[str, Any]


def plain(name: str, value: str = "x") -> Json:
    return {"name": name, "value": value}


def secret(name: str) -> Json:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}


FROM_SECRET = [{"secretRef": {"name": "s"}}]


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({}, []),
        ({"env": [plain("A")]}, []),
        ({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]}, []),
        ({"env": [plain("A"), secret("B"), secret("C")]}, ["--hide", "B,C"]),
        ({"env": [secret("B"), plain("URL", "user:$(B)@host"), plain("MORE", "$(URL)")]}, ["--hide", "B,MORE,URL"]),
        ({"env": [secret("B"), plain("B")]}, []),
        ({"env": [secret("a.b")]}, ["--hide", ""]),
        ({"envFrom": [{"configMapRef": {"name": "c"}}]}, []),
        ({"envFrom": FROM_SECRET}, ["--show", ""]),
        ({"envFrom": FROM_SECRET, "env": [plain("A"), secret("B"), plain("C", "$(KEY)"), plain("D", "$(A)")]}, ["--show", "A,D"]),
    ],
)
def test_what_comes_from_a_secret_is_hidden(container: Json, expected: list[str]) -> None:
    assert login_options(container) == expected
