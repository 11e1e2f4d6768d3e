"""`richpod image-map` where an image cannot be told: which one, where it stands and why, and the others all the same."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.images import SHOP, SHOP_ENTRY, VARIANTS, pods, policy
from tests.registry.images import image, index
from tests.registry.push import push
from tests.registry.server import Registry, registry
from webhook.cli import image_map


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry that anybody may read."""
    with registry(tmp_path_factory.mktemp("shops")) as running:
        push(running, "shop", image(SHOP), "1")
        push(running, "variants", index(VARIANTS), "1")
        yield running


def test_the_rest_is_written_where_an_image_is_missing(richpod: Run, shops: Registry, tmp_path: Path) -> None:
    shop, missing, variants = (f"{shops.host}/{name}:1" for name in ("shop", "missing", "variants"))
    app = pods(tmp_path, shop, missing, variants, missing)
    ran = richpod("image-map", "-f", app, "--policy", policy(tmp_path, shops), "-o", tmp_path / "map.json")
    assert (ran.code, ran.out) == (1, "")
    assert json.loads((tmp_path / "map.json").read_text()) == {shop: SHOP_ENTRY}
    first, second = ran.err.splitlines()
    place = "spec.template.spec.containers[0].image"
    assert first.startswith(f"{app}:3: document 2: {place} {missing}: ")
    assert first.endswith(" (and in 1 more place)")
    assert second == f"{app}:5: document 3: {place} {variants}: the image runs different programs on variants of arm"


def test_what_is_no_name_of_an_image_is_told_like_one_that_is_missing(richpod: Run, tmp_path: Path) -> None:
    ran = richpod("image-map", "-f", pods(tmp_path, "shop/Web"))
    assert (ran.code, ran.out) == (1, "{}\n")
    assert "shop/Web is no name of an image" in ran.err


def test_registries_that_no_policy_lists_are_asked_with_the_defaults(richpod: Run, shops: Registry, tmp_path: Path) -> None:
    """Which never lead to this machine itself."""
    ran = richpod("image-map", "-f", pods(tmp_path, f"{shops.host}/shop:1"))
    assert ran.code == 1
    assert "127.0.0.1 is this machine itself" in ran.err


def test_a_registry_that_never_answers_is_not_waited_for(richpod: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_map, "SECONDS", 0.2)
    with create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        ran = richpod(
            "image-map", "-f", pods(tmp_path, f"{host}/shop:1"), "--policy", policy(tmp_path, Registry(host, "", tmp_path))
        )
    assert ran.code == 1
    assert "did not answer within 0.2 s" in ran.err


def test_several_are_asked_at_once_and_not_all(richpod: Run, tmp_path: Path) -> None:
    """The registry answers nobody before eight wait, and leaves a ninth the time to come."""
    waiting, lock, eight, ninth = [0], threading.Lock(), threading.Event(), threading.Event()

    class Waiting(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            with lock:
                waiting[0] += 1
                for reached, number in ((eight, image_map.AT_ONCE), (ninth, image_map.AT_ONCE + 1)):
                    if waiting[0] == number:
                        reached.set()
            assert eight.wait(20)
            ninth.wait(0.3)
            with lock:
                waiting[0] -= 1
            self.send_error(404)

        def log_message(self, *words: Any) -> None:
            """Nothing is said."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Waiting) as server:
        threading.Thread(target=server.serve_forever).start()
        hosts = [f"{name}:{server.server_port}" for name in ("127.0.0.1", "localhost")]
        listed = {host: {"plainHttp": True, "addresses": ["127.0.0.0/8", "::1/128"]} for host in hosts}
        (tmp_path / "policy.yaml").write_text(json.dumps({"images": {"registries": listed}}))
        app = pods(tmp_path, *(f"{host}/shop:{n}" for host in hosts for n in range(image_map.AT_ONCE)))
        ran = richpod("image-map", "-f", app, "--policy", tmp_path / "policy.yaml")
        server.shutdown()
    assert ran.err.count(" has no shop:") == len(hosts) * image_map.AT_ONCE, ran.err
    assert eight.is_set()
    assert not ninth.is_set()


def test_without_anything_to_ask_the_map_is_empty(richpod: Run, tmp_path: Path) -> None:
    ran = richpod("image-map", "-f", pods(tmp_path, "shop", command=["/shop"]))
    assert (ran.code, ran.out) == (0, "{}\n")
    assert ran.err == "richpod: no container in the input leaves it to its image what is run\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-f", "no.yaml"], "no.yaml: No such file or directory"),
        (["-f", "bad.yaml"], "bad.yaml:2: document 1: not YAML"),
        (["-f", "app.yaml", "--policy", "no.yaml"], "no.yaml: No such file or directory"),
        (["-f", "app.yaml", "--registry-credentials", "no.json"], "no.json: No such file or directory"),
        (["-f", "app.yaml", "--registry-credentials", "bad.yaml"], "bad.yaml: the file of credentials is no JSON"),
        (["-f", "app.yaml", "-o", "no/map.json"], "no/map.json: No such file or directory"),
        (["-o", "map.json"], "arguments are required: -f/--filename"),
    ],
)
def test_wrong_usage_asks_no_registry(
    richpod: Run, shops: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pods(tmp_path, f"{shops.host}/shop:1")
    (tmp_path / "bad.yaml").write_text("a: [")
    policy(tmp_path, shops)
    before = shops.asked()
    ran = richpod("image-map", "--policy", "policy.yaml", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert shops.asked() == before
