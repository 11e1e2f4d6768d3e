"""The sidecar of an authorized pod: it asks again wherever it starts, and says early that the program has ended."""

import pytest

from webhook.gateway import stored
from webhook.inpod.contract import SIDECAR_CONTAINER

from .authorizing import Authorizing, policy
from .events import Subject, kill_sidecar, restarted, signalled
from .hooked import hooks, start
from .processes import until
from .rich import Place
from .told import Told

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

POLICY = policy(window=2, features={"init": "launch", **hooks()})
GRANTED = "granted: acl"


def said(subject: Subject) -> Told:
    return Told(subject.place.cluster, subject.place.namespace, subject.name, SIDECAR_CONTAINER)


def test_a_sidecar_that_starts_again_asks_again_and_no_upstream_hears_of_it(
    authorizing: Authorizing, let_in: Place, busybox: str
) -> None:
    start(let_in, busybox).wait("online")
    subject = Subject(let_in, "subject")
    said(subject).wait(GRANTED)
    kill_sidecar(subject)
    said(subject).wait(GRANTED, times=2)
    assert len(authorizing.history(address=subject.wait()["status"]["podIP"])) == 1


def test_what_was_lost_while_no_gateway_ran_is_granted_again(authorizing: Authorizing, let_in: Place, busybox: str) -> None:
    start(let_in, busybox).wait("online")
    subject = Subject(let_in, "subject")
    said(subject).wait(GRANTED)
    made = subject.wait()
    uid, address = made["metadata"]["uid"], made["status"]["podIP"]
    with authorizing.away():
        authorizing.cluster.kubectl("delete", f"--raw={stored.PATH}/{uid}")
        authorizing.acl.ask("DELETE", f"/entries/{address}?rule=orders")
        assert address not in authorizing.entries()
    kill_sidecar(subject)
    subject.wait(restarted)
    authorizing.agree(1)


def test_the_end_of_the_program_is_told_before_the_pod_has_ended(authorizing: Authorizing, let_in: Place, busybox: str) -> None:
    start(let_in, busybox, restartPolicy="Never").wait("online")
    subject = Subject(let_in, "subject")
    made = subject.wait()
    signalled("HUP")(subject)
    until("the end of its entry", lambda: made["status"]["podIP"] not in authorizing.entries())
    uid = made["metadata"]["uid"]
    until("its word", lambda: authorizing.events("release", uid))
    assert [word["ended"] for word in authorizing.events("release", uid)] == [True]
    until("the revocation", lambda: authorizing.events("revocation", uid))
    assert [word["why"] for word in authorizing.events("revocation", uid)] == ["the application has ended"]
