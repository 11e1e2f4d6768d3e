"""The sidecar's one loop: it waits for clients, the check's connection and time, looks, takes a step and does what that says."""

import time
from contextlib import suppress
from functools import partial
from selectors import DefaultSelector
from typing import NamedTuple, NoReturn

from webhook.inpod import contract
from webhook.inpod.check_url import Target
from webhook.inpod.sidecar import state, steps
from webhook.inpod.sidecar.check import Check
from webhook.inpod.sidecar.readiness import Readiness

EAGER_SECONDS = 5.0
"""After the sidecar's start, and a container's, in which it looks more often: most programs are online by then."""
EAGER_LOOK_SECONDS = 0.05


class Options(NamedTuple):
    """Times in seconds."""

    state: str
    port: int
    """0: readiness is told nowhere."""
    check: Target | None
    pace: steps.Pace
    timeout: float


def say(sentence: str) -> None:
    with suppress(OSError):
        print(sentence, flush=True)


class Loop:
    def __init__(self, options: Options) -> None:
        """Raises OSError where the port is taken."""
        self._options = options
        self._selector = DefaultSelector()
        self._readiness = Readiness(self._selector)
        if options.port:
            self._readiness.listen(options.port)
        self._course = steps.Course()
        self._seen = state.Seen()
        self._looked = float("-inf")
        self._eager_until = time.monotonic() + EAGER_SECONDS
        self._check: Check | None = None
        self._wake = 0.0

    def run(self) -> NoReturn:
        say(f"readiness on port {self._options.port}" if self._options.port else "readiness on no port")
        while True:
            self._turn()

    def _turn(self) -> None:
        """What is seen is never older than LOOK_SECONDS when something rests on it."""
        events = self._selector.select(max(0.0, self._wake - time.monotonic()))
        now = time.monotonic()
        if now - self._looked >= self._pause(now):
            self._seen, self._looked = state.look(self._options.state), now
        course, action = steps.step(self._course, self._seen, self._options.pace, now)
        new = course.generation != self._course.generation
        if new:
            self._eager_until = now + EAGER_SECONDS
        if new or action != steps.CHECK:
            self._drop()
        self._course = course
        self._do(action, now)
        self._tell()
        for key, _ in events:
            key.data(now)
        self._readiness.go_on(now)
        self._wake = self._next(action, now)

    def _pause(self, now: float) -> float:
        return EAGER_LOOK_SECONDS if now < self._eager_until else contract.LOOK_SECONDS

    def _next(self, action: str, now: float) -> float:
        if action in (steps.ASK, steps.WITHDRAW):
            return self._looked + self._pause(now)
        look = self._looked + (contract.LOOK_IDLE_SECONDS if action == steps.REST else self._pause(now))
        if self._check:
            return min(look, self._check.deadline)
        coming = action == steps.CHECK or self._course.due > now
        return min(look, self._course.due) if coming else look

    def _do(self, action: str, now: float) -> None:
        if self._check and now >= self._check.deadline:
            self._check.late()
            self._finish(now)
        elif action == steps.CHECK and not self._check:
            self._begin(now)
        elif action == steps.ASK:
            self._ask(now)
        elif action == steps.WITHDRAW:
            with suppress(OSError):
                state.withdraw(self._options.state)

    def _ask(self, now: float) -> None:
        """What was seen before it is of no more use."""
        try:
            state.ask(self._options.state, self._course.generation)
            self._course = self._course._replace(asked=True)
        except OSError as error:
            self._course = steps.failed(self._course, f"preonline cannot be asked for ({error.strerror})", now)
        self._seen, self._looked = state.look(self._options.state), now

    def _tell(self) -> None:
        """The log has a line whenever the answer changes."""
        ready, why = steps.ready(self._seen), steps.why(self._course, self._seen)
        if why != self._readiness.why:
            say(why)
        self._readiness.ready, self._readiness.soon, self._readiness.why = ready, steps.soon(self._seen), why

    # --- the check's connection ---

    def _begin(self, now: float) -> None:
        assert self._options.check
        try:
            self._check = Check(self._options.check, now + self._options.timeout)
        except OSError as error:
            self._course = steps.checked(self._course, f"it cannot be asked ({error.strerror})", self._options.pace, now)
            return
        if self._check.verdict is None:
            self._selector.register(self._check.descriptor, self._check.wanted, partial(self._go_on, self._check))
        else:
            self._finish(now)

    def _go_on(self, check: Check, now: float) -> None:
        """Its event may be older than its end."""
        if check is not self._check:
            return
        check.go_on()
        if check.verdict is None:
            self._selector.modify(check.descriptor, check.wanted, partial(self._go_on, check))
        else:
            self._finish(now)

    def _finish(self, now: float) -> None:
        assert self._check
        verdict = self._check.verdict or ""
        self._course = steps.checked(self._course, verdict, self._options.pace, now)
        self._drop()

    def _drop(self) -> None:
        if self._check:
            with suppress(KeyError):
                self._selector.unregister(self._check.descriptor)
            self._check.close()
            self._check = None
