"""Where a registry's name, or a redirect of it, must not lead."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.images.destination import NEVER, refused

METADATA = ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254")


@pytest.mark.parametrize("address", METADATA)
def test_a_metadata_service_is_told_as_what_it_is(address: str) -> None:
    assert refused(address, ()) == f"{address} is a cloud's metadata service"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "169.254.0.1",
        "fe80::1",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
    ],
)
def test_addresses_that_trust_whoever_reaches_them_are_refused(address: str) -> None:
    assert refused(address, ())


@pytest.mark.parametrize("address", ["fd00:ec2::254", "fe80::1", "::1", "64:ff9b::a9fe:a9fe"])
def test_a_zone_leads_nowhere_else(address: str) -> None:
    assert refused(f"{address}%1", ()) == refused(address, ())


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "172.16.0.1", "fd12::1", "203.0.113.9", "2001:db8::1", "8.8.8.8"])
def test_private_and_public_networks_may_be_called(address: str) -> None:
    assert refused(address, ()) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_the_policy_may_name_a_network(address: str) -> None:
    assert refused(address, [ip_network("127.0.0.0/8")]) == ""
    assert refused(address, [ip_network("10.0.0.0/8"), ip_network("::1/128")])


def test_networks_for_firewalls_are_refused_and_hold_every_metadata_service() -> None:
    for network in NEVER:
        assert refused(str(network[0]), ())
        assert refused(str(network[-1]), ())
    for address in METADATA:
        assert any(ip_address(address) in network for network in NEVER)


@given(st.ip_addresses(v=4, network="127.0.0.0/8") | st.ip_addresses(v=4, network="169.254.0.0/16"))
def test_no_other_way_to_write_it_leads_there(address: object) -> None:
    assert refused(str(address), ())
    assert refused(f"::ffff:{address}", ())
    assert refused(f"64:ff9b::{address}", ())
