"""How long, and how often, an authorizer asks, in a time of its own."""

import pytest

from webhook.inpod.authorizer import SPARE, persist
from webhook.inpod.gateway import NotAuthorized, NotYet, Refused


class Answers:
    """Of a gateway, in their order, the last for ever, and the seconds at which it was asked, each of which takes `seconds`."""

    def __init__(self, *answers: str | NotAuthorized, seconds: float = 0) -> None:
        self.now, self.moments, self.patience = 0.0, list[float](), list[float]()
        self._answers, self._seconds = [*answers], seconds

    def ask(self, patience: float) -> str:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.moments.append(self.now)
        self.patience.append(patience)
        self.now += self._seconds
        if isinstance(answer, NotAuthorized):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def persist(self, wait: float) -> str:
        return persist(self.ask, wait, lambda: self.now, self.sleep)


AWAY = NotYet("away")


def test_it_asks_again_after_longer_and_longer_pauses_as_long_as_it_waits() -> None:
    gateway = Answers(AWAY)
    with pytest.raises(NotYet, match="away"):
        gateway.persist(30)
    assert gateway.moments == [0, 1, 3, 7, 15, 23]
    assert gateway.patience == [30 + SPARE - moment for moment in gateway.moments]


def test_it_ends_with_its_wait_however_slow_the_answers_are() -> None:
    gateway = Answers(AWAY, seconds=10)
    with pytest.raises(NotYet):
        gateway.persist(30)
    assert gateway.moments == [0, 11, 23]


def test_it_asks_no_earlier_than_it_is_told_to() -> None:
    gateway = Answers(NotYet("3 calls", 50), AWAY, "orders")
    assert gateway.persist(120) == "orders"
    assert gateway.moments == [0, 50, 52]


def test_it_does_not_wait_for_what_comes_too_late() -> None:
    gateway = Answers(NotYet("3 calls", 50), "orders")
    with pytest.raises(NotYet, match="3 calls"):
        gateway.persist(49)
    assert gateway.now == 0


@pytest.mark.parametrize("answer", [Refused("no"), NotAuthorized("not trusted")])
def test_what_is_final_is_final_at_once(answer: NotAuthorized) -> None:
    gateway = Answers(answer)
    with pytest.raises(type(answer)):
        gateway.persist(120)
    assert gateway.moments == [0]
