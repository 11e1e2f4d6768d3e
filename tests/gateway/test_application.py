"""What a pod is told over HTTP, and what is logged and counted of it."""

import asyncio

import httpx
import pytest

from tests.gateway.answering import Json, Site, authorize
from tests.gateway.granted import ADDRESS, OWNER
from tests.gateway.leaders import REFUSED, UNKNOWN, Answer, Upstream, api, asks, leader
from tests.gateway.virtual import lived
from webhook.errors import ApiError
from webhook.gateway.errors import unanswered
from webhook.log import SENTENCE_LENGTH


def test_a_pod_is_told_what_it_was_granted() -> None:
    site = Site()
    said = site.answer(authorize)
    assert (said.status_code, said.json()) == (200, {"granted": ["orders"]})
    assert said.headers["Connection"] == "close"
    (line,) = site.lines
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "authorization",
        "status": "200",
        "caller": ADDRESS,
        "grants": ["orders"],
        **OWNER._asdict(),
    }
    assert site.counted('richpod_gateway_requests_total{status="200"} 1.0')


@pytest.mark.parametrize(
    ("pod", "upstream", "status", "reason", "after"),
    [
        (asks("orders", application="other/web"), None, 403, "application", None),
        (asks("orders"), REFUSED, 403, "refused", None),
        (asks("orders"), UNKNOWN, 503, "busy", "20"),
    ],
)
def test_why_not_is_a_word_and_a_sentence(
    pod: Json, upstream: Answer | None, status: int, reason: str, after: str | None
) -> None:
    site = Site()
    said = site.answer(authorize, pod, upstream)
    assert (said.status_code, said.json()["reason"], said.headers.get("Retry-After")) == (status, reason, after)
    (line,) = site.lines
    assert (line["status"], line["reason"], line["namespace"]) == (str(status), reason, "shop")
    assert line["sentence"].isprintable()
    assert site.counted(f'richpod_gateway_requests_total{{status="{status}"}} 1.0')
    assert site.counted(f'richpod_gateway_denied_total{{reason="{reason}"}} 1.0') == (status == 403)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a\x7fb", f"Bearer {'x' * 20_000}", "Bearer nonsense"]
)
def test_who_has_no_token_of_a_pod_is_nobody(header: str) -> None:
    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/authorize", headers={"Authorization": header} if header else {})

    site = Site()
    said = site.answer(ask)
    assert (said.status_code, said.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_replica_that_does_not_lead_sends_pods_away() -> None:
    said = Site(leads=False).answer(authorize)
    assert (said.status_code, said.json()["sentence"], said.headers["Retry-After"]) == (503, "another replica leads", "1")


@pytest.mark.parametrize(
    ("scheme", "path", "status"),
    [
        ("http", "/healthz", 200),
        ("http", "/readyz", 503),
        ("http", "/metrics", 200),
        ("https", "/healthz", 404),
        ("https", "/readyz", 404),
        ("https", "/metrics", 404),
        ("https", "/authorize", 405),
        ("https", "/openapi.json", 404),
        ("https", "/docs", 404),
    ],
)
def test_probes_and_metrics_are_on_the_plain_port_alone(scheme: str, path: str, status: int) -> None:
    assert Site().answer(lambda client: client.get(path), scheme=scheme).status_code == status


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/grant", 404), ("GET", "/authorize", 405), ("X", "/", 404)])
def test_what_nobody_answers_is_counted_where_pods_ask(method: str, path: str, status: int) -> None:
    site, line = Site(), f'richpod_gateway_requests_total{{status="{status}"}}'
    site.answer(lambda client: client.request(method, path), scheme="http")
    assert site.counted(f"{line} 0.0")
    assert site.answer(lambda client: client.request(method, path)).status_code == status
    assert site.counted(f"{line} 1.0")


def test_pods_are_answered_over_tls_alone() -> None:
    assert Site().answer(authorize, scheme="http").status_code == 404


def test_a_sidecars_early_word() -> None:
    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        await authorize(client)
        return await client.post("/release", headers={"Authorization": f"Bearer {OWNER.uid}"})

    site = Site()
    said = site.answer(ask)
    assert (said.status_code, said.json()) == (202, {"ended": False})
    assert site.lines[-1]["event"] == "release"


def test_an_api_servers_words_are_one_short_line_in_the_answer_and_in_the_log() -> None:
    class Away:
        async def authorize(self, token: str, *_: object) -> None:
            raise unanswered(ApiError(500, "", "gone\n\x1b[1m\u202e\ud800" + "y" * 1_000_000))

    site = Site(leads=False)

    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        site.authorizing = Away()  # type: ignore[assignment]
        return await authorize(client)

    said = site.answer(ask)
    (line,) = site.lines
    assert (said.status_code, said.json()["sentence"]) == (503, line["sentence"])
    assert line["sentence"].startswith("the API server does not answer: gone\ufffd\ufffd[1m\ufffd\ufffdyyy")
    assert line["sentence"].isprintable()
    assert len(line["sentence"]) == SENTENCE_LENGTH


def test_our_own_failure_says_nothing_of_the_inside() -> None:
    class Broken:
        async def authorize(self, token: str, *_: object) -> None:
            raise RuntimeError(token)

    site = Site(leads=False)

    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        site.authorizing = Broken()  # type: ignore[assignment]
        return await authorize(client)

    said = site.answer(ask)
    assert said.status_code == 500
    assert OWNER.uid not in said.text
    (line,) = site.lines
    assert (line["exception"], line["reason"]) == ("RuntimeError", "failure")
    assert OWNER.uid not in str(line)


def test_whoever_goes_away_leaves_the_line() -> None:
    async def life() -> None:
        upstream = Upstream()
        pod = asks("orders", status={"podIP": "", "podIPs": []})
        site = Site()
        async with leader(api(pod), upstream) as made:
            site.authorizing = made.authorizing
            messages: asyncio.Queue[Json] = asyncio.Queue()
            messages.put_nowait({"type": "http.request", "body": b"x", "more_body": True})
            sent: list[Json] = []

            async def send(message: Json) -> None:
                sent.append(message)

            head = [(b"authorization", f"Bearer {OWNER.uid}".encode())]
            scope = {
                "type": "http",
                "method": "POST",
                "path": "/authorize",
                "headers": head,
                "scheme": "https",
                "query_string": b"",
            }
            scope |= {"client": ("10.0.0.7", 1), "server": ("gateway", 443), "http_version": "1.1", "raw_path": b"/authorize"}
            asked = asyncio.create_task(site.app()(scope, messages.get, send))  # type: ignore[arg-type]
            await asyncio.sleep(2)
            assert not asked.done()
            messages.put_nowait({"type": "http.disconnect"})
            await asked
        assert site.lines[-1]["status"] == "gone"
        assert not upstream.asked

    lived(life())
