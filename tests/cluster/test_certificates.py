"""Certificates on a live API server, kept with exactly the rights of an installation; humans and others interfere."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from certs.authority import Pair, new_authority, new_leaf
from certs.bundle import split
from certs.certificate import problem, signed_by
from webhook.certificates.loop import BURST, WITHIN
from webhook.errors import ApiError

from .access import Cluster
from .certificates import NAMES, Ground, ground, rest
from .namespaces import Namespaces

pytestmark = pytest.mark.cluster
NOW = datetime.now(UTC)


@pytest.fixture
def place(api_server: Cluster, namespace: Namespaces) -> Iterator[Ground]:
    with ground(api_server, namespace()) as made:
        yield made


def events(place: Ground, event: str) -> list[str]:
    return [said.get("step", said.get("problem", "")) for said in place.said if said["event"] == event]


def good(place: Ground) -> bool:
    """One authority is trusted in every entry, and the stored pair is its own."""
    authority, serving = place.data(place.place.authority), place.data(place.place.serving)
    assert problem(Pair(serving["tls.crt"], serving["tls.key"]), NOW) == ""
    assert authority["previous.crt"] == b""
    assert serving["ca.crt"] == authority["tls.crt"]
    return place.bundles() == {authority["tls.crt"]} and signed_by(serving["tls.crt"], authority["tls.crt"])


def test_r77_an_installation_needs_no_other_right(place: Ground) -> None:
    rest(place.loop())
    assert good(place)
    assert events(place, "wrote") == ["authority", "bundle", "leaf"]
    assert events(place, "problem") == []


def test_r77_it_may_create_these_secrets_and_no_other(place: Ground) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other"}, "data": {}}
    for action in (
        lambda: place.user.apply(f"{place.place.secrets}/other", body, "richpod-certs", force=False),
        lambda: place.user.create(place.place.secrets, {**body, "metadata": {"name": place.place.serving}}),
        lambda: list(place.user.items(place.place.secrets)),
        lambda: list(place.user.watch(place.place.secrets, 1)),
        lambda: place.user.get("/api/v1/pods"),
    ):
        with pytest.raises(ApiError) as refused:
            action()
        assert refused.value.status == 403


def test_r77_it_may_watch_each_object_by_its_name(place: Ground) -> None:
    rest(place.loop())
    for path, name in place.place.objects:
        (seen,) = place.user.watch(path, 1, fieldSelector=f"metadata.name={name}")
        assert (seen["type"], seen["object"]["metadata"]["name"]) == ("ADDED", name)


def test_r65_edits_of_others_survive(place: Ground) -> None:
    term = {"matchExpressions": [{"key": "team", "operator": "Exists"}]}
    patch = [{"op": "replace", "path": "/webhooks/1/namespaceSelector", "value": term}]
    name = f"mutatingwebhookconfiguration/{place.place.configuration}"
    place.kubectl("patch", name, "--type=json", "-p", json.dumps(patch))
    rest(place.loop())
    assert good(place)
    assert place.entries()["two.richpod.io"]["namespaceSelector"] == term


@pytest.mark.parametrize("by", ["apply", "server-side apply"])
def test_r65_whoever_applies_the_configuration_may_add_and_remove_entries(place: Ground, by: str) -> None:
    """Server-side apply could not, if bundles were applied, too: a piece of the entry would stay, and the whole be refused."""
    place.kubectl("delete", "mutatingwebhookconfiguration", place.place.configuration)
    at = 0.0
    for names in (("one.richpod.io", "two.richpod.io"), ("one.richpod.io", "three.richpod.io"), ("three.richpod.io",)):
        place.configure(*names, by=by)
        assert tuple(place.entries()) == names
        at = rest(place.loop(), at)
        assert good(place)


def test_applying_the_configuration_again_takes_no_bundle_away(place: Ground) -> None:
    rest(place.loop())
    place.configure("one.richpod.io", "two.richpod.io")
    assert good(place)


def _delete(secret: str) -> Callable[[Ground], object]:
    return lambda place: place.kubectl("delete", "secret", secret)


def _half(secret: str) -> Callable[[Ground], object]:
    return lambda place: place.edit(secret, tls_crt=place.data(secret)["tls.crt"][:200])


def _mismatched(place: Ground) -> None:
    place.edit("richpod-tls", tls_key=place.data("richpod-authority")["tls.key"])


def _expired(place: Ground) -> None:
    then = NOW - timedelta(days=10)
    ended = new_leaf(new_authority("richpod", then, timedelta(days=9)), NAMES, then, timedelta(days=1))
    place.edit("richpod-tls", tls_crt=ended.certificate, tls_key=ended.key)


def _emptied(place: Ground) -> None:
    patch = [{"op": "remove", "path": f"/webhooks/{number}/clientConfig/caBundle"} for number in (0, 1)]
    place.kubectl("patch", f"mutatingwebhookconfiguration/{place.place.configuration}", "--type=json", "-p", json.dumps(patch))


@pytest.mark.parametrize(
    ("break_it", "written"),
    [
        (_delete("richpod-tls"), ["leaf"]),
        (_half("richpod-tls"), ["leaf"]),
        (_mismatched, ["leaf"]),
        (_expired, ["leaf"]),
        (_emptied, ["bundle"]),
        (_delete("richpod-authority"), ["authority", "bundle", "pods", "leaf", "authority", "bundle", "pods"]),
        (_half("richpod-authority"), ["authority", "bundle", "pods", "leaf", "authority", "bundle", "pods"]),
    ],
    ids=["leaf deleted", "leaf half", "leaf mismatched", "leaf expired", "bundle emptied", "authority deleted", "authority half"],
)
def test_what_somebody_broke_is_repaired_and_said_once(
    place: Ground, break_it: Callable[[Ground], object], written: list[str]
) -> None:
    loop = place.loop()
    at = rest(loop)
    trusted = place.bundles()
    place.said.clear()
    break_it(place)
    at = rest(loop, at + 60)
    assert good(place)
    assert events(place, "wrote") == written
    assert (place.bundles() == trusted) == ("authority" not in written)
    place.said.clear()
    assert rest(loop, at + 60) == at + 60
    assert place.said == []


def test_the_old_authority_is_trusted_until_the_replicas_have_settled(place: Ground) -> None:
    loop = place.loop()
    at = rest(loop)
    (old,) = place.bundles()
    place.kubectl("delete", "secret", place.place.authority)
    assert [loop.look(NOW, at + 60) for _ in range(2)] == [0, 0]
    (both,) = place.bundles()
    assert split(both)[1] == old
    assert place.data(place.place.authority)["previous.crt"] == old
    rest(loop, at + 60)
    (new,) = place.bundles()
    assert split(both) == (new, old)


def test_r64_of_two_that_create_at_once_one_wins(place: Ground) -> None:
    path = f"{place.place.secrets}/{place.place.authority}"
    body = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": place.place.authority}}
    place.user.apply(path, {**body, "data": {"tls.crt": "YQ==", "tls.key": "YQ=="}}, "richpod-certs-one", force=False)
    with pytest.raises(ApiError) as late:
        place.user.apply(path, {**body, "data": {"tls.crt": "Yg==", "tls.key": "Yg=="}}, "richpod-certs-two", force=False)
    assert late.value.status == 409
    assert place.data(place.place.authority)["tls.crt"] == b"a"


def test_r64_two_controllers_come_to_the_same_rest(place: Ground) -> None:
    one, two = place.loop("one"), place.loop("two")
    for at in range(0, 600, 30):
        one.look(NOW, at), two.look(NOW, at)
    assert good(place)
    assert events(place, "wrote") == ["authority", "bundle", "leaf"]


def test_whoever_fights_for_the_bundle_is_not_fought_at_full_speed(place: Ground) -> None:
    """For example cert-manager's injector, left behind by another installation: it writes as often as we do."""
    loop = place.loop()
    at = rest(loop)
    place.said.clear()
    for _ in range(25):
        place.user.merge(
            f"{place.place.configurations}/{place.place.configuration}",
            {"webhooks": [{"name": "one.richpod.io", "clientConfig": {"caBundle": "YQ=="}}]},
            "injector",
        )
        loop.look(NOW, at)
        at += 1
    assert 5 <= len(events(place, "wrote")) <= BURST
    assert len(events(place, "waiting")) == 1
    rest(loop, at + WITHIN)
    assert good(place)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_an_hour_off_does_not_matter(place: Ground, hours: int) -> None:
    wrong = NOW + timedelta(hours=hours)
    rest(place.loop(), now=wrong)
    assert good(place)
    place.said.clear()
    rest(place.loop(), now=NOW)
    assert events(place, "wrote") == []


def test_a_secret_that_nobody_may_change_is_told_once(place: Ground) -> None:
    place.kubectl("create", "secret", "generic", place.place.authority, "--from-literal=a=b")
    place.kubectl("patch", "secret", place.place.authority, "-p", '{"immutable":true}')
    loop = place.loop()
    for at in range(5):
        assert loop.look(NOW, at) > 0
    assert events(place, "problem") == ["refused"]
    place.kubectl("delete", "secret", place.place.authority)
    rest(loop, 10)
    assert events(place, "solved") == ["refused"]
    assert good(place)


def test_no_configuration_is_told_and_the_certificate_is_there_before_it(place: Ground) -> None:
    place.kubectl("delete", "mutatingwebhookconfiguration", place.place.configuration)
    loop = place.loop()
    at = rest(loop)
    assert events(place, "problem") == ["configuration"]
    place.configure("one.richpod.io")
    rest(loop, at)
    assert events(place, "solved") == ["configuration"]
    assert good(place)


def test_no_private_key_is_said(place: Ground) -> None:
    rest(place.loop())
    with pytest.raises(subprocess.CalledProcessError):
        place.kubectl("get", "secret", "no-such")
    assert "PRIVATE" not in json.dumps(place.said)
