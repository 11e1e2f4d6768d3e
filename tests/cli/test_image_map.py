"""`richpod image-map`: a real registry is asked once, and admission needs none from then on."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.images import DIFFERENT, DIFFERENT_ENTRY, SHOP, SHOP_ENTRY, VARIANTS, pods, policy
from tests.cli.test_main import shell
from tests.cli.test_terminal import on_a_terminal
from tests.registry.images import image, index
from tests.registry.push import push
from tests.registry.server import PASSWORD, Registry, registry


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
