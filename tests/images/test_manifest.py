"""Manifests of every form that registries serve, and of those that hostile ones do."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import BadImage
from webhook.images.manifest import ACCEPTED, MOST, Index, Manifest, read, verify
from webhook.images.platform import Platform

OCI, DOCKER = "application/vnd.oci.image", "application/vnd.docker.distribution.manifest"
A, B, C = (f"sha256:{digit * 64}" for digit in "abc")


def manifest(kind: str, **changes: Any) -> bytes:
    return json.dumps(
        {"schemaVersion": 2, "mediaType": kind, "config": {"digest": A, "size": 7}, "layers": [], **changes}
    ).encode()


def entry(digest: str, os: str = "linux", architecture: str = "amd64", **more: Any) -> dict[str, Any]:
    return {
        "mediaType": f"{OCI}.manifest.v1+json",
        "digest": digest,
        "platform": {"os": os, "architecture": architecture},
        **more,
    }


def index(*entries: Any, kind: str = f"{OCI}.index.v1+json") -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()


@pytest.mark.parametrize("kind", [f"{OCI}.manifest.v1+json", f"{DOCKER}.v2+json"])
def test_a_manifest_names_its_configuration(kind: str) -> None:
    assert read(kind, manifest(kind)) == Manifest(A)
    assert read(f"{kind}; charset=utf-8", manifest(kind)) == Manifest(A)
    assert read("application/octet-stream", manifest(kind)) == Manifest(A)


def test_where_a_manifest_says_nothing_the_header_does() -> None:
    """OCI's mediaType may be left out."""
    kind = f"{OCI}.manifest.v1+json"
    assert read(kind, json.dumps({"schemaVersion": 2, "config": {"digest": A}}).encode()) == Manifest(A)


@pytest.mark.parametrize("kind", [f"{OCI}.index.v1+json", f"{DOCKER}.list.v2+json"])
def test_an_index_names_a_manifest_for_each_platform(kind: str) -> None:
    arm = entry(C, architecture="arm")
    arm["platform"]["variant"] = "v6"
    found = read(kind, index(entry(A), entry(B, architecture="arm64"), arm, kind=kind))
    assert found == Index({Platform("linux", "amd64"): A, Platform("linux", "arm64"): B, Platform("linux", "arm", "v6"): C})


def test_what_is_not_for_a_machine_is_passed_over() -> None:
    attestation = entry(B, os="unknown", architecture="unknown")
    noted = entry(C, architecture="arm64", annotations={"vnd.docker.reference.type": "attestation-manifest"})
    nested = entry(C, architecture="s390x", mediaType=f"{OCI}.index.v1+json")
    assert read("", index(attestation, noted, nested, entry(A))) == Index({Platform("linux", "amd64"): A})


def test_of_twins_the_first_counts() -> None:
    assert read("", index(entry(A), entry(B, architecture="x86_64"))) == Index({Platform("linux", "amd64"): A})


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (f"{DOCKER}.v1+prettyjws", b'{"schemaVersion": 1}', "schema 1"),
        ("application/json", b'{"schemaVersion": 1, "fsLayers": []}', "schema 1"),
        ("text/html", b"<html>", "no JSON"),
        ("application/json", b"{}", "unknown kind: application/json"),
        ("", b"{}", "unknown kind: none is said"),
        ("", b'{"mediaType": ["\\u001b"]}', "unknown kind"),
        (f"{OCI}.index.v1+json", manifest(f"{OCI}.manifest.v1+json"), "by its registry and .* by itself"),
        ("", manifest(f"{OCI}.manifest.v1+json", config=None), "no digest"),
        ("", manifest(f"{OCI}.manifest.v1+json", config={"digest": "sha256:../../x"}), "no digest"),
        ("", index(), "no platform"),
        ("", index("x"), "no manifest"),
        ("", index(entry("md5:1")), "no digest"),
        ("", index({**entry(A), "platform": "linux"}), "no manifest"),
        ("", index({**entry(A), "platform": {"os": 1, "architecture": "amd64"}}), "no word"),
        ("", index(entry(A, architecture="a" * 33)), "no word"),
        ("", index(entry(A, architecture="amd64=1,arm64")), "no word"),
        ("", json.dumps({"mediaType": [[]] * 50_000}).encode(), "more than 50000 maps and lists"),
        ("", index(*[entry(A)] * (MOST + 1)), f"at most {MOST}"),
        ("", json.dumps({"mediaType": f"{OCI}.index.v1+json", "manifests": {}}).encode(), f"at most {MOST}"),
    ],
)
def test_what_is_no_manifest_is_told_why(kind: str, body: bytes, why: str) -> None:
    with pytest.raises(BadImage, match=f"the image's .*{why}") as said:
        read(kind, body)
    assert str(said.value).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([A, "linux", "amd64", *ACCEPTED]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["mediaType", "manifests", "config", "digest", "platform", "os", "annotations"]), inner)
    ),
    max_leaves=12,
)


@given(st.sampled_from(["", *ACCEPTED]), JSON)
def test_whatever_a_registry_answers_is_read_or_told(kind: str, said: Any) -> None:
    try:
        found = read(kind, json.dumps(said).encode())
    except BadImage:
        return
    assert isinstance(found, Manifest | Index)


def test_what_was_sent_is_what_was_asked_for() -> None:
    body = b"{}"
    for algorithm in ("sha256", "sha512"):
        verify(body, f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}")
    with pytest.raises(BadImage, match=f"is not {A}"):
        verify(body, A)
