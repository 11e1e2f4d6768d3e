"""How a request of a pod ends early: for good, or for now."""

from webhook.errors import ApiError


class Denied(Exception):
    """`status` is HTTP's, 401 or 403; `reason` is one word for metrics, the message a sentence for people."""

    def __init__(self, status: int, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.reason, self.sentence = status, reason, sentence


class Busy(Exception):
    """`status` is HTTP's, 429 or 503; `seconds` after which it is worth asking again."""

    def __init__(self, status: int, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.seconds = status, sentence, seconds


def another_leads() -> Busy:
    return Busy(503, "another replica leads", 1)


def closed() -> Busy:
    return Busy(503, "the gateway was closed by an administrator", 30)


def unwritten(error: ApiError) -> Busy:
    return Busy(503, f"the ledger cannot be written: {error.sentence}", 1)


def unanswered(error: ApiError) -> Busy:
    return Busy(503, f"the API server does not answer: {error.sentence}", 1)
