"""A steady stream of dry-run creations, and what became of each: whether a review was lost, when and how."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlencode

import kubernetes

from webhook.inpod.contract import PREFIX

from .access import Cluster, Object

PARALLEL = 128
"""Creations that may wait at once: a review that is asked again takes seconds."""


@dataclass(frozen=True)
class Creation:
    """`begun` and `seconds` of a monotonic clock; `status` is HTTP's, `treated` whether the pod carries richpod's own status."""

    begun: float
    seconds: float
    status: int
    treated: bool
    said: str


@dataclass
class Load:
    """What has become of the creations so far, in the order in which they ended."""

    ended: list[Creation] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, creation: Creation) -> None:
        with self._lock:
            self.ended.append(creation)

    @property
    def refused(self) -> list[Creation]:
        return [creation for creation in self.ended if creation.status != 201]

    @property
    def lost(self) -> list[Creation]:
        """Created all the same, since such failures are ignored, but not as the policy says."""
        return [creation for creation in self.ended if creation.status == 201 and not creation.treated]

    def __str__(self) -> str:
        slowest = max((creation.seconds for creation in self.ended), default=0)
        return f"{len(self.ended)} creations, {len(self.refused)} refused, {len(self.lost)} untreated, slowest {slowest:.2f} s"


@contextmanager
def steady(cluster: Cluster, pod: Object, rate: float) -> Iterator[Load]:
    """Creates `rate` pods a second while the block runs, and waits at its end until all have been answered."""
    load, over = Load(), Event()
    api = _client(cluster)
    url = f"{api.configuration.host}/api/v1/namespaces/{pod['metadata']['namespace']}/pods?{urlencode({'dryRun': 'All'})}"

    def produce() -> None:
        begun = time.monotonic()
        with ThreadPoolExecutor(PARALLEL) as threads:
            count = 0
            while not over.wait(max(0.0, begun + count / rate - time.monotonic())):
                threads.submit(_create, api, url, pod, load)
                count += 1

    producer = Thread(target=produce)
    producer.start()
    try:
        yield load
    finally:
        over.set()
        producer.join()
        print(f"\n{load}")


def _client(cluster: Cluster) -> Any:
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
    configuration.connection_pool_maxsize = PARALLEL
    return kubernetes.client.ApiClient(configuration)


def _create(api: Any, url: str, pod: Object, load: Load) -> None:
    begun = time.monotonic()
    try:
        response = api.call_api("POST", url, {"Content-Type": "application/json"}, pod)
        body = json.loads(response.read())
    except Exception as error:  # any of urllib3's: the API server itself did not answer
        load.add(Creation(begun, time.monotonic() - begun, 0, False, repr(error)))
        return
    annotations = body.get("metadata", {}).get("annotations") or {}
    said = "" if response.status == 201 else str(body.get("message"))
    load.add(Creation(begun, time.monotonic() - begun, response.status, f"{PREFIX}status" in annotations, said))
