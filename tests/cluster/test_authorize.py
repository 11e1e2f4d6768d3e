"""A pod starts once the gateway has let its address in, says why where it may not, and is kept out again when it has gone.

Its sidecar asks again wherever it starts, and says early that the program has ended.
"""

from collections.abc import Mapping

import pytest

from webhook.gateway.grants import stored
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZE_LABEL, GRANT_OPTION, SIDECAR_CONTAINER, WAIT_OPTION

from .access import Object
from .authorizing import Authorizing, policy, refusal
from .events import Subject, kill_sidecar, restarted, signalled
from .hooked import FILE, start
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import Place, verdicts
from .told import Told
from .witness import witness

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

POLICY = policy(window=2)
NO_ANSWER, REFUSED = 75, 77
ABSENT = (
    "richpod: no answer from the gateway within 5 s",
    "richpod: the gateway cannot be reached: Connection refused",
    "richpod: the gateway cannot be reached: No route to host",
)
"""An address that nobody has any more often says nothing at all."""
SIDECAR = {"check-url": "http://:8080/index.html", "online-file": FILE}
"""What a pod of `hooked.start` asks for to have one."""
GRANTED = "granted: acl"


def test_its_address_is_let_in_before_its_program_starts_and_until_it_has_ended(
    authorizing: Authorizing, let_in: Place, richpod_image: str
) -> None:
    """Trap 8: nothing in the pod revokes, which would be too early, or come to nothing."""
    with witness(authorizing.entries) as seen:
        assert verdicts(let_in.create(richpod_image, *seen.command).stored)["authorize"] == "applied"
        until("the program", lambda: seen.lives and seen.lives[0].looks >= 10)
        address = let_in.started()["status"]["podIP"]
        (grant,) = [each for each in authorizing.grants() if each["spec"]["addresses"] == [address]]
        assert (grant["status"]["phase"], grant["spec"]["application"]) == ("Active", f"{let_in.namespace}/subject")
        let_in.cluster.kubectl("-n", let_in.namespace, "delete", "pod", "subject")
        until("the end of its entry", lambda: address not in authorizing.entries(), 10)
    (life,) = seen.lives
    assert (life.address, life.missing) == (address, [])
    assert life.ended is not None


def test_what_the_upstream_refuses_is_told_and_tried_again(authorizing: Authorizing, let_in: Place, busybox: str) -> None:
    let_in.create(busybox, "sleep", "1000", ask={"authorize": "refused"})
    end = refusal(let_in.cluster, let_in.namespace)
    assert (end.code, end.message) == (REFUSED, "richpod: not authorized: acl: it answered 403")
    assert address(let_in) not in authorizing.entries()


def test_what_the_policy_refuses_is_refused_whatever_admission_let_pass(
    authorizing: Authorizing, let_in: Place, namespace: Namespaces, busybox: str
) -> None:
    made, plain = let_in.create(busybox, "sleep", "1000", ask={"init": "none"}).stored, namespace()
    let_in.cluster.apply(by_hand(made, plain, busybox, {GRANT_OPTION: "foreign"}))
    end = refusal(let_in.cluster, plain)
    assert end.code == REFUSED
    assert (
        end.message
        == f"richpod: not authorized: application {plain}/subject, ServiceAccount {plain}/default, may not ask for foreign"
    )


def by_hand(made: Object, namespace: str, image: str, words: Mapping[str, str], **fields: object) -> Object:
    """A pod where no webhook is called, with `words` in place of those that the authorizer of `made` has."""
    spec = {key: made["spec"][key] for key in ("volumes", "initContainers")}
    spec["volumes"] = [volume for volume in spec["volumes"] if not volume["name"].startswith("kube-api-access")]
    (authorizer,) = spec["initContainers"]
    for word, value in {APPLICATION_OPTION: f"{namespace}/subject", **words}.items():
        authorizer["command"][authorizer["command"].index(word) + 1] = value
    whole = pod(namespace, image, "sleep", "1000", **spec, **fields)
    whole["metadata"]["labels"][AUTHORIZE_LABEL] = "true"
    return whole


def test_while_the_gateway_is_away_pods_wait_and_then_start_by_themselves(
    authorizing: Authorizing, let_in: Place, namespace: Namespaces, busybox: str
) -> None:
    """Also one that never starts again, as long as it has patience."""
    impatient = Place(let_in.cluster, namespace())
    with authorizing.away():
        made = let_in.create(busybox, "true", ask={"init": "none"}).stored
        let_in.cluster.apply(by_hand(made, impatient.namespace, busybox, {WAIT_OPTION: "0"}, restartPolicy="Always"))
        end = refusal(impatient.cluster, impatient.namespace)
        assert end.code == NO_ANSWER
        assert end.message in ABSENT
        assert authorizing.entries().isdisjoint((address(let_in), address(impatient)))
    assert let_in.end().code == 0
    assert authorizing.history("POST", address=address(let_in))
    impatient.started()
    assert address(impatient) in authorizing.entries()


def test_one_that_waits_in_vain_is_gone_as_soon_as_it_is_deleted(authorizing: Authorizing, let_in: Place, busybox: str) -> None:
    with authorizing.away():
        let_in.create(busybox, "true", terminationGracePeriodSeconds=60)
        let_in.cluster.wait_for_pod(let_in.namespace, "subject", waits)
        let_in.cluster.kubectl("-n", let_in.namespace, "delete", "pod", "subject", "--timeout=20s")


def waits(pod: Object) -> bool:
    return any("running" in status["state"] for status in pod["status"].get("initContainerStatuses", ()))


def address(place: Place) -> str:
    """Of the pod, which has one."""
    return str(place.cluster.wait_for_pod(place.namespace, "subject", lambda pod: "podIP" in pod["status"])["status"]["podIP"])


def said(subject: Subject) -> Told:
    return Told(subject.place.cluster, subject.place.namespace, subject.name, SIDECAR_CONTAINER)


def test_a_sidecar_that_starts_again_asks_again_and_no_upstream_hears_of_it(
    authorizing: Authorizing, let_in: Place, busybox: str
) -> None:
    start(let_in, busybox, ask=SIDECAR).wait("online")
    subject = Subject(let_in, "subject")
    said(subject).wait(GRANTED)
    kill_sidecar(subject)
    said(subject).wait(GRANTED, times=2)
    assert len(authorizing.history(address=subject.wait()["status"]["podIP"])) == 1


def test_what_was_lost_while_no_gateway_ran_is_granted_again(authorizing: Authorizing, let_in: Place, busybox: str) -> None:
    start(let_in, busybox, ask=SIDECAR).wait("online")
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
    start(let_in, busybox, ask=SIDECAR, restartPolicy="Never").wait("online")
    subject = Subject(let_in, "subject")
    made = subject.wait()
    signalled("HUP")(subject)
    until("the end of its entry", lambda: made["status"]["podIP"] not in authorizing.entries())
    uid = made["metadata"]["uid"]
    until("its word", lambda: authorizing.events("release", uid))
    assert [word["ended"] for word in authorizing.events("release", uid)] == [True]
    until("the revocation", lambda: authorizing.events("revocation", uid))
    assert [word["why"] for word in authorizing.events("revocation", uid)] == ["the application has ended"]
