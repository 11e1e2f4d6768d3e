"""`richpod image-map`: a real registry is asked once, and admission needs none from then on."""

import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_main import shell
from tests.cli.test_terminal import on_a_terminal
from tests.registry.images import image, index
from tests.registry.push import push
from tests.registry.server import PASSWORD, Registry, registry
from webhook.cli import image_map

Json = dict[str, Any]

SHOP = {"Entrypoint": ["/shop"], "Cmd": ["--port", "$(PORT)"], "User": "app", "WorkingDir": "/srv", "StopSignal": "SIGQUIT"}
SHOP_ENTRY = {
    "entrypoint": ["/shop"],
    "cmd": ["--port", "$(PORT)"],
    "user": "app",
    "workingDir": "/srv",
    "stopSignal": "SIGQUIT",
}
DIFFERENT = {"amd64": {"Entrypoint": ["/x86", "-v"]}, "arm64": {"Entrypoint": ["/arm"], "User": "7"}}
DIFFERENT_ENTRY = {"platforms": {"amd64": {"entrypoint": ["/x86", "-v"]}, "arm64": {"entrypoint": ["/arm"], "user": "7"}}}
VARIANTS = {"arm/v6": {"Cmd": ["/old"]}, "arm/v7": {"Cmd": ["/new"]}, "amd64": {"Cmd": ["/new"]}}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry that anybody may read."""
    with registry(tmp_path_factory.mktemp("shops")) as running:
        push(running, "shop", image(SHOP), "1")
        push(running, "cmd", image({"Cmd": ["/bin/sh", "-c", "date"]}), "1")
        push(running, "equal", index({"amd64": SHOP, "arm64": SHOP}, attested=True), "1")
        push(running, "different", index(DIFFERENT), "1")
        push(running, "variants", index(VARIANTS), "1")
        yield running


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One that wants to know who reads."""
    with registry(tmp_path_factory.mktemp("vault"), users=["alice"]) as running:
        push(running, "secret", image({"Entrypoint": ["/secret"]}), "1", user="alice")
        yield running


def policy(folder: Path, *registries: Registry, **images: Any) -> Path:
    """A file that names registries on this machine as ones that may be asked."""
    asked = {one.host: {"ca": one.authority, "addresses": ["127.0.0.0/8", "::1/128"]} for one in registries}
    (folder / "policy.yaml").write_text(json.dumps({"images": {"registries": asked, **images}}))
    return folder / "policy.yaml"


def pods(folder: Path, *images: str, **container: Any) -> Path:
    """A Deployment for each image, in one file."""
    texts = []
    for number, name in enumerate(images):
        template = {"spec": {"containers": [{"name": "app", "image": name, **container}]}}
        manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"app-{number}"}}
        texts.append(json.dumps({**manifest, "spec": {"template": template}}))
    (folder / "app.yaml").write_text("\n---\n".join(texts))
    return folder / "app.yaml"


def test_the_map_holds_what_each_image_runs(richpod: Run, shops: Registry, tmp_path: Path) -> None:
    shop, cmd = f"{shops.host}/shop:1", f"{shops.host}/cmd:1"
    ran = richpod("image-map", "-f", pods(tmp_path, shop, cmd, shop), "--policy", policy(tmp_path, shops))
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == {cmd: {"cmd": ["/bin/sh", "-c", "date"]}, shop: SHOP_ENTRY}


def test_an_image_is_asked_for_once_however_many_pods_run_it(richpod: Run, shops: Registry, tmp_path: Path) -> None:
    push(shops, "many", image(SHOP), "1")
    before = len(shops.asked("GET /v2/many/"))
    richpod("image-map", "-f", pods(tmp_path, *[f"{shops.host}/many:1"] * 9), "--policy", policy(tmp_path, shops))
    assert len(shops.asked("GET /v2/many/")) - before == 2, "a manifest and a configuration"


def test_platforms_that_agree_are_one_entry_and_others_are_not(richpod: Run, shops: Registry, tmp_path: Path) -> None:
    equal, different = f"{shops.host}/equal:1", f"{shops.host}/different:1"
    ran = richpod("image-map", "-f", pods(tmp_path, equal, different), "--policy", policy(tmp_path, shops))
    assert json.loads(ran.out) == {different: DIFFERENT_ENTRY, equal: SHOP_ENTRY}


