"""A white list in front of MariaDB: an account of a database that may log in from the addresses that are granted, and no other.

`PUT /accounts/shop/hosts/10.1.2.3` makes the user `'shop'@'10.1.2.3'`, who has the account's password and works in the database
`shop`; `DELETE` drops it and ends its connections. Both may come twice. Who calls says `Authorization: Bearer TOKEN`.
"""

import re
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import closing
from hmac import compare_digest
from pathlib import Path
from typing import Any

import pymysql
from pymysql.connections import Connection

from examples.authorization.service import Bad, Call, address, arguments, serve

USER = "whitelist"
"""Who it is to MariaDB; database.sql says what it may do there."""
ACCOUNT = re.compile(r"[a-z][a-z0-9_]{0,31}")
SECONDS = 5
"""In which MariaDB must answer."""
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


class Whitelist:
    """`passwords`: a folder with a file for each account, as a mounted Secret is; `token`: the file of what callers say."""

    def __init__(self, connect: Callable[[], Connection], passwords: Path, token: Path) -> None:
        self._connect, self._passwords, self._token = connect, passwords, token

    def __call__(self, call: Call) -> tuple[int, Any]:
        if not compare_digest(call.headers.get("Authorization", "").encode(), f"Bearer {_line(self._token)}".encode()):
            raise Bad(401, "the token is not the one that is known here")
        match call:
            case Call("PUT", ("accounts", account, "hosts", host)):
                self._grant(account, address(host), self._password(account))
                return 200, {"result": "granted"}
            case Call("DELETE", ("accounts", account, "hosts", host)):
                self._password(account)
                self._revoke(account, address(host))
                return 200, {"result": "revoked"}
        raise Bad(404, "there are PUT and DELETE /accounts/ACCOUNT/hosts/ADDRESS")

    def _password(self, account: str) -> str:
        """Raises Bad for an account that is none of these: there is no way here to MariaDB's own."""
        if not ACCOUNT.fullmatch(account):
            raise Bad(400, "not the name of an account; write at most 32 lower-case letters, digits and underscores")
        try:
            return _line(self._passwords / account)
        except FileNotFoundError:
            raise Bad(404, f"there is no account {account}") from None

    def _grant(self, account: str, host: str, password: str) -> None:
        # `_` stands for any character in the name of a database that is granted.
        database = account.replace("_", r"\_")
        self._do(
            ("CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", account, host, password),
            (f"GRANT {RIGHTS} ON `{database}`.* TO %s@%s", account, host),
        )

    def _revoke(self, account: str, host: str) -> None:
        """Dropping a user leaves its connections open. First nobody comes in any more, and then whoever is in goes."""
        self._do(("DROP USER IF EXISTS %s@%s", account, host), ("KILL CONNECTION USER %s@%s", account, host))

    def _do(self, *statements: tuple[str, ...]) -> None:
        try:
            with closing(self._connect()) as connection, connection.cursor() as cursor:
                for statement, *values in statements:
                    cursor.execute(statement, values)
        except pymysql.MySQLError as error:
            # Its sentence may quote a statement, and that a password.
            raise Bad(503, f"MariaDB did not do it (error {error.args[0]})") from None


def _line(file: Path) -> str:
    return file.read_text().removesuffix("\n")


def main() -> None:
    parser = ArgumentParser(prog="whitelist", description="Says from which addresses accounts of MariaDB may log in.")
    arguments(parser)
    parser.add_argument("--token", type=Path, metavar="FILE", required=True, help="what callers must say")
    parser.add_argument("--passwords", type=Path, metavar="FOLDER", required=True, help="a file for each account")
    parser.add_argument("--database-host", default="127.0.0.1", help="where MariaDB listens (default: 127.0.0.1)")
    parser.add_argument("--database-port", type=int, default=3306, help="(default: 3306)")
    parser.add_argument("--database-password", type=Path, metavar="FILE", required=True, help=f"of the user {USER}")
    options = parser.parse_args()

    def connect() -> Connection:
        return pymysql.connect(
            host=options.database_host,
            port=options.database_port,
            user=USER,
            password=_line(options.database_password),
            connect_timeout=SECONDS,
            read_timeout=SECONDS,
            autocommit=True,
        )

    serve(Whitelist(connect, options.passwords, options.token), options)


if __name__ == "__main__":
    main()
