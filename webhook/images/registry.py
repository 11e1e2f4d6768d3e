"""The edge to registries, and the only file that knows its HTTP client: one answer to one request, within bounds.

Whoever answers may send anything, and names lead where their owner wants: addresses are judged after each resolution, bodies
are cut, redirects are the caller's business.
"""

import asyncio
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from socket import AddressFamily
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from webhook import __version__
from webhook.errors import BadImage
from webhook.images.destination import Network, refused
from webhook.images.document import LARGEST
from webhook.images.exchange import Response
from webhook.printable import cause, one_line

CONNECTIONS = 24
"""To one registry at once."""
CALLS = 500
"""Of one registry, those that wait for a connection included: each takes 12 KiB, and pods may name images without end."""
NAMES = 16
"""That wait to be resolved: a registry and whatever it sends on to are few."""
CONNECT_SECONDS = 3
"""For one connection: a mirror that is down must leave time for the registry."""


_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
"""What OpenSSL says where the answer was none of TLS; of all else it is no remedy to go without."""


class Settings(NamedTuple):
    """How one registry is asked: its mirrors' hosts, PEM of authorities, addresses that are else refused, without TLS."""

    mirrors: tuple[str, ...] = ()
    ca: str = ""
    addresses: tuple[Network, ...] = ()
    plain_http: bool = False


class Client:
    """For one registry and its mirrors: connections are its own. To be used on one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._allowed = settings.addresses
        self._calls = 0
        context = ssl.create_default_context()
        if settings.ca:
            context.load_verify_locations(cadata=settings.ca)
        connector = aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS, resolver=_Judging(settings.addresses))
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"richpod/{__version__}", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            auto_decompress=False,
        )

    async def fetch(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        """Raises BadImage where there is no answer, or none of bearable size."""
        host = one_line(urlsplit(url).hostname or url)
        if self._calls == CALLS:
            raise BadImage(f"{host} is asked for too many images at once; try again")
        self._calls += 1
        try:
            return await self._fetch(method, url, headers, host)
        finally:
            self._calls -= 1

    async def _fetch(self, method: str, url: str, headers: Mapping[str, str], host: str) -> Response:
        try:
            target = URL(url, encoded=True)
            # The client resolves no name that is an address already.
            _judge(host, target.host or "", self._allowed)
            async with self._session.request(method, target, headers=headers, allow_redirects=False) as response:
                return Response(response.status, response.headers, await _body(response, host))
        except aiohttp.ClientConnectorCertificateError as error:
            said = one_line(str(error.certificate_error))
            raise BadImage(f"{host} is not trusted; set images.registries.HOST.ca ({said})") from None
        except aiohttp.ClientConnectorDNSError:
            raise BadImage(f"the name {host} cannot be resolved") from None
        except aiohttp.ClientConnectorSSLError as error:
            reason = getattr(error.os_error, "reason", None) or ""
            if reason in _PLAIN:
                raise BadImage(f"{host} speaks no TLS; if meant, set images.registries.HOST.plainHttp") from None
            raise BadImage(f"{host}:{error.port} agrees on no TLS: {one_line(reason) or type(error.os_error).__name__}") from None
        except aiohttp.ClientConnectorError as error:
            raise BadImage(f"{host}:{error.port} cannot be reached: {cause(error.os_error)}") from None
        except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError):
            # Their messages quote it, and it may quote a password.
            raise BadImage(f"what {host} answers is no HTTP, or breaks off") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise BadImage(f"{host} cannot be asked: {one_line(str(error)) or type(error).__name__}") from None

    async def close(self) -> None:
        await self._session.close()


async def _body(response: aiohttp.ClientResponse, host: str) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise BadImage(f"{host} answers compressed, which nobody asked for")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            response.close()
            raise BadImage(f"{host} answers with more than {LARGEST >> 20} MiB")
    return bytes(body)


def _judge(name: str, address: str, allowed: tuple[Network, ...]) -> None:
    """Raises BadImage for an address that must not be called; a name is none."""
    try:
        ip_address(address)
    except ValueError:
        # The HTTP client resolves no digits, and the system reads 2130706433 and 127.1 as 127.0.0.1.
        if ":" in address or address.replace(".", "").isdigit():
            raise BadImage(f"{name} is no address in its usual form") from None
        return
    if why := refused(address, allowed):
        said = why if name == address else f"{name}: {why}"
        raise BadImage(f"{said}; if meant, list it in images.registries.HOST.addresses")


class _Judging(AbstractResolver):
    """Judges every address a name leads to: the one that is connected to is among them.

    One name at a time: all registries share the four threads that resolve, and a name's owner may keep one for half a minute.
    The client lets us come to an end when who asked has left.
    """

    def __init__(self, allowed: tuple[Network, ...]) -> None:
        self._names, self._allowed = aiohttp.ThreadedResolver(), allowed
        self._asked, self._turn = 0, asyncio.Semaphore(1)

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET) -> list[ResolveResult]:
        if self._asked == NAMES:
            raise OSError("too many names wait to be resolved")
        self._asked += 1
        try:
            async with self._turn:
                found = await self._names.resolve(host, port, family)
        finally:
            self._asked -= 1
        for one in found:
            _judge(host, one["host"], self._allowed)
        return found

    async def close(self) -> None:
        await self._names.close()
