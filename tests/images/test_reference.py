"""Names of images are read as container runtimes read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import BadImage
from webhook.images.reference import Reference, api_host, parse, untagged

HUB, SHA = "docker.io", "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", Reference(HUB, "library/nginx", "latest", "")),
        ("nginx:1.27", Reference(HUB, "library/nginx", "1.27", "")),
        ("team/app", Reference(HUB, "team/app", "latest", "")),
        ("docker.io/nginx", Reference(HUB, "library/nginx", "latest", "")),
        ("index.docker.io/team/app:1", Reference(HUB, "team/app", "1", "")),
        ("registry.example/app", Reference("registry.example", "app", "latest", "")),
        ("registry.example:5000/a/b/c:1", Reference("registry.example:5000", "a/b/c", "1", "")),
        ("registry.example:443/app", Reference("registry.example", "app", "latest", "")),
        ("Registry.example/app", Reference("registry.example", "app", "latest", "")),
        ("registry:443/app", Reference("registry:443", "app", "latest", "")),
        ("registry-1.docker.io/nginx", Reference(HUB, "library/nginx", "latest", "")),
        ("localhost/app", Reference("localhost", "app", "latest", "")),
        ("localhost:5000/app", Reference("localhost:5000", "app", "latest", "")),
        ("Registry/app", Reference("Registry", "app", "latest", "")),
        ("[fd00::1]:5000/app:2", Reference("[fd00::1]:5000", "app", "2", "")),
        (f"nginx@{SHA}", Reference(HUB, "library/nginx", "", SHA)),
        (f"nginx:1@{SHA}", Reference(HUB, "library/nginx", "1", SHA)),
        ("host:5000", Reference(HUB, "library/host", "5000", "")),
        ("a__b/c--d/e.f", Reference(HUB, "a__b/c--d/e.f", "latest", "")),
    ],
)
def test_a_name_is_completed(text: str, expected: Reference) -> None:
    assert parse(text) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "lower-case words"),
        ("Nginx", "lower-case words"),
        ("a//b", "lower-case words"),
        ("a/../b", "lower-case words"),
        ("a___b", "lower-case words"),
        ("registry.example/", "lower-case words"),
        ("/app", "lower-case words"),
        ("-x.example/app", "no host"),
        ("user:secret@registry.example/app", "digest"),
        ("registry.example?x/app", "no host"),
        ("nginx@sha256:abc", "digest"),
        ("nginx@md5:" + "a" * 32, "digest"),
        ("nginx:", "tag"),
        ("nginx:" + "a" * 129, "tag"),
        ("nginx:é", "tag"),
        ("a/" * 127 + "abc", "longer than 255"),
        ("A.b-" * 100_000, "longer than 255"),
        ("nginx\n", "lower-case words"),
        ("registry.example:999999/app", "no host"),
    ],
)
def test_what_is_no_name_is_told_why(text: str, why: str) -> None:
    with pytest.raises(BadImage, match=f"is no name of an image: .*{why}"):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_told_in_one_line(text: str) -> None:
    try:
        found = parse(text)
    except BadImage as error:
        said = str(error)
    else:
        said = str(found)
        assert parse(said) == found
        assert found.wanted
    assert said.isprintable()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nginx", "nginx"),
        ("nginx:1", "nginx"),
        ("r.example:5000/a/b", "r.example:5000/a/b"),
        ("r.example:5000/a/b:1", "r.example:5000/a/b"),
        ("r.example:5000/a/b:1@sha256:00", "r.example:5000/a/b"),
        ("a@sha256:00", "a"),
        ("", ""),
    ],
)
def test_tag_and_digest_are_taken_off_as_the_rest_is_written(text: str, name: str) -> None:
    assert untagged(text) == name


def test_docker_hub_is_called_elsewhere() -> None:
    assert api_host(HUB) == "registry-1.docker.io"
    assert api_host("registry.example:5000") == "registry.example:5000"
