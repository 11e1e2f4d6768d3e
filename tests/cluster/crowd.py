"""Pods with fixed addresses that ask until they may run, run for a while, and end: again and again under the same names."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from random import Random
from threading import Event
from typing import NamedTuple

from tests.authorization.services import Service

from .gateways import Ground, Pod, Replica
from .listing import addresses, held, history
from .processes import until

FOREVER = float("inf")
IMPATIENT = 0.3
"""Seconds after which some pods are gone, although they have asked."""


class Stay(NamedTuple):
    """How long a pod ran at an address, in seconds since 1970."""

    address: str
    begun: float
    ended: float


class Crowd:
    """`replicas`: those that there are at the moment; pods find whoever leads."""

    def __init__(self, site: Ground, *replicas: Replica) -> None:
        self.replicas = [*replicas]
        self.stays: list[Stay] = []
        self.living: dict[str, Stay] = {}
        """Those that run on when all is over, by their uids."""
        self.surprises: list[object] = []
        """Answers that such a pod must never get."""
        self._site, self._over = site, Event()

    @contextmanager
    def busy(self, size: int) -> Iterator[None]:
        """While the block runs; then every other pod goes for good, and the rest run on."""
        with ThreadPoolExecutor(size) as pool:
            lives = [pool.submit(self._lives, number) for number in range(1, size + 1)]
            try:
                yield
            finally:
                self._over.set()
        for life in lives:
            life.result()

    def _lives(self, number: int) -> None:
        chance, stays, over = Random(number), number % 2 == 1, False
        while not over:
            pod = self._site.pod(f"web-{number}", "orders", address=f"10.2.0.{number}")
            patience = IMPATIENT if chance.random() < 0.3 else FOREVER
            if begun := self._authorized(pod, time.monotonic() + patience):
                over = self._over.wait(chance.uniform(0, 3))
                stay = Stay(f"10.2.0.{number}", begun, FOREVER if over and stays else time.time())
                self.stays.append(stay)
                if over and stays:
                    self.living[pod.uid] = stay
                    return
            self._ends(pod, chance)
            over = self._over.is_set() and not stays

    def _authorized(self, pod: Pod, until: float) -> float:
        """When it was, in seconds since 1970; 0 where it has not been in time."""
        while (left := until - time.monotonic()) > 0:
            for replica in [*self.replicas]:
                try:
                    told = replica.ask(pod.token, seconds=min(left, 30))
                except (OSError, HTTPException):
                    continue
                if told.status == 200:
                    return time.time()
                if told.status not in (429, 503):
                    self.surprises.append((pod, told))
            time.sleep(0.2)
        return 0

    def _ends(self, pod: Pod, chance: Random) -> None:
        if chance.random() < 0.4:
            self._site.status(pod, phase=chance.choice(["Succeeded", "Failed"]))
            time.sleep(chance.uniform(0, 1))
        self._site.delete(pod)

    def agrees(self, service: Service, seconds: float = 60) -> None:
        """Upstream, Grants and living pods, exactly, and soon; and nobody ever ran without his entry."""
        try:
            until("upstream, Grants and pods agree", lambda: self._agree(service), seconds)
        except TimeoutError as error:
            error.add_note(f"upstream {sorted(addresses(service))}, living {self.living}, Grants {self._site.grants()}")
            raise
        calls = history(service)
        assert [stay for stay in self.stays if not held(calls, *stay)] == []
        assert self.surprises == []

    def _agree(self, service: Service) -> bool:
        grants = self._site.grants()
        phases = {uid: grant.get("status", {}).get("phase") for uid, grant in grants.items()}
        ended = {uid for uid, phase in phases.items() if phase == "Ended"}
        active = {uid for uid, phase in phases.items() if phase == "Active"}
        here = {stay.address for stay in self.living.values()}
        return addresses(service) == here and active == set(self.living) and ended | active == set(phases)
