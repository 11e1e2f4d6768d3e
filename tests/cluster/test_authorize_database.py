"""A real MariaDB lets a pod in from its grant to its end, and nobody else at that address before or after."""

import json
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from tests.authorization.mariadb import MariaDb, mariadb
from tests.authorization.services import PASSWORD, TOKEN, Service, prepare, whitelist
from webhook.admission.entries import INJECT
from webhook.installation import NAMESPACE

from .access import Cluster, Object
from .fixed_address import ANNOTATION
from .installation import Installation, installed
from .layout import OWN, PODS
from .namespaces import Namespaces
from .pods import pod
from .processes import run, until

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

ADDRESS = "198.18.0.245"
CLIENT = """
import sys, pymysql
try:
    connection = pymysql.connect(host=sys.argv[1], port=int(sys.argv[2]), user="shop", password=sys.argv[3], autocommit=True)
except pymysql.OperationalError as error:
    sys.exit(f"refused ({error.args[0]})")
with connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO shop.orders (book) VALUES ('Emma')")
    cursor.execute("SELECT CURRENT_USER()")
    print("logged in as", *cursor.fetchone())
"""


@pytest.fixture(scope="module")
def unmasked(cluster: Cluster) -> Iterator[None]:
    """This machine sees pods under their own addresses, which the test cluster hides otherwise."""
    rule = ("POSTROUTING", "--source", PODS, "--destination", OWN.host, "--jump", "ACCEPT")
    cluster.on_node("iptables", "--table", "nat", "--insert", *rule)
    run("ip", "route", "add", PODS, "via", OWN.node)
    yield
    run("ip", "route", "delete", PODS, "via", OWN.node)
    cluster.on_node("iptables", "--table", "nat", "--delete", *rule)


@pytest.fixture(scope="module")
def database(cluster: Cluster, unmasked: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    with mariadb(tmp_path_factory.mktemp("mariadb"), cluster.host) as running:
        prepare(running)
        yield running


@pytest.fixture(scope="module")
def installation(
    cluster: Cluster, database: MariaDb, richpod_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Whose gateway asks the white list of the database, with the token of a Secret."""
    with whitelist(tmp_path_factory.mktemp("whitelist"), database, address=cluster.host) as service:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "whitelist", "namespace": NAMESPACE}}
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        cluster.apply(secret | {"stringData": {"Authorization": f"Bearer {TOKEN}"}})
        with installed(cluster, policy(service), tmp_path_factory.mktemp("installation")) as found:
            yield found


def policy(service: Service) -> str:
    call = {"method": "PUT", "url": f"{service.url}/accounts/${{account}}/hosts/${{address}}"}
    asked = {"grant": call, "revoke": {**call, "method": "DELETE"}, "credentials": "whitelist", "ca": service.authority}
    whole = {
        "kubernetes": "1.36",
        "image": {"prefix": "localhost", "tag": "test"},
        "gateway": {"upstreams": {"whitelist": asked}},
        "grants": {"db": {"upstream": "whitelist", "values": {"account": "shop"}}},
        "profiles": {"default": {"features": {"authorize": ["db"]}}},
    }
    return json.dumps(whole)


def client(namespace: str, image: str, database: MariaDb, name: str) -> Object:
    """Always at ADDRESS. Its library is this machine's."""
    words = (database.address, str(database.port), PASSWORD.replace("$", "$$"))
    made = pod(namespace, image, "/opt/richpod/bin/python3", "-c", CLIENT, *words)
    made["metadata"] |= {"name": name, "annotations": {ANNOTATION: json.dumps([ADDRESS])}}
    library = Path(pymysql.__file__).parent
    made["spec"]["volumes"] = [{"name": "library", "hostPath": {"path": str(library)}}]
    made["spec"]["containers"][0] |= {
        "env": [{"name": "PYTHONPATH", "value": "/library"}],
        "volumeMounts": [{"name": "library", "mountPath": "/library/pymysql", "readOnly": True}],
    }
    return made


def test_a_pod_logs_in_while_it_is_granted_and_nobody_before_or_after_it(
    installation: Installation, database: MariaDb, namespace: Namespaces, richpod_image: str
) -> None:
    cluster, plain, let_in = installation.cluster, namespace(), namespace({INJECT: "true"})

    def printed(where: str, name: str) -> str:
        """By a client that has the address no more afterwards."""
        said = cluster.output(client(where, richpod_image, database, name))
        cluster.kubectl("-n", where, "delete", "pod", name)
        return said

    assert printed(plain, "before") == "refused (1045)\n"
    assert printed(let_in, "subject") == f"logged in as shop@{ADDRESS}\n"
    until("the end of its entry", lambda: database.hosts("shop") == [], 10)
    assert printed(plain, "after") == "refused (1045)\n"
