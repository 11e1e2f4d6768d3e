"""The sidecar where something is in its way: files, users, ports, addresses, its own log."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.inpod.applications import answers, app, reserved_port
from tests.inpod.sidecars import COMMAND, Launcher, get, sidecar, until


def test_a_request_that_cannot_be_written_is_said_and_tried_again(launcher: Launcher) -> None:
    launcher.start()
    (launcher.folder / ".request.new").mkdir()
    (launcher.folder / ".request.new/in the way").touch()
    with sidecar(launcher.folder) as running:
        running.says("preonline cannot be asked for (Directory not empty), asked for again in 1 s")
        (launcher.folder / ".request.new/in the way").unlink()
        launcher.take()


DROPPED = """
import os, runpy, sys
import argparse, locale, shutil, signal, webhook.inpod.sidecar.options
os.setgroups([]), os.setgid(65532), os.setuid(65532), os.umask(0o077)
runpy.run_module("webhook.inpod.sidecar", run_name="__main__", alter_sys=True)
"""
"""The sidecar as another user than the launcher, whose umask would keep all to himself."""


@pytest.mark.usefixtures("as_root")
def test_another_user_and_his_umask_do_not_matter() -> None:
    with TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        launcher = Launcher(Path(root) / "main")
        launcher.start()
        with sidecar(launcher.folder, command=(sys.executable, "-I", "-c", DROPPED)) as running:
            launcher.take()
            launcher.finish(exit=1)
            launcher.take()
            launcher.finish()
            until(running.ready)
            assert "Uid:\t65532" in Path(f"/proc/{running.process.pid}/status").read_text()


def test_port_0_is_told_nowhere(launcher: Launcher) -> None:
    """In a pod on the node's network; `launch ready` tells it there."""
    launcher.start()
    with sidecar(launcher.folder, port=0) as running:
        launcher.take()
        launcher.finish()
        running.says(": online")
        links = [os.readlink(link) for link in Path(f"/proc/{running.process.pid}/fd").iterdir()]
        assert not [link for link in links if link.startswith("socket:")]
        running.terminate()


def test_a_taken_port_is_said(launcher: Launcher) -> None:
    with sidecar(launcher.folder) as running, pytest.raises(RuntimeError) as refused, sidecar(launcher.folder, port=running.port):
        pass
    assert str(refused.value) == f"readiness cannot be told on port {running.port}: Address already in use"


@pytest.mark.parametrize("url", ["ftp://a/", "http:a", "http://a:0/", "http://a:65536/", "http://a/b c", "http://a/\n", "a", ""])
def test_a_url_it_cannot_ask_is_refused(launcher: Launcher, url: str) -> None:
    with pytest.raises(RuntimeError, match="write a"), sidecar(launcher.folder, "--check", url):
        pass


def test_nothing_listens_yet(launcher: Launcher) -> None:
    launcher.start()
    with reserved_port() as port, sidecar(launcher.folder, "--check", f"http://localhost:{port}/") as running:
        running.says(f"generation 1: port {port} does not answer as it should: Connection refused")
        with app(answers(200), port=port):
            launcher.take()


@pytest.mark.usefixtures("namespaces")
def test_a_connection_that_cannot_even_begin(launcher: Launcher) -> None:
    """In a network whose loopback is down."""
    launcher.start()
    command = ("unshare", "--user", "--map-root-user", "--net", *COMMAND)
    with sidecar(launcher.folder, "--check", "http://localhost/", command=command) as running:
        running.says("port 80 does not answer as it should: Network is unreachable")


def test_it_needs_nobody_who_reads_what_it_says(launcher: Launcher) -> None:
    launcher.start()
    read, write = os.pipe()
    os.close(read)
    with reserved_port() as port, ExitStack() as stack:
        words = [*COMMAND, "--state", launcher.folder, "--port", str(port)]
        process = stack.enter_context(subprocess.Popen(words, stdout=write, stderr=write))
        stack.callback(process.kill)
        os.close(write)
        launcher.take()
        launcher.finish()
        until(lambda: get(port)[0] == 200)
        process.terminate()
        assert process.wait(timeout=10) == 0
