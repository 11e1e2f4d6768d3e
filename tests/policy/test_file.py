"""Every mistake in a policy is one line: file, line, path, what to write instead."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webhook.errors import BadPolicy
from webhook.policy import Policy
from webhook.policy.file import load, parse

BUSTED = sorted((Path(__file__).parent / "busted").glob("*.yaml"))


@pytest.mark.parametrize("file", BUSTED, ids=lambda file: file.stem)
def test_a_broken_policy_says_what_where_and_what_instead(file: Path) -> None:
    """Each file begins with the lines that it must be answered with, one for each mistake in it."""
    text = file.read_text()
    expected = [line.removeprefix("# ") for line in text.splitlines() if line.startswith(f"# {file.stem}")]
    assert expected
    with pytest.raises(BadPolicy) as raised:
        parse(text, file.stem)
    assert str(raised.value).splitlines() == expected


@pytest.mark.parametrize("text", ["", "{}", "# nothing but a comment\n", "---\n", "profiles: {}"])
def test_an_empty_file_is_the_policy_of_all_defaults(text: str) -> None:
    assert parse(text) == Policy()


def test_the_policy_of_the_documentation_is_read() -> None:
    policy = parse(
        """
        kubernetes: "1.33"
        toolkit: {delivery: copy}
        lxcfs: {path: /var/lib/richpod/lxcfs, nodeSelector: {}}
        fixedIP: {annotation: cni.projectcalico.org/ipAddrs, form: json-list, pools: {shop: [198.51.100.0/28]}}
        runtimes: {gvisor: {class: gvisor, kind: gvisor}}
        profiles:
          default: {features: {init: launch, lxcfs: true}, allow: [init, lxcfs, volumes]}
          secure: {features: {runtime: gvisor}, required: [runtime], namespaces: [payments], mode: enforce, onConflict: skip}
        """
    )
    assert policy.profiles["secure"].required == ["runtime"]
    assert str(policy.fixed_ip and policy.fixed_ip.pools["shop"][0]) == "198.51.100.0/28"


def test_an_anchor_may_be_used_again() -> None:
    policy = parse("profiles:\n  a: &a {features: {init: launch}}\n  b: *a\n")
    assert policy.profiles["a"] == policy.profiles["b"]


@given(st.text(max_size=40) | st.text("{}[]:,&*!|>'\"%@`#-?\n\t az0", max_size=40))
@example("{[]: 1}")
@example("? {a: b}\n: c")
@example("&a [*a]")
@example("<<: {kubernetes: '1.34'}")
@example("a: 2024-13-45")
@example("a: !!timestamp x")
@example("a: !!bool x")
@example("a: !!float x")
@example('a: !!int ""')
@example("!!int x: 1")
@example(f"a: {'9' * 5000}")
@example("[" * 200_000)
@example("a: {" * 200_000)
@example(
    "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(12)).replace("*a", "1")
)
@example("kubernetes: " + "1:" * 180 + "1.5")
@example("a\nb: 1")
@example('"a\\nFORGED:1: b": 1')
def test_any_text_is_a_policy_or_a_bad_policy(text: str) -> None:
    """Whatever the file holds, a person is told: no traceback."""
    with suppress(BadPolicy):
        parse(text)


def test_a_file_is_read_as_utf_8_whatever_the_locale_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    file = tmp_path / "policy.yaml"
    file.write_text("# für alle\nmirrors: {docker.io/: m.example/}\n", encoding="utf-8")
    assert load(str(file)).mirrors == {"docker.io/": "m.example/"}


@pytest.mark.parametrize(
    ("content", "sentence"), [(None, "No such file or directory"), ("# f\u00fcr".encode("latin-1"), "not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    file = tmp_path / "policy.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadPolicy) as raised:
        load(str(file))
    assert str(raised.value).startswith(f"{file}: {sentence}")
