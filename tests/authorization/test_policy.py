"""The gateway asks both services as the example's policy says."""

import asyncio
from pathlib import Path
from time import monotonic

import pymysql
import pytest

from tests.authorization.mariadb import MariaDb
from tests.authorization.services import EXAMPLE, PASSWORD, SECONDS, TOKEN, Service, acl, open_acl, policy
from webhook.gateway.grants.grant import Owner
from webhook.gateway.upstreams.template import ADDRESS, rendered, values
from webhook.gateway.upstreams.upstream import Upstreams
from webhook.gateway.world import Answer
from webhook.policy import Policy
from webhook.policy.file import load

GRANT, REVOKE = False, True
SHOP = Owner("legacy-shop", "shop-1", "u", "default", "shop")
QUICK = ("--delay=0.01", "--per-second=1000")


def answers(of: Policy, grant: str, address: str, *revokes: bool, token: str = TOKEN) -> list[Answer]:
    """What comes of these calls, one after another."""
    wanted = of.grants[grant]
    name = str(wanted.upstream)
    upstream = of.gateway.upstreams[name]
    given = {**values(SHOP, grant, wanted.values), ADDRESS: address}

    async def asked() -> list[Answer]:
        upstreams = Upstreams({name: upstream}, lambda _: {"Authorization": f"Bearer {token}"} if upstream.credentials else {})
        try:
            return [
                await upstreams(name, rendered(upstream.revoke if revoke else upstream.grant, given), revoke)
                for revoke in revokes
            ]
        finally:
            await upstreams.close()

    return asyncio.run(asked())


def entries(service: Service) -> list[str]:
    return [entry["address"] for entry in service.ask("GET", "/entries").body]


def test_it_is_one_with_every_kind_of_grant() -> None:
    known = load(str(EXAMPLE / "policy.yaml"))
    assert {grant.upstream for grant in known.grants.values()} == {"acl", "whitelist", None}
    assert known.grants["common"].ports


@pytest.mark.parametrize("address", ["10.1.2.3", "2001:db8::1"])
def test_the_list_grants_again_and_revokes_again(tmp_path: Path, address: str) -> None:
    with acl(tmp_path, *QUICK) as service:
        told = answers(policy(acl=service), "acl", address, GRANT, GRANT)
        assert entries(service) == [address]
        told += answers(policy(acl=service), "acl", address, REVOKE, REVOKE)
        assert entries(service) == []
    assert told == [Answer(True, f"it answered {status}") for status in (201, 200, 200, 200)]


def test_mariadb_is_open_from_the_grant_to_the_revoke(listed: Service, database: MariaDb) -> None:
    of, address = policy(whitelist=listed), "127.0.10.1"
    assert answers(of, "db", address, GRANT, GRANT) == [Answer(True, "it answered 200")] * 2
    database.login("shop", PASSWORD, address).close()
    assert answers(of, "db", address, REVOKE, REVOKE) == [Answer(True, "it answered 200")] * 2
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        database.login("shop", PASSWORD, address)


def test_what_the_services_refuse_is_a_no(listed: Service, tmp_path: Path) -> None:
    with acl(tmp_path, *QUICK, "--refuse=orders") as service:
        assert answers(policy(acl=service), "acl", "10.1.2.3", GRANT) == [Answer(False, "it answered 403")]
    stranger = answers(policy(whitelist=listed), "db", "127.0.11.1", GRANT, token="another")
    assert stranger == [Answer(False, "it answered 401")]


def test_nobody_knows_what_came_of_a_grant_that_is_answered_late() -> None:
    with open_acl(*QUICK, "--late=600") as service:
        assert answers(policy(1, acl=service), "acl", "10.1.2.3", GRANT) == [Answer(None, "no answer within 1 s")]
        end = monotonic() + SECONDS
        while entries(service) != ["10.1.2.3"]:
            assert monotonic() < end, "a call that was not waited for is done all the same"


def test_a_list_that_has_collapsed_says_nothing_that_can_be_relied_on(tmp_path: Path) -> None:
    with acl(tmp_path, "--delay=0.01", "--per-second=0", "--down=600") as service:
        told = answers(policy(acl=service), "acl", "10.1.2.3", GRANT, REVOKE)
        assert entries(service) == []
    assert told == [Answer(None, "it answered 500")] * 2
