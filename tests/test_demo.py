"""`make demo` runs anywhere, over real TLS, and shows what it promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[1] / "examples" / "demo.py"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What it prints, started from another folder."""
    ended = subprocess.run(
        [sys.executable, str(DEMO)], cwd=tmp_path_factory.mktemp("elsewhere"), capture_output=True, check=True, timeout=60
    )
    assert ended.stderr == b""
    return ended.stdout.decode()


def test_it_shows_patch_diff_and_trace_of_each_pod_in_this_order(shown: str) -> None:
    words = ["serves on port", *("Deployment shop", "patch, ", "diff", "trace"), *("CronJob report", "patch, ", "diff", "trace")]
    places, at = [], 0
    for word in [*words, "What decided each pod", "Deployment shop/shop"]:
        at = shown.find(word, at)
        places.append(at)
    assert -1 not in places


def test_the_application_starts_under_an_init(shown: str) -> None:
    assert '{"op": "add", "path": "/spec/containers/0/command/0", "value": "/.richpod/bin/launch"}' in shown
    assert "    +    - /.richpod/bin/launch\n    +    - --\n         - /opt/shop/bin/start.sh\n" in shown


def test_the_trace_is_the_answers_own(shown: str) -> None:
    assert "\n    init: applied\n" in shown
    assert '"event": "admission", "decision": "patched"' in shown


def test_no_colour_where_nobody_sees_it(shown: str) -> None:
    assert "\x1b" not in shown


def test_colour_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen([sys.executable, str(DEMO)], cwd=tmp_path, stdout=theirs, env=environment) as demo:
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 65536):
                said += chunk
        except OSError:  # how a terminal ends whose other side is gone
            os.close(ours)
        assert demo.wait(60) == 0
    assert b"\x1b[32m" in said
