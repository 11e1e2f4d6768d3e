"""What registries answer to strangers, and what hostile ones would have of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import BadImage
from webhook.images.challenge import Basic, Bearer, read

HUB = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"'
TOKEN = "https://auth.example/token"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HUB, Bearer("https://auth.docker.io/token", "registry.docker.io", "repository:library/nginx:pull")),
        (f'bearer REALM="{TOKEN}"', Bearer(TOKEN, "", "")),
        (f'Bearer realm="{TOKEN}", scope="repository:a:pull,push", service=reg', Bearer(TOKEN, "reg", "repository:a:pull,push")),
        (f'Bearer  realm = "{TOKEN}" , service = "a \\"b\\""', Bearer(TOKEN, 'a "b"', "")),
        ('Basic realm="Registry Realm"', Basic()),
        ("Basic", Basic()),
        (f'Negotiate, Basic realm="x", Bearer realm="{TOKEN}"', Basic()),
        (f'Negotiate abc=, Bearer realm="{TOKEN}"', Bearer(TOKEN, "", "")),
        (f'Digest realm="x", nonce="y", Bearer realm="{TOKEN}",service="s"', Bearer(TOKEN, "s", "")),
    ],
)
def test_the_first_that_is_understood_counts(header: str, expected: Basic | Bearer) -> None:
    assert read(header, encrypted=True) == expected


@pytest.mark.parametrize("header", ["", "Negotiate", "Bearer", 'Bearer service="x"', "\x00", "=", ",,,", '"Basic"'])
def test_who_says_nothing_that_is_understood(header: str) -> None:
    with pytest.raises(BadImage, match="not understood") as said:
        read(header, encrypted=True)
    assert str(said.value).isprintable()


@pytest.mark.parametrize(
    "url",
    [
        "http://auth.example/token",
        "https://registry.example@evil.example/token",
        "https:///token",
        "https://",
        "//auth.example/token",
        "file:///etc/passwd",
        "https://auth.example/#x",
        "https://auth.example/a b",
        "https://auth.example:99999/",
        "https://[::1/",
    ],
)
def test_a_password_goes_to_no_such_url(url: str) -> None:
    with pytest.raises(BadImage, match="no URL to send a password to"):
        read(f'Bearer realm="{url}"', encrypted=True)


def test_a_registry_that_is_called_in_clear_may_send_for_a_token_in_clear() -> None:
    """The policy names such registries one by one."""
    assert read('Bearer realm="http://auth.example/token"', encrypted=False) == Bearer("http://auth.example/token", "", "")


@given(st.text(alphabet='Baserilm ="\\,:/htp', max_size=200))
def test_any_header_is_read_or_told(header: str) -> None:
    try:
        found = read(header, encrypted=True)
    except BadImage:
        return
    assert isinstance(found, Basic | Bearer)


def test_a_long_header_is_read_in_time() -> None:
    """No word of a regular expression backtracks over another."""
    with pytest.raises(BadImage):
        read('Bearer realm="' + "\\" * 1_000_000, encrypted=True)
    with pytest.raises(BadImage):
        read("a " * 1_000_000, encrypted=True)
