"""The two images as archives: what is in them, and what is not. test_image_pods.py runs them."""

import os
import re
import subprocess
import sys
import tomllib
from ast import literal_eval
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from webhook import __version__

from . import image_contents, richpod_image, sharing
from .access import Cluster
from .image_contents import Contents
from .images import PROJECT, TOOLKIT
from .pins import CACHE
from .processes import run

pytestmark = pytest.mark.cluster

LABEL = "org.opencontainers.image."
BUILD_TOOLS = re.compile(
    r"(usr/(local/)?bin/(.*-)?(ar|as|cc|g\+\+|gcc|ld|make)(-\d+)?|opt/pip/.*|opt/.*/site-packages/(pip|setuptools|wheel)/.*)"
)
LEFT_OVER = re.compile(r"(etc/pip.conf|etc/ssl/.*|root/.*|src/.*|tmp/.*|var/cache/apt/.*|var/lib/apt/lists/.*|var/log/.*)")


@pytest.fixture(scope="module")
def richpod(cluster: Cluster) -> Contents:
    return image_contents.contents(_built("richpod"))


@pytest.fixture(scope="module")
def toolkit(cluster: Cluster) -> Contents:
    return image_contents.contents(_built("richpod_toolkit"))


@pytest.fixture(scope="module")
def added(richpod: Contents) -> dict[str, bytes]:
    """The files of the layers above the base."""
    return {path: content for layer in richpod.layers[1:] for path, content in image_contents.files(layer).items()}


@pytest.fixture(params=["richpod", "toolkit"])
def image(request: pytest.FixtureRequest) -> Contents:
    found: Contents = request.getfixturevalue(request.param)
    return found


def test_the_process_is_nobody_special(image: Contents) -> None:
    assert image.process["User"] == "65532:65532"


def test_the_entry_points(richpod: Contents, toolkit: Contents) -> None:
    assert (richpod.process["Entrypoint"], toolkit.process["Entrypoint"]) == (["richpod"], ["/bin/launch"])


def test_labels_say_what_it_is(image: Contents) -> None:
    labels = image.process["Labels"]
    assert labels[f"{LABEL}version"] == __version__
    assert labels[f"{LABEL}title"] in ("richpod", "richpod-toolkit")
    assert labels[f"{LABEL}licenses"].startswith("Apache-2.0")


def test_it_knows_the_well_known_authorities(richpod: Contents) -> None:
    """Whatever the base: registries are believed by them."""
    held = {path.removeprefix("./"): content for layer in richpod.layers for path, content in image_contents.files(layer).items()}
    assert b"BEGIN CERTIFICATE" in held["etc/ssl/certs/ca-certificates.crt"]


def test_no_setting_of_the_machine_that_built_it_stays(image: Contents) -> None:
    """PLANTED was among pip's settings and among the proxies' in every build."""
    texts = [image.manifest, image.config, *image.layers[1:]]
    for setting in (richpod_image.PLANTED, *_hosts_of_this_machine()):
        assert not any(setting.encode() in text for text in texts), setting


def test_no_tool_and_no_cache_of_the_build_stays(added: dict[str, bytes]) -> None:
    assert [path for path in added if BUILD_TOOLS.fullmatch(path)] == []
    assert [path for path, content in added.items() if content and LEFT_OVER.fullmatch(path)] == []


def test_packages_are_the_locked_ones_and_none_that_only_tests_need(added: dict[str, bytes]) -> None:
    locked = dict(line.split("==") for line in _lines(PROJECT / "requirements.lock") if "==" in line)
    found = [re.fullmatch(r"opt/richpod/.*/site-packages/(.+)-(.+)\.dist-info/METADATA", path) for path in added]
    installed = {_name(match[1]): match[2] for match in found if match}
    assert installed.pop("richpod") == __version__
    assert installed == {name: version for name, version in locked.items() if name in installed}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert {_name(asked) for asked in project["dependencies"]} <= installed.keys()
    assert {_name(asked) for asked in project["optional-dependencies"]["test"]}.isdisjoint(installed)


def test_everything_is_compiled_and_never_compared_with_its_source(added: dict[str, bytes]) -> None:
    """The second word of such a file is 1: a hash nobody checks (PEP 552). Times of sources change from one build to the next."""
    sources = {path for path in added if path.endswith(".py") and path.startswith("opt/richpod/lib")}
    compiled = {path: content for path, content in added.items() if path.endswith(".pyc")}
    of = {re.sub(r"__pycache__/(.+?)\.cpython-\d+\.pyc$", r"\1.py", path) for path in compiled}
    assert len(sources) > 1000
    assert sources <= of
    assert any(path.startswith("usr/lib/python3") for path in of)
    assert {content[4:8] for content in compiled.values()} == {b"\1\0\0\0"}


def test_the_toolkit_is_the_one_that_make_builds(toolkit: Contents, tmp_path: Path) -> None:
    files = {path: content for layer in toolkit.layers for path, content in image_contents.files(layer).items()}
    assert b"MIT" in files.pop("licenses/dumb-init")
    assert b"GNU General Public License" in files.pop("licenses/busybox")
    assert files.keys() == {
        str(path.relative_to(TOOLKIT)) for path in TOOLKIT.rglob("*") if path.is_file() and not path.is_symlink()
    }
    assert [image_contents.links(layer) for layer in toolkit.layers if image_contents.links(layer)] == [
        {"sbin/init": "../bin/launch"}
    ]
    for path, content in files.items():
        program = tmp_path / Path(path).name
        program.write_bytes(content)
        program.chmod(0o755)
        assert _version(program) == _version(TOOLKIT / path)


def test_nothing_is_built_again_while_nothing_changes(richpod: Contents) -> None:
    archive = CACHE / "images/richpod-test.tar"
    before = archive.stat().st_mtime_ns
    assert _built("richpod") == archive
    assert archive.stat().st_mtime_ns == before


def test_the_size(richpod: Contents, toolkit: Contents, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed. What is ours above the base: packages of Python, most of them the Kubernetes client's models, then lxcfs."""
    with capsys.disabled():
        for name, image in (("richpod", richpod), ("richpod-toolkit", toolkit)):
            layers = ", ".join(f"{len(layer) / 1e6:.1f}" for layer in image.layers)
            print(f"\n{name}: {image.size / 1e6:.1f} MB compressed; layers of {layers} MB, the base first where there is one")
    assert richpod.size < 150e6
    assert toolkit.size < 3e6


def _built(function: str) -> Path:
    with sharing.alone("images"):
        built: Path = getattr(richpod_image, function)(CACHE / "images").archive
    return built


def _hosts_of_this_machine() -> set[str]:
    """Hosts that pip, apt and proxies are told to use here."""
    settings = [literal_eval(line.partition("=")[2]) for line in run(sys.executable, "-m", "pip", "config", "list").splitlines()]
    settings += [value for name, value in os.environ.items() if name.lower().endswith("_proxy")]
    settings += run("apt-config", "dump").splitlines() + run("apt-get", "indextargets", "--format", "$(SITE)").splitlines()
    urls = re.findall(r"\w+://[^\s\"';]+", " ".join(settings))
    return {host for url in urls if (host := urlsplit(url).hostname)}


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def _name(asked: str) -> str:
    """Of a package, normalized, from a requirement or the name of a folder."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", asked)[0]).lower()


def _version(program: Path) -> str:
    word = {"dumb-init": "--version", "busybox": "--help"}.get(program.name, "version")
    done = subprocess.run([program, word], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr
