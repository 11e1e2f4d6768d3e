"""What an image says that it runs, and what of it a pod must say so that the same runs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import BadImage
from webhook.images.document import LARGEST
from webhook.images.program import Program, argv, program


def configuration(**config: Any) -> bytes:
    return json.dumps({"architecture": "amd64", "os": "linux", "config": config}).encode()


def test_everything_that_a_container_starts_with_is_read() -> None:
    said = configuration(
        Entrypoint=["/start"], Cmd=["--fast"], User="app:100", WorkingDir="/srv", StopSignal="SIGQUIT", Env=["A=1"]
    )
    assert program(said) == Program(("/start",), ("--fast",), "app:100", "/srv", "SIGQUIT")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"config": null}', configuration(), configuration(Entrypoint=None, Cmd=None, User=None)]
)
def test_what_is_not_said_is_empty(body: bytes) -> None:
    assert program(body) == Program((), ())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"),
        (b"[]", "no JSON object"),
        (b"[" * 40_000, "no JSON"),
        (b" " * (LARGEST + 1), "larger than 1 MiB"),
        (b'{"config": []}', "no map `config`"),
        (configuration(Cmd="sh"), "a Cmd that is no list of words"),
        (configuration(Entrypoint=["/a", 1]), "an? Entrypoint that is no list of words"),
        (configuration(User=0.5), "a User that is no text"),
    ],
)
def test_what_is_no_configuration_is_told_why(body: bytes, why: str) -> None:
    with pytest.raises(BadImage, match=f"the image's configuration .*{why}"):
        program(body)


BOTH = Program(("/start", "now"), ("--fast",))


@pytest.mark.parametrize(
    ("image", "args", "expected"),
    [
        (BOTH, None, ["/start", "now", "--fast"]),
        (BOTH, [], ["/start", "now", "--fast"]),
        (BOTH, ["--slow"], ["/start", "now"]),
        (Program(("/start",), ()), None, ["/start"]),
        (Program((), ("sh", "-c", "x")), None, ["sh", "-c", "x"]),
        (Program((), ("sh",)), ["/own"], []),
    ],
)
def test_the_rules_of_kubernetes_decide_what_stands_before_args(
    image: Program, args: list[str] | None, expected: list[str]
) -> None:
    assert argv(image, args) == expected


def test_an_image_that_runs_nothing_is_told() -> None:
    with pytest.raises(BadImage, match="neither ENTRYPOINT nor CMD"):
        argv(Program((), ()), None)


def expanded(text: str) -> str:
    """As the kubelet expands it where every name is known (third_party/forked/golang/expansion)."""
    found, cursor, checkpoint = "", 0, 0
    while cursor < len(text):
        if text[cursor] == "$" and cursor + 1 < len(text):
            found += text[checkpoint:cursor]
            rest = text[cursor + 1 :]
            end = rest.find(")") if rest[0] == "(" else -1
            if rest[0] == "$":
                piece, taken = "$", 1
            elif rest[0] == "(" and end > 0:
                piece, taken = "EXPANDED", end + 1
            else:
                piece, taken = f"${rest[0]}", 1
            found += piece
            cursor += taken
            checkpoint = cursor + 1
        cursor += 1
    return found + text[checkpoint:]


def test_the_expansion_of_these_tests_is_the_kubelets() -> None:
    """Cases of its own tests."""
    cases = {
        "$(A)": "EXPANDED",
        "$$(A)": "$(A)",
        "$$$(A)": "$EXPANDED",
        "$A": "$A",
        "$(A": "$(A",
        "$": "$",
        "a$$": "a$",
        "$()": "EXPANDED",
    }
    assert {text: expanded(text) for text in cases} == cases


@given(st.text(alphabet="$()A b{", max_size=12))
def test_the_kubelet_gives_an_images_words_back_as_they_were(word: str) -> None:
    (escaped,) = argv(Program((word,), ()), None)
    assert expanded(escaped) == word


def test_what_is_only_a_shells_stays_readable() -> None:
    assert argv(Program(("sh", "-c", "echo $HOME ${A} $(date)"), ()), None)[2] == "echo $HOME ${A} $$(date)"