def test_a_clusters_architectures_are_the_only_ones(richpod: Run, shops: Registry, tmp_path: Path) -> None:
    different, variants = f"{shops.host}/different:1", f"{shops.host}/variants:1"
    only = policy(tmp_path, shops, architectures=["amd64"])
    ran = richpod("image-map", "-f", pods(tmp_path, different, variants), "--policy", only)
    assert ran.code == 0
    assert json.loads(ran.out) == {different: DIFFERENT_ENTRY["platforms"]["amd64"], variants: {"cmd": ["/new"]}}


def test_a_private_image_is_read_with_the_users_own_credentials(richpod: Run, vault: Registry, tmp_path: Path) -> None:
    secret, file = f"{vault.host}/secret:1", tmp_path / "config.json"
    auth = b64encode(f"alice:{PASSWORD}".encode()).decode()
    file.write_text(json.dumps({"auths": {vault.host: {"auth": auth}, "other.example": {"auth": "?"}}}))
    words = ("image-map", "-f", pods(tmp_path, secret), "--policy", policy(tmp_path, vault))
    ran = richpod(*words, "--registry-credentials", file)
    assert (ran.code, json.loads(ran.out)) == (0, {secret: {"entrypoint": ["/secret"]}})
    assert ran.err == "richpod: no name and password can be read for other.example\n"
    ran = richpod(*words)
    assert (ran.code, json.loads(ran.out)) == (1, {})
    assert PASSWORD not in ran.err


# --- what cannot be told ---


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
    assert second == (
        f"{app}:5: document 3: {place} {variants}: the image runs different programs on variants of arm, which no map tells apart"
    )


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


# --- wrong usage ---


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


# --- people ---


def test_a_person_who_waits_sees_a_bar_and_a_pipe_does_not(richpod: Run, tmp_path: Path) -> None:
    app = pods(tmp_path, "127.0.0.1:1/shop:1")
    assert "asking registries" in on_a_terminal("image-map", "-f", str(app), TERM="xterm")
    assert "asking" not in richpod("image-map", "-f", app).err


def test_the_examples_of_the_help_work(shops: Registry, tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text("{}")
    pods(tmp_path, f"{shops.host}/shop:1").rename(tmp_path / "manifests/app.yaml")
    pods(tmp_path, f"{shops.host}/shop:1")
    policy(tmp_path, shops)
    shown = re.findall(r"^  (richpod image-map .+)$", shell("richpod image-map --help").stdout, re.MULTILINE)
    assert len(shown) >= 2
    for example in shown:
        ran = shell(f"export HOME={tmp_path}; cd {tmp_path}; {example}")
        assert ran.returncode == 0, ran.stderr
        written = (tmp_path / "map.json").read_text() if " -o " in example else ran.stdout
        assert json.loads(written) == {f"{shops.host}/shop:1": SHOP_ENTRY}


# --- admission without a registry ---


def test_with_the_map_pods_get_their_init_where_no_registry_is(richpod: Run, tmp_path: Path) -> None:
    with registry(tmp_path / "registry") as gone:
        push(gone, "shop", image(SHOP), "1")
        push(gone, "different", index(DIFFERENT), "1")
        app = pods(tmp_path, f"{gone.host}/shop:1", f"{gone.host}/different:1")
        words = ("image-map", "-f", app, "--policy", policy(tmp_path, gone))
        assert richpod(*words, "-o", tmp_path / "map.json").code == 0
    offline = tmp_path / "offline.yaml"
    offline.write_text(f"images:\n  map: {(tmp_path / 'map.json').read_text()}")
    ran = richpod("dry-run", "-f", app, "--policy", offline, "--strict")
    assert ran.code == 0
    commands = [one["value"] for patch in ran.lines for one in patch if one["path"] == "/spec/containers/0/command"]
    launch = "/.richpod/bin/launch"
    assert commands == [
        [launch, "--", "/shop", "--port", "$$(PORT)"],
        [launch, "--by-architecture", "amd64=2,arm64=1", "--", "/x86", "-v", "/arm"],
    ]
    assert richpod("image-map", "-f", app, "--policy", offline).code == 1, "who refreshes a map asks again"
