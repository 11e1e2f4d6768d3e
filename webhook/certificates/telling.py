"""What an administrator is told: a log line when something is written, begins or ends, and the metrics that say the same."""

from contextlib import suppress
from datetime import datetime

from certs.certificate import expiry
from certs.rotation import Publish, State, Step, Tell, WriteAuthority, WriteLeaf
from webhook.certificates.metrics import Metrics
from webhook.log import Log
from webhook.printable import one_line

SENTENCE = 500

_WORDS = {WriteAuthority: "authority", Publish: "bundle", Tell: "pods", WriteLeaf: "leaf"}


class Telling:
    """Remembers what was said, so that it is not said again every minute."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self._log, self._metrics = log, metrics
        self._problems: dict[str, str] = {}
        self._waiting: str | None = None

    def seen(self, state: State, step: Step | None, now: datetime) -> None:
        self._metrics.in_step.set(step is None)
        self._metrics.look.set(now.timestamp())
        for name, pair in (("authority", state.authority), ("leaf", state.leaf)):
            with suppress(ValueError):
                self._metrics.expiry.labels(name).set(expiry(pair.certificate).timestamp() if pair else 0)

    def wrote(self, step: WriteAuthority | Publish | Tell | WriteLeaf) -> None:
        word = _WORDS[type(step)]
        self._metrics.writes.labels(word).inc()
        self._log("wrote", step=word, reason=one_line(step.reason, SENTENCE))
        self._waiting = None

    def waits(self, reason: str) -> None:
        """`reason` is "" where nothing is waited for."""
        if reason != self._waiting:
            self._waiting = reason
            if reason:
                self._log("waiting", reason=one_line(reason, SENTENCE))
            else:
                self._log("in-step")

    def conflict(self) -> None:
        self._metrics.conflicts.inc()

    def problems(self, found: dict[str, str]) -> None:
        """All that there are now, by kind, each with a sentence: told once when it begins, and once when it is over."""
        for kind in found.keys() - self._problems.keys():
            self._metrics.problems.labels(kind).inc()
            self._log("problem", problem=kind, sentence=one_line(found[kind], SENTENCE))
        for kind in self._problems.keys() - found.keys():
            self._log("solved", problem=kind)
        for kind in self._problems.keys() ^ found.keys():
            self._metrics.problem.labels(kind).set(kind in found)
        self._problems = found
