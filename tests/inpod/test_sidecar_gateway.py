"""The sidecar and the gateway, a real server with TLS: it asks when it starts, and says when nobody needs the grants any more."""

import os
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.gateway.upstreams.test_upstream import Heard, Server, answers, serving
from tests.inpod.gateways import TOKEN, mute
from tests.inpod.sidecars import SECONDS, Launcher, Sidecar, sidecar, until
from tests.running import Files

GRANTED = answers(200, b'{"granted": ["orders", "stock"]}')


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return Files(tmp_path)


def beside(server: Server, launcher: Launcher, files: Files) -> AbstractContextManager[Sidecar]:
    token = files.policy.with_name("token")
    options = ("--gateway", f"{server.url}/authorize", "--token", str(token))
    return sidecar(launcher.folder, *options, env={"RICHPOD_AUTHORITY": files.authority})


def paths(heard: list[Heard]) -> list[str]:
    return [call.path for call in heard]


def asks(running: Sidecar) -> bool:
    """Whether the thread that asks is still there."""
    return len(os.listdir(f"/proc/{running.process.pid}/task")) > 1


def test_each_start_of_it_asks_once_with_its_token(launcher: Launcher, files: Files) -> None:
    with serving(GRANTED, files) as server:
        for _ in range(2):
            with beside(server, launcher, files) as running:
                running.says("granted: orders, stock")
                until(lambda running=running: not asks(running))
    method, path, headers, body = server.heard[0]
    assert (method, path, headers["Authorization"], body) == ("POST", "/authorize", f"Bearer {TOKEN}", b"")
    assert paths(server.heard) == ["/authorize"] * 2


def test_without_a_gateway_it_loads_neither_http_nor_tls(launcher: Launcher) -> None:
    launcher.start()
    with sidecar(launcher.folder) as running:
        launcher.take()
        assert "libssl" not in Path(f"/proc/{running.process.pid}/maps").read_text()
        assert not asks(running)


def test_readiness_waits_for_no_gateway(launcher: Launcher, files: Files) -> None:
    launcher.start()
    with mute(files) as server, beside(server, launcher, files) as running:
        until(lambda: bool(server.heard))
        launcher.take()
        launcher.finish()
        until(running.ready)
        assert asks(running)


def test_it_asks_until_there_is_an_answer(launcher: Launcher, files: Files) -> None:
    later = iter((answers(503), answers(429, b'{"sentence": "3 calls"}'), GRANTED))
    with serving(lambda handler: next(later)(handler), files) as server, beside(server, launcher, files) as running:
        running.says("not authorized yet: the gateway answered 503")
        running.says("not authorized yet: 3 calls")
        running.says("granted: orders, stock")
        assert len(server.heard) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_said_once_and_changes_nothing_else(launcher: Launcher, files: Files, status: int) -> None:
    launcher.start()
    refused = answers(status, b'{"sentence": "shop may not ask\\nfor orders"}')
    with serving(refused, files) as server, beside(server, launcher, files) as running:
        running.says("not authorized: shop may not ask\ufffdfor orders")
        until(lambda: not asks(running))
        launcher.take()
        launcher.finish()
        until(running.ready)
    assert paths(server.heard) == ["/authorize"]


def test_a_gateway_of_a_foreign_authority_hears_no_token(launcher: Launcher, files: Files, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    with serving(GRANTED, Files(tmp_path / "foreign")) as server, beside(server, launcher, files) as running:
        running.says("the gateway is not trusted")
    assert server.heard == []


def ended(running: Sidecar) -> int:
    running.process.terminate()
    return running.process.wait(SECONDS)


def test_told_to_end_after_its_program_it_gives_the_grants_back(launcher: Launcher, files: Files) -> None:
    launcher.start()
    with serving(GRANTED, files) as server, beside(server, launcher, files) as running:
        running.says("granted")
        launcher.end()
        assert ended(running) == 0
    assert paths(server.heard) == ["/authorize", "/release"]
    assert server.heard[1].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("earlier", [False, True])
def test_while_its_program_runs_it_gives_nothing_back(launcher: Launcher, files: Files, earlier: bool) -> None:
    """Nor is the end of an earlier start one of this."""
    launcher.start()
    launcher.start()
    if earlier:
        launcher.write("ended", 1, 0, 0)
    with serving(GRANTED, files) as server, beside(server, launcher, files) as running:
        running.says("granted")
        assert ended(running) == 0
    assert paths(server.heard) == ["/authorize"]


def test_a_gateway_that_is_mute_holds_up_no_end(launcher: Launcher, files: Files) -> None:
    launcher.start()
    with mute(files) as server, beside(server, launcher, files) as running:
        until(lambda: bool(server.heard))
        launcher.end()
        assert ended(running) == 0
        assert paths(server.heard) == ["/authorize", "/release"]
