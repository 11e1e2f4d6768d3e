"""An access control list as companies have them: slow, and once it is asked too often it does nothing for a while.

`POST /entries` with `{"rule": "orders", "address": "10.1.2.3"}` lets an address in, `DELETE /entries/10.1.2.3?rule=orders` keeps
it out again; both may come twice. It remembers what it went through: `GET /entries`, `/history`, `/stats`.
"""

import time
from argparse import ArgumentParser
from collections import Counter, deque
from random import uniform
from threading import Lock
from typing import Any

from examples.authorization.service import Bad, Call, address, arguments, serve


class Acl:
    """`delay`: the longest that a call takes by itself, the shortest is a quarter of it; `late`: what an answer takes besides.

    More than `per_second` calls in any second, and all that are on their way are lost, as are those of the next `down` seconds.
    """

    def __init__(self, per_second: int, delay: float, down: float, refused: list[str], late: float) -> None:
        self._per_second, self._delay, self._down, self._late = per_second, delay, down, late
        self._refused = frozenset(refused)
        self._lock = Lock()
        self._arrivals: deque[float] = deque()
        self._down_until = float("-inf")
        self._entries: dict[tuple[str, str], float] = {}
        self._history: list[dict[str, Any]] = []
        self._calls: Counter[str] = Counter()
        self._most = self._collapses = 0

    def __call__(self, call: Call) -> tuple[int, Any]:
        match call:
            case Call("POST", ("entries",), body={"rule": str(rule), "address": host}):
                return self._change("POST", rule, address(host))
            case Call("POST", ("entries",)):
                raise Bad(400, 'write {"rule": "…", "address": "…"}')
            case Call("DELETE", ("entries", host), query={"rule": rule}):
                return self._change("DELETE", rule, address(host))
            case Call("GET", (what,)) if what in ("entries", "history", "stats"):
                return 200, self._told(what)
        raise Bad(404, "there are POST and GET /entries, DELETE /entries/ADDRESS?rule=RULE, GET /history and GET /stats")

    def _change(self, verb: str, rule: str, host: str) -> tuple[int, Any]:
        arrived, begun = self._arrive(verb), time.time()
        time.sleep(uniform(self._delay / 4, self._delay))
        with self._lock:
            status = 500 if self._down_until > arrived else self._done(verb, rule, host)
            at = time.time()
            said = {"begun": begun, "at": at, "call": verb, "rule": rule, "address": host, "status": status}
            self._history.append(said)
        time.sleep(self._late)
        return status, {"result": {500: "lost", 403: "refused"}.get(status, "granted" if verb == "POST" else "revoked")}

    def _arrive(self, verb: str) -> float:
        """The moment, and what comes of one call more."""
        with self._lock:
            now = time.monotonic()
            self._calls[verb] += 1
            self._arrivals.append(now)
            while self._arrivals[0] <= now - 1:
                self._arrivals.popleft()
            self._most = max(self._most, len(self._arrivals))
            if len(self._arrivals) > self._per_second:
                self._collapses += now >= self._down_until
                self._down_until = now + self._down
            return now

    def _done(self, verb: str, rule: str, host: str) -> int:
        if verb == "DELETE":
            self._entries.pop((rule, host), None)
            return 200
        if rule in self._refused:
            return 403
        known = (rule, host) in self._entries
        self._entries.setdefault((rule, host), time.time())
        return 200 if known else 201

    def _told(self, what: str) -> Any:
        with self._lock:
            if what == "entries":
                return [{"rule": rule, "address": host, "since": since} for (rule, host), since in self._entries.items()]
            if what == "history":
                return list(self._history)
            return {"mostPerSecond": self._most, "calls": dict(self._calls), "collapses": self._collapses}


def main() -> None:
    parser = ArgumentParser(prog="acl", description="An access control list that is slow and easily drowned.")
    arguments(parser)
    parser.add_argument("--per-second", type=int, default=10, help="calls in a second that it bears (default: 10)")
    parser.add_argument("--delay", type=float, default=0.2, help="seconds that a call takes at most (default: 0.2)")
    parser.add_argument("--down", type=float, default=5, help="seconds for which it does nothing then (default: 5)")
    parser.add_argument("--refuse", metavar="RULE", action="append", default=[], help="a rule that it grants to nobody")
    parser.add_argument("--late", type=float, default=0, help="seconds by which it answers after it is done (default: 0)")
    options = parser.parse_args()
    serve(Acl(options.per_second, options.delay, options.down, options.refuse, options.late), options)


if __name__ == "__main__":
    main()
