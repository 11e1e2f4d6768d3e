"""How long something has been seen to be so, without a break."""


class Stopwatch:
    """Begins again whenever something else is seen, or nothing."""

    def __init__(self) -> None:
        self._what: str | None = None
        self._since = 0.0

    def seconds(self, what: str | None, at: float) -> float:
        """`at`: seconds of a clock that nobody sets."""
        if what != self._what:
            self._what, self._since = what, at
        return 0.0 if what is None else at - self._since
