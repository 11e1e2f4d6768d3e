"""Images of every form, pushed to Debian's registry and looked up there."""

from collections.abc import Iterator

import pytest

from tests.registry.asking import LOOKUP, found, listed, told
from tests.registry.images import DOCKER, OCI, Form, image, index
from tests.registry.push import push
from tests.registry.server import Registry, registry
from webhook.images.choice import Choice, choice
from webhook.images.platform import allowed
from webhook.images.program import Program

SERVICE = {
    "Entrypoint": ["/bin/sh", "-c"],
    "Cmd": ["exec app $HOME"],
    "User": "app",
    "WorkingDir": "/srv",
    "StopSignal": "SIGQUIT",
}
SERVED = Program(("/bin/sh", "-c"), ("exec app $HOME",), "app", "/srv", "SIGQUIT")
APART = {"amd64": {"Cmd": ["/amd64/app", "-v"]}, "arm64": {"Cmd": ["/app"]}, "arm/v7": {"Cmd": ["/app"]}}
FORMS = pytest.mark.parametrize("form", [OCI, DOCKER], ids=["OCI", "Docker"])


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("held")) as running:
        yield running


@FORMS
@pytest.mark.parametrize("by", [":1", "@{digest}", ":1@{digest}", ":gone@{digest}"])
def test_an_image_of_one_platform_runs_the_same_everywhere(held: Registry, form: Form, by: str) -> None:
    digest = push(held, "team/app", image(SERVICE, [b"layer"], form), "1")
    assert found(listed(held), f"{held.host}/team/app{by.format(digest=digest)}") == {"": SERVED}


def test_without_tag_and_digest_it_is_the_latest(held: Registry) -> None:
    push(held, "team/tagged", image({"Cmd": ["new"]}), "latest")
    assert found(listed(held), f"{held.host}/team/tagged") == {"": Program((), ("new",))}


def test_an_image_may_say_nothing(held: Registry) -> None:
    push(held, "team/silent", image({}), "1")
    assert found(listed(held), f"{held.host}/team/silent:1") == {"": Program((), ())}


@FORMS
@pytest.mark.parametrize("by", [":1", "@{digest}"])
def test_an_index_whose_platforms_agree_is_one_argv(held: Registry, form: Form, by: str) -> None:
    digest = push(held, "team/same", index({"amd64": SERVICE, "arm64": SERVICE, "arm/v7": SERVICE}, [b"layer"], form), "1")
    programs = found(listed(held), f"{held.host}/team/same{by.format(digest=digest)}")
    assert programs == {"amd64": SERVED, "arm64": SERVED, "arm/v7": SERVED}
    assert choice(programs, None) == Choice(["/bin/sh", "-c", "exec app $HOME"], {})


@FORMS
def test_an_index_whose_platforms_differ_is_a_choice(held: Registry, form: Form) -> None:
    push(held, "team/apart", index(APART, form=form), "1")
    programs = found(listed(held), f"{held.host}/team/apart:1")
    assert programs == {
        "amd64": Program((), ("/amd64/app", "-v")),
        "arm64": Program((), ("/app",)),
        "arm/v7": Program((), ("/app",)),
    }
    assert choice(programs, None) == Choice(["/amd64/app", "-v", "/app", "/app"], {"amd64": 2, "arm64": 1, "arm": 1})


def test_one_platform_of_an_index_has_a_digest_of_its_own(held: Registry) -> None:
    both = index({"amd64": {"Cmd": ["a"]}, "arm64": {"Cmd": ["b"]}})
    push(held, "team/parts", both, "1")
    assert found(listed(held), f"{held.host}/team/parts@{both.images[1].digest}") == {"": Program((), ("b",))}


def test_what_a_pod_cannot_run_on_is_not_asked_for(held: Registry) -> None:
    apart = index(APART, form=DOCKER)
    push(held, "team/narrow", apart, "1")
    arm = allowed({"nodeSelector": {"kubernetes.io/arch": "arm64"}})
    assert found(listed(held), f"{held.host}/team/narrow:1", allowed=arm) == {"arm64": Program((), ("/app",))}
    manifests = [line.split()[1].rpartition("/")[2] for line in held.asked("GET /v2/team/narrow/manifests/", LOOKUP)]
    assert manifests == [apart.digest, apart.images[1].digest]


def test_where_no_platform_is_left_the_sentence_names_those_that_are_there(held: Registry) -> None:
    push(held, "team/elsewhere", index({"amd64": {}, "arm/v7": {}}), "1")
    mainframe = allowed({"nodeSelector": {"kubernetes.io/arch": "s390x"}})
    sentence = told(listed(held), f"{held.host}/team/elsewhere:1", allowed=mainframe)
    assert sentence == f"{held.host}/team/elsewhere:1 has no platform the pod may run on (linux/amd64, linux/arm/v7)"


def test_what_buildkit_puts_beside_an_image_is_no_platform(held: Registry) -> None:
    attested = index({"amd64": SERVICE}, attested=True)
    assert len(attested.images) == 2
    push(held, "team/attested", attested, "1")
    assert found(listed(held), f"{held.host}/team/attested:1") == {"amd64": SERVED}
    assert not held.asked(attested.images[1].digest, LOOKUP)


@pytest.mark.parametrize("missing", ["team/app:gone", "team/none:1", f"team/app@sha256:{'0' * 64}"])
def test_what_is_not_there_is_named(held: Registry, missing: str) -> None:
    push(held, "team/app", image(SERVICE), "1")
    assert f"{held.host} has no {missing}" in told(listed(held), f"{held.host}/{missing}")
