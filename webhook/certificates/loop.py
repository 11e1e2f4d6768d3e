"""One look after the other: read, plan, write at most once."""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from certs.rotation import State, Step, Wait, plan, settled, trusted
from webhook.certificates.stopwatch import Stopwatch
from webhook.certificates.stored import Place, Stored, read, state, write
from webhook.certificates.telling import Telling
from webhook.cluster import Cluster
from webhook.errors import ApiError

PERIOD = 60.0
"""Seconds between looks when nothing changes: certificates age without an event."""
WAITING = 5.0
"""Seconds between looks while a replica or an API server is waited for."""
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the next look, after one failure, two, and so on: the API server is away, or somebody else was faster."""

BURST, WITHIN = 12, 60.0
"""Writes, and the seconds that so many take at least: a whole rotation is seven; who writes more often fights with somebody."""

Served = Callable[[], frozenset[bytes] | None]
"""Asks the replicas, as `replicas.served` answers."""


class Loop:
    """What one look leaves for the next: how long things have been so, and how often nothing could be seen."""

    def __init__(
        self, cluster: Cluster, place: Place, server_names: tuple[str, ...], served: Served, instance: str, telling: Telling
    ) -> None:
        """`instance` is a word that no other controller has, part of a field manager's name."""
        self._cluster, self._place, self._server_names = cluster, place, server_names
        self._served, self._instance, self._telling = served, instance, telling
        self._trusted, self._settled = Stopwatch(), Stopwatch()
        self._failures = 0
        self._writes: deque[float] = deque([-WITHIN] * BURST, BURST)

    def look(self, now: datetime, at: float) -> float:
        """Looks once and writes at most once; returns seconds until the next look. `at`: seconds of a clock that nobody sets."""
        try:
            pause = self._look(now, at)
            self._failures = 0
            return pause
        except ApiError as error:
            if error.status in (404, 409):
                self._telling.conflict()
            else:
                away = error.status in (0, 429) or error.status >= 500
                self._telling.problems({"unreachable" if away else "refused": str(error)})
        except ValueError as error:
            self._telling.problems({"clock": str(error)})
        self._failures += 1
        return PAUSES[min(self._failures, len(PAUSES)) - 1]

    def _look(self, now: datetime, at: float) -> float:
        stored = read(self._cluster, self._place)
        seen = state(stored, self._served())
        published_for, settled_for = self._trusted.seconds(trusted(seen), at), self._settled.seconds(settled(seen), at)
        seen = seen._replace(published_for=published_for, settled_for=settled_for)
        step = self._slowly(plan(seen, now, self._server_names), at)
        self._telling.seen(seen, step, now)
        if waits := step is None or isinstance(step, Wait):
            self._telling.waits(step.reason if step else "")
        else:
            self._writes.append(at)
            write(self._cluster, self._place, stored, step, self._instance)
            self._telling.wrote(step)
        self._telling.problems(_problems(stored, seen, step))
        return 0.0 if not waits else WAITING if step else PERIOD

    def _slowly(self, step: Step | None, at: float) -> Step | None:
        """No write where there were too many: another controller of certificates, too, holds that it is right."""
        if step is None or isinstance(step, Wait) or at - self._writes[0] >= WITHIN:
            return step
        return Wait(f"{step.reason}, again and again: somebody else writes, too")


def _problems(stored: Stored, seen: State, step: Step | None) -> dict[str, str]:
    found = {}
    if stored.configuration is None:
        found["configuration"] = "there is no such configuration: nothing calls the webhook"
    if isinstance(step, Wait) and seen.served is None:
        found["replicas"] = "DNS does not answer, or a replica does not tell what it serves: nothing is taken out of use"
    return found
