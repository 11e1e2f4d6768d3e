"""A load balancer as there were many: it asks each pod for a file, and sends requests to the pods that have it.

`python -m tests.cluster.follower KUBECONFIG NAMESPACE`, where pods are reached. It says when it has begun, and how it went when
its input has ended.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count
from subprocess import PIPE, Popen
from threading import Event, Thread
from typing import NamedTuple

import kubernetes

from . import cgroups
from .access import Cluster

PERIOD = 0.2
"""Seconds between two questions for the file."""
CLIENTS = 4
"""Who ask for a page at the same time."""
FILE_SECONDS, PAGE_SECONDS = 0.5, 5.0
"""After which nobody waits any longer."""


class Story(NamedTuple):
    """`failed`: how requests failed, and how often. `pods`: how many answered."""

    requests: int
    pods: int
    failed: dict[str, int]


@contextmanager
def following(cluster: Cluster, namespace: str) -> Iterator[list[Story]]:
    """The story is there when the block has ended."""
    assert cluster.layout is not None
    node = cgroups.first_process(cluster.layout.name)
    command = ["nsenter", f"--net=/proc/{node}/ns/net", sys.executable, "-m", __name__, str(cluster.kubeconfig), namespace]
    found: list[Story] = []
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline() == "following\n"
        yield found
        said, _ = follower.communicate()
        found.append(Story(*json.loads(said)))


class Balancer:
    def __init__(self, kubeconfig: str, namespace: str) -> None:
        self._core = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(kubeconfig))  # type: ignore[no-untyped-call]
        self._namespace = namespace
        self._online: list[str] = []
        self._over, self._begun = Event(), Event()
        self.answered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def run(self) -> None:
        """Until the input ends."""
        threads = [Thread(target=self._look), *(Thread(target=self._ask, args=[number]) for number in range(CLIENTS))]
        for thread in threads:
            thread.start()
        self._begun.wait()
        print("following", flush=True)
        sys.stdin.read()
        self._over.set()
        for thread in threads:
            thread.join()

    def _look(self) -> None:
        with ThreadPoolExecutor() as threads:
            while not self._over.wait(PERIOD):
                pods = self._core.list_namespaced_pod(self._namespace).items
                addresses = [pod.status.pod_ip for pod in pods if pod.status.pod_ip]
                found = threads.map(lambda address: _get(address, "/online", FILE_SECONDS), addresses)
                self._online = [address for address, (_, trouble) in zip(addresses, found, strict=True) if not trouble]
                if self._online:
                    self._begun.set()

    def _ask(self, number: int) -> None:
        self._begun.wait()
        for turn in count(number):
            if self._over.is_set():
                return
            online = self._online
            if not online:
                self.failed["nobody is online"] += 1
                time.sleep(PERIOD)
                continue
            pod, trouble = _get(online[turn % len(online)], "/index.html", PAGE_SECONDS)
            if trouble:
                self.failed[trouble] += 1
            else:
                self.answered[pod] += 1


def _get(address: str, path: str, seconds: float) -> tuple[str, str]:
    """The name of the pod that answers, and what is wrong with its answer, if anything."""
    connection = HTTPConnection(address, 8080, timeout=seconds)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.headers.get("Pod", ""), "" if response.status == 200 else str(response.status)
    except (OSError, HTTPException) as error:
        return "", repr(error)
    finally:
        connection.close()


if __name__ == "__main__":
    balancer = Balancer(*sys.argv[1:])
    balancer.run()
    print(json.dumps([balancer.answered.total(), len(balancer.answered), balancer.failed]))
