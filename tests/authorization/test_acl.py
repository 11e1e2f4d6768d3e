"""The access control list of the example, over TLS."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.authorization.services import SECONDS, Service, acl

QUICK = ("--delay=0.01", "--per-second=1000")


def granted(service: Service, address: str = "10.1.2.3", rule: str = "orders") -> int:
    return service.ask("POST", "/entries", {"rule": rule, "address": address}).status


def revoked(service: Service, address: str = "10.1.2.3", rule: str = "orders") -> int:
    return service.ask("DELETE", f"/entries/{address}?rule={rule}").status


def entries(service: Service) -> list[tuple[str, str]]:
    return [(entry["rule"], entry["address"]) for entry in service.ask("GET", "/entries").body]


def test_an_entry_is_there_from_its_grant_to_its_revoke_and_both_may_come_twice(tmp_path: Path) -> None:
    with acl(tmp_path, *QUICK) as service:
        assert [granted(service), granted(service), granted(service, "2001:db8::1")] == [201, 200, 201]
        assert entries(service) == [("orders", "10.1.2.3"), ("orders", "2001:db8::1")]
        assert [revoked(service, rule="stock"), revoked(service), revoked(service)] == [200, 200, 200]
        assert entries(service) == [("orders", "2001:db8::1")]


def test_it_remembers_what_it_went_through(tmp_path: Path) -> None:
    begun = time.time()
    with acl(tmp_path, "--delay=0.2", "--refuse=stock") as service:
        assert [granted(service), granted(service, rule="stock"), revoked(service)] == [201, 403, 200]
        history = service.ask("GET", "/history").body
        stats = service.ask("GET", "/stats").body
    said = [(one["call"], one["rule"], one["address"], one["status"]) for one in history]
    assert said == [
        ("POST", "orders", "10.1.2.3", 201),
        ("POST", "stock", "10.1.2.3", 403),
        ("DELETE", "orders", "10.1.2.3", 200),
    ]
    times = [moment for one in history for moment in (one["begun"], one["at"])]
    assert times == sorted(times)
    assert begun <= times[0] <= times[-1] <= time.time()
    assert all(one["at"] - one["begun"] >= 0.05 for one in history)
    assert stats == {"mostPerSecond": stats["mostPerSecond"], "calls": {"POST": 2, "DELETE": 1}, "collapses": 0}
    assert 1 <= stats["mostPerSecond"] <= 3


def test_a_rule_that_it_refuses_gets_no_entry(tmp_path: Path) -> None:
    with acl(tmp_path, *QUICK, "--refuse=stock", "--refuse=till") as service:
        assert [granted(service, rule=rule) for rule in ("stock", "till", "orders")] == [403, 403, 201]
        assert entries(service) == [("orders", "10.1.2.3")]
        assert revoked(service, rule="stock") == 200


def test_above_its_ceiling_all_on_their_way_are_lost_and_later_it_recovers(tmp_path: Path) -> None:
    with acl(tmp_path, "--per-second=1", "--delay=8", "--down=1") as service:
        with ThreadPoolExecutor(8) as callers:
            statuses = [*callers.map(lambda number: granted(service, f"10.0.0.{number}"), range(8))]
        assert set(statuses) == {500}
        assert entries(service) == []
        stats = service.ask("GET", "/stats").body
        assert (stats["collapses"] >= 1, stats["mostPerSecond"] > 1, stats["calls"]) == (True, True, {"POST": 8})
        assert granted(service) == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/entries", {"rule": "orders", "address": "10.0.0.0/8"}, 400),
        ("POST", "/entries", {"rule": "orders", "address": "010.0.0.1"}, 400),
        ("POST", "/entries", {"rule": "orders", "address": "fe80::1%eth0"}, 400),
        ("POST", "/entries", {"rule": "orders", "address": None}, 400),
        ("POST", "/entries", {"rule": "orders"}, 400),
        ("POST", "/entries", ["orders"], 400),
        ("DELETE", "/entries/10.1.2.3", None, 404),
        ("DELETE", "/entries/all?rule=orders", None, 400),
        ("PUT", "/entries", None, 404),
        ("GET", "/", None, 404),
    ],
)
def test_what_is_no_call_does_nothing(tmp_path: Path, method: str, path: str, body: object, status: int) -> None:
    with acl(tmp_path, *QUICK) as service:
        assert service.ask(method, path, body).status == status
        assert service.ask("GET", "/stats").body == {"mostPerSecond": 0, "calls": {}, "collapses": 0}


def test_a_body_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    with acl(tmp_path, *QUICK) as service:
        assert service.ask("POST", "/entries", **{"Content-Length": "70000"}).status == 413


def test_whoever_stops_in_a_handshake_stops_nobody_else(tmp_path: Path) -> None:
    with acl(tmp_path, *QUICK) as service, socket.create_connection((service.address, service.port), SECONDS):
        assert granted(service) == 201
