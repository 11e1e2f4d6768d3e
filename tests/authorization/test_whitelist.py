"""The white list of the example, in front of a real MariaDB: who can log in is what counts."""

from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest

from tests.authorization.mariadb import MariaDb
from tests.authorization.services import PASSWORD, TOKEN, Service, Told, whitelist

BEARER = f"Bearer {TOKEN}"


def granted(service: Service, address: str, account: str = "shop") -> Told:
    return service.ask("PUT", f"/accounts/{account}/hosts/{quote(address, safe='')}", Authorization=BEARER)


def revoked(service: Service, address: str, account: str = "shop") -> Told:
    return service.ask("DELETE", f"/accounts/{account}/hosts/{quote(address, safe='')}", Authorization=BEARER)


def users(database: MariaDb) -> str:
    return database.administer("SELECT user, host FROM mysql.user ORDER BY user, host")


def refused(database: MariaDb, address: str) -> bool:
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        database.login("shop", PASSWORD, address)
    return True


def test_an_address_can_log_in_while_it_is_granted_and_no_other_can(listed: Service, database: MariaDb) -> None:
    assert refused(database, "127.0.1.1")
    assert granted(listed, "127.0.1.1") == (200, {"result": "granted"})
    with database.login("shop", PASSWORD, "127.0.1.1") as client, client.cursor() as cursor:
        cursor.execute("INSERT INTO shop.orders (book) VALUES (%s)", ("Emma",))
        assert cursor.execute("SELECT book FROM shop.orders") >= 1
    assert refused(database, "127.0.1.2")
    assert revoked(listed, "127.0.1.1") == (200, {"result": "revoked"})
    assert refused(database, "127.0.1.1")


def test_both_may_come_twice(listed: Service, database: MariaDb) -> None:
    assert [granted(listed, "127.0.2.1").status for _ in range(2)] == [200, 200]
    assert database.hosts("shop") == ["127.0.2.1"]
    assert [revoked(listed, "127.0.2.1").status for _ in range(2)] == [200, 200]
    assert database.hosts("shop") == []


def test_a_revoke_ends_the_connections_of_that_address_alone(listed: Service, database: MariaDb) -> None:
    granted(listed, "127.0.3.1"), granted(listed, "127.0.3.11")
    ended, kept = (database.login("shop", PASSWORD, address) for address in ("127.0.3.1", "127.0.3.11"))
    revoked(listed, "127.0.3.1")
    with pytest.raises(pymysql.OperationalError):
        ended.cursor().execute("SELECT 1")
    with kept, kept.cursor() as cursor:
        assert cursor.execute("SELECT 1") == 1
    revoked(listed, "127.0.3.11")


def test_it_grants_what_the_account_needs_and_no_more(listed: Service, database: MariaDb) -> None:
    granted(listed, "127.0.4.1")
    with database.login("shop", PASSWORD, "127.0.4.1") as client, client.cursor() as cursor:
        for forbidden in ("SELECT user FROM mysql.user", "DROP TABLE shop.orders", "CREATE USER other", "CREATE DATABASE other"):
            with pytest.raises(pymysql.MySQLError, match="denied"):
                cursor.execute(forbidden)
    revoked(listed, "127.0.4.1")


def test_the_underscore_of_a_name_stands_for_itself(database: MariaDb, tmp_path: Path) -> None:
    for name in ("shop_eu", "shopxeu"):
        database.administer(
            f"CREATE DATABASE {name}; GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO whitelist WITH GRANT OPTION"
        )
    with whitelist(tmp_path, database) as service:
        (tmp_path / "accounts/shop_eu").write_text(PASSWORD)
        assert granted(service, "127.0.5.1", "shop_eu").status == 200
        with database.login("shop_eu", PASSWORD, "127.0.5.1") as client, client.cursor() as cursor:
            cursor.execute("SHOW DATABASES")
            assert {name for (name,) in cursor.fetchall()} == {"information_schema", "shop_eu"}
        revoked(service, "127.0.5.1", "shop_eu")


@pytest.mark.parametrize("address", ["%", "10.1.%", "10.0.0.0/8", "localhost", "fe80::1%a", "010.0.0.1", "1'@'%", "", "_"])
def test_what_is_no_address_is_granted_to_nobody(listed: Service, database: MariaDb, address: str) -> None:
    before = users(database)
    assert granted(listed, address).status == revoked(listed, address).status == 400
    assert users(database) == before


@pytest.mark.parametrize("account", ["root", "whitelist", "Shop", "shop`", "shop'", "..%2Ftoken", "%25", "", "a" * 33])
def test_other_accounts_are_out_of_its_reach(listed: Service, database: MariaDb, account: str) -> None:
    before = users(database)
    for address in ("127.0.0.1", "127.0.6.1"):
        assert granted(listed, address, account).status in (400, 404)
        assert revoked(listed, address, account).status in (400, 404)
    assert users(database) == before


@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer other", TOKEN])
def test_a_caller_without_the_token_is_not_heard(listed: Service, database: MariaDb, said: str) -> None:
    assert listed.ask("PUT", "/accounts/shop/hosts/127.0.7.1", Authorization=said).status == 401
    assert database.hosts("shop") == []


def test_what_mariadb_refuses_is_told_without_secrets(
    database: MariaDb, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with whitelist(tmp_path, database) as service:
        (tmp_path / "accounts/foreign").write_text("unspeakable")
        assert granted(service, "127.0.8.1", "foreign") == (503, {"error": "MariaDB did not do it (error 1044)"})
        assert revoked(service, "127.0.8.1", "foreign").status == 200
    assert "unspeakable" not in "".join(capfd.readouterr())


def test_without_mariadb_it_says_so(database: MariaDb, tmp_path: Path) -> None:
    with whitelist(tmp_path, database, "--database-port=1") as service:
        assert granted(service, "127.0.9.1") == (503, {"error": "MariaDB did not do it (error 2003)"})
