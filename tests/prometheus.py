"""Debian's Prometheus, unpacked and not installed: its `promtool`, and a server that watches what a test runs.

tests/cluster/packages.sh fetches it. Where it is missing, tests are skipped; in CI (environment variable CI) they fail.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

Json = dict[str, Any]

PROGRAMS = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "richpod-prometheus" / "usr/bin"
SECONDS = 20
INTERVAL = "500ms"
"""Between scrapes, and between evaluations of rules."""


def program(name: str) -> Path:
    path = PROGRAMS / name
    if not path.exists():
        reason = f"{path} is missing: run tests/cluster/packages.sh"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return path


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("promtool"), *map(str, arguments)], capture_output=True, text=True, timeout=60)


class Prometheus:
    """A running server's API."""

    def __init__(self, address: str) -> None:
        self._address = address

    def query(self, expression: str) -> list[Json]:
        """The series that an expression has now. Raises HTTPError for one that Prometheus cannot evaluate."""
        found: list[Json] = self._get("query", query=expression)["result"]
        return found

    def rules(self) -> dict[str, Json]:
        """Name to rule, with `health`, `state` and `lastError`."""
        return {rule["name"]: rule for group in self._get("rules")["groups"] for rule in group["rules"]}

    def until(self, what: Callable[[], object]) -> None:
        """Asks again until it is so; Prometheus tells nobody when it has scraped."""
        end = monotonic() + SECONDS
        while not what():
            assert monotonic() < end, f"not within {SECONDS} s"
            sleep(0.1)

    def _get(self, path: str, **parameters: str) -> Json:
        with urlopen(f"http://{self._address}/api/v1/{path}?{urlencode(parameters)}", timeout=SECONDS) as response:
            found: Json = json.load(response)["data"]
        return found


@contextmanager
def prometheus(folder: Path, scrapes: list[Json], rules: Json) -> Iterator[Prometheus]:
    """Scrapes and evaluates on a free port of the loopback address, its files in `folder`."""
    configuration = folder / "prometheus.json"
    timing = {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL}
    (folder / "rules.json").write_text(json.dumps(rules))
    configuration.write_text(json.dumps({"global": timing, "scrape_configs": scrapes, "rule_files": ["rules.json"]}))
    options = [f"--config.file={configuration}", f"--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:0"]
    command = [program("prometheus"), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder) as server:
        assert server.stderr is not None
        try:
            address, said = "", ""
            for line in server.stderr:
                said += line
                if listening := re.search(r'msg="Listening on" address=(\S+)', line):
                    address = listening[1]
                if "Server is ready" in line:
                    break
            assert address, said
            yield Prometheus(address)
        finally:
            server.terminate()
            server.communicate(timeout=SECONDS)
