"""Requests in a second over TLS, 16 connections kept alive: server on one core, generator on another where there are two."""

import http.client
import os
import re
import shutil
import ssl
import subprocess
import tempfile
from base64 import b64decode
from pathlib import Path
from statistics import median
from typing import Any

import jsonpatch
import orjson
import yaml

from benchmarks import processes, reviews
from benchmarks.measure import Figure, compare
from benchmarks.processes import CLIENT_CORE, Server
from webhook.policy import Policy

Json = dict[str, Any]

CONNECTIONS = 16
ROUNDS = 9
PATH = "/mutate/default/privileged?timeout=5s"
BODY = reviews.TYPICAL

_SCRIPT = """
wrk.method = "POST"
wrk.headers["User-Agent"] = "kube-apiserver-admission"
wrk.headers["Accept"] = "application/json, */*"
wrk.headers["Accept-Encoding"] = "gzip"
wrk.headers["Content-Type"] = "application/json"
local file = io.open(os.getenv("BENCHMARK_BODY"), "rb")
wrk.body = file:read("*a")
file:close()
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("\\nanswers %d microseconds %d errors %d p99 %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(99)))
end
"""


class Missing(Exception):
    """A tool that is not installed, and how to install it."""


def against_floor(policy: Policy) -> Figure:
    """richpod's throughput as a fraction of a constant answer's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tls = processes.serving_pair(folder)
        with processes.richpod(folder, tls, _yaml(policy)) as richpod:
            length = len(_answer(richpod))
            with processes.floor(folder, tls, length) as constant:
                return _compare(folder, richpod, constant, "constant answer")


def against_naive(policy: Policy) -> Figure:
    """richpod's throughput as a multiple of Flask's with `make_patch`; both make the same pod."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tls = processes.serving_pair(folder)
        with processes.richpod(folder, tls, _yaml(policy)) as richpod:
            pod = _patched(richpod)
            with processes.naive(folder, tls, orjson.dumps(_added(pod)).decode()) as flask:
                if _patched(flask) != pod:
                    raise RuntimeError("the two webhooks make different pods")
                return _compare(folder, richpod, flask, "Flask")


def tail_latency(policy: Policy) -> Figure:
    """Milliseconds within which 99 of 100 reviews of ten containers are answered, at all that one worker can take."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with processes.richpod(folder, processes.serving_pair(folder), _yaml(policy)) as richpod:
            load = _Load(folder, richpod, reviews.LARGE)
            rates = [load() for _ in range(ROUNDS)]
    tails = sorted(load.tails)
    return Figure(median(tails), tails[1], tails[-2], 0, f"{CONNECTIONS} connections, {median(rates):,.0f} requests/s")


def _compare(folder: Path, richpod: Server, other: Server, name: str) -> Figure:
    ours, theirs = _Load(folder, richpod), _Load(folder, other)

    def say(one: float, two: float) -> str:
        return f"richpod {one:,.0f} requests/s, {ours.cost}; {name} {two:,.0f} requests/s, {theirs.cost}"

    return compare(ours, theirs, ROUNDS, say)


def _yaml(policy: Policy) -> str:
    return yaml.safe_dump(policy.effective())


class _Load:
    """Calls of a second of wrk, which return requests in a second; `cost` is what the median one took from the server's core.

    Raises Missing, and RuntimeError where any answer was not a 2xx one.
    """

    def __init__(self, folder: Path, server: Server, reviewed: bytes = BODY) -> None:
        if (wrk := shutil.which("wrk")) is None:
            raise Missing("wrk generates the load and is not installed: apt-get install wrk")
        script, body = folder / "post.lua", folder / "body.json"
        script.write_text(_SCRIPT)
        body.write_bytes(reviewed)
        self._argv = [wrk, "--threads", "1", "--connections", str(CONNECTIONS), "--duration", "1s", "--script", str(script)]
        self._argv.append(f"https://127.0.0.1:{server.port}{PATH}")
        self._environment = {**os.environ, "BENCHMARK_BODY": str(body)}
        self._server = server
        self._costs: list[float] = []
        self.tails: list[float] = []
        """Of each call, the 99th percentile of its latencies, milliseconds."""

    def __call__(self) -> float:
        before = processes.cpu_seconds(self._server)
        done = subprocess.run(
            self._argv,
            env=self._environment,
            preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT_CORE}),
            capture_output=True,
            text=True,
            check=True,
        )
        found = re.search(r"answers (\d+) microseconds (\d+) errors (\d+) p99 (\d+)", done.stdout)
        if found is None or found[1] == "0" or found[3] != "0":
            raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
        self._costs.append((processes.cpu_seconds(self._server) - before) / int(found[1]))
        self.tails.append(int(found[4]) / 1000)
        return int(found[1]) / int(found[2]) * 1e6

    @property
    def cost(self) -> str:
        return f"{median(self._costs) * 1e6:,.0f} µs CPU each"


def _answer(server: Server) -> bytes:
    unverified = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=unverified, timeout=10)
    connection.request("POST", PATH, BODY, {"Content-Type": "application/json"})
    answer = connection.getresponse().read()
    connection.close()
    return answer


def _patched(server: Server) -> Json:
    patch = orjson.loads(b64decode(orjson.loads(_answer(server))["response"]["patch"]))
    pod: Json = jsonpatch.apply_patch(orjson.loads(BODY)["request"]["object"], patch)
    return pod


def _added(pod: Json) -> Json:
    """What of this pod was not in the review, for benchmarks.naive."""
    before = orjson.loads(BODY)["request"]["object"]
    one, other = before["spec"], pod["spec"]
    old, new = one["containers"][0], other["containers"][0]
    known = before["metadata"].get("annotations", {})
    return {
        "annotations": {key: value for key, value in pod["metadata"]["annotations"].items() if key not in known},
        "volumes": other["volumes"][len(one["volumes"]) :],
        "initContainers": other["initContainers"],
        "mounts": new["volumeMounts"][len(old["volumeMounts"]) :],
        "elements": new["command"][: -len(old["command"])],
    }
