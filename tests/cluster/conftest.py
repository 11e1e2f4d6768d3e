"""Fixtures of all tests that need a cluster.

Where no cluster can be started, tests are skipped with the reason; in CI (environment variable CI) they fail with it.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from tests.authorization.services import Service
from tests.authorization.services import acl as running_acl
from webhook.admission.entries import INJECT

from . import images, lifecycle, sharing, standalone
from . import richpod_image as images_of_richpod
from .access import Cluster
from .authorizing import Authorizing, listing
from .gateways import Ground, ground
from .installation import Installation, installed
from .java import java
from .layout import NODE, OWN
from .listing import policy
from .namespaces import Namespaces, namespaces
from .patient import Patient, patient
from .pins import BINARIES, CACHE
from .rich import INITS, Place, opted_in


@pytest.fixture(scope="session")
def api_server() -> Iterator[Cluster]:
    """For tests that only admit objects: the whole node's API server, or one alone if KUBEBUILDER_ASSETS names its programs."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if reason := standalone.missing(Path(assets)) if assets else lifecycle.missing():
        unavailable(f"{reason}; KUBEBUILDER_ASSETS = {assets}")
    with standalone.api_server(Path(assets)) if assets else sharing.shared(OWN) as running:
        yield running


@pytest.fixture(scope="session")
def cluster(api_server: Cluster) -> Cluster:
    """For tests in which pods run: a whole node."""
    if api_server.layout is None:
        unavailable("needs a node; KUBEBUILDER_ASSETS asks for an API server alone")
    return api_server


@pytest.fixture(scope="session")
def quick_restarts(cluster: Cluster) -> None:
    """For tests of crashing containers: the kubelet starts them again after a second at most."""
    configuration = json.loads(cluster.kubectl("get", f"--raw=/api/v1/nodes/{NODE}/proxy/configz"))["kubeletconfig"]
    period = configuration.get("crashLoopBackOff", {}).get("maxContainerRestartPeriod")
    if period != "1s":
        unavailable(f"the running cluster restarts containers after up to {period}, not 1s (option --restart-period)")


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder with the programs of an API server alone."""
    found = Path(os.environ.get("KUBEBUILDER_ASSETS", BINARIES))
    if reason := standalone.missing(found):
        unavailable(reason)
    return found


@pytest.fixture(scope="module")
def alone(assets: Path) -> Iterator[Cluster]:
    """An API server of the test module's own."""
    with standalone.api_server(assets) as running:
        yield running


@pytest.fixture(scope="module")
def healthy(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    """richpod on an API server of its own, for faults to be planted."""
    with patient(assets, tmp_path_factory.mktemp("patient")) as found:
        yield found


@pytest.fixture(scope="module")
def installation(
    request: pytest.FixtureRequest, cluster: Cluster, richpod_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """richpod as an administrator installs it, with the policy that the test module calls POLICY."""
    with installed(cluster, request.module.POLICY, tmp_path_factory.mktemp("installation")) as found:
        yield found


@pytest.fixture(scope="module")
def acl(cluster: Cluster) -> Iterator[Service]:
    """What the gateway of `authorizing` asks: it is there until nothing is held for anybody any more."""
    with listing() as service:
        yield service


@pytest.fixture(scope="module")
def authorizing(acl: Service, installation: Installation, toolkit: str) -> Authorizing:
    """richpod with a gateway; the test module's POLICY is one of `authorizing.policy`."""
    found = Authorizing(installation, acl)
    found.ready()
    return found


@pytest.fixture
def let_in(authorizing: Authorizing, namespace: Namespaces) -> Place:
    """A namespace whose pods ask the gateway."""
    return Place(authorizing.cluster, namespace({INJECT: "true"}))


@pytest.fixture
def namespace(api_server: Cluster) -> Iterator[Namespaces]:
    with namespaces(api_server) as make:
        yield make


@pytest.fixture(scope="module")
def labels(
    request: pytest.FixtureRequest, cluster: Cluster, toolkit: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Labels of namespaces whose pods are sent to a webhook with the policy that the test module calls POLICY."""
    with opted_in(cluster, request.module.POLICY, tmp_path_factory.mktemp("webhook")) as opted:
        yield opted


@pytest.fixture
def rich(cluster: Cluster, labels: dict[str, str], namespace: Namespaces) -> Place:
    """A namespace whose pods are sent to the webhook."""
    return Place(cluster, namespace(labels))


@pytest.fixture(scope="module")
def box(request: pytest.FixtureRequest, cluster: Cluster, labels: dict[str, str]) -> Iterator[Place]:
    """The namespace that the test module calls NAMESPACE, for machines."""
    with namespaces(cluster) as make:
        yield Place(cluster, make(labels, request.module.NAMESPACE))


@pytest.fixture
def plain(cluster: Cluster, namespace: Namespaces) -> Place:
    """A namespace whose pods are not."""
    return Place(cluster, namespace())


@pytest.fixture(params=INITS)
def init(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _image(build: Callable[[Path], images.Image]) -> object:
    """A fixture: the name of the image, which is loaded."""

    @pytest.fixture(scope="session")
    def loaded(cluster: Cluster) -> str:
        return _loaded(cluster, build)

    return loaded


busybox = _image(images.busybox)
static = _image(images.static)
debian = _image(images.debian)
machine = _image(images.machine)
old_machine = _image(images.old_machine)
ancient = _image(images.ancient)
sysv = _image(images.sysv)
busybox_init = _image(images.busybox_init)
toolkit = _image(images.toolkit)
richpod_image = _image(images_of_richpod.richpod)


@pytest.fixture(scope="session")
def java_image(cluster: Cluster) -> str:
    for program in ("javac", "jdb", "jlink"):
        if not shutil.which(program):
            unavailable(f"not installed: {program} (run tests/cluster/packages.sh)")
    return _loaded(cluster, java)


@pytest.fixture(scope="session")
def other_version(cluster: Cluster, richpod_image: str) -> str:
    """Tag of an image of the same code that says to be of another version."""
    return _loaded(cluster, partial(images_of_richpod.of_version, "0.1.1-rc.1")).rpartition(":")[2]


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Service]:
    """The list of the example, which bears what tests ask of it, for one test."""
    with running_acl(tmp_path, "--per-second=1000", "--delay=0.2") as service:
        yield service


@pytest.fixture
def site(assets: Path, listed: Service, tmp_path: Path) -> Iterator[Ground]:
    """An API server with the gateway's objects, for one test that spoils it."""
    with standalone.api_server(assets) as cluster, ground(cluster, tmp_path, policy(listed), "shop") as found:
        yield found


def unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _loaded(cluster: Cluster, build: Callable[[Path], images.Image]) -> str:
    folder = CACHE / "images"
    with sharing.alone("images"):
        folder.mkdir(exist_ok=True)
        image = build(folder)
        cluster.load(image.archive)
    return image.name
