"""A pod starts once the gateway has let its address in, says why where it may not, and is kept out again when it has gone."""

import pytest

from webhook.inpod.contract import APPLICATION_OPTION, GRANT_OPTION

from .access import Object
from .authorizing import Authorizing, policy, refusal
from .namespaces import Namespaces
from .pods import pod
from .processes import until
from .rich import Place, verdicts
from .witness import witness

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

POLICY = policy(window=2)
NO_ANSWER, REFUSED = 75, 77
ABSENT = (
    "richpod: no answer from the gateway within 10 s",
    "richpod: the gateway cannot be reached: Connection refused",
    "richpod: the gateway cannot be reached: No route to host",
)
"""An address that nobody has any more often says nothing at all."""


def test_its_address_is_let_in_before_its_program_starts_and_until_it_has_ended(
    authorizing: Authorizing, let_in: Place, richpod_image: str
) -> None:
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
    """Written by hand where no webhook is called."""
    made, plain = let_in.create(busybox, "sleep", "1000", ask={"init": "none"}).stored, namespace()
    spec = {key: made["spec"][key] for key in ("volumes", "initContainers")}
    (authorizer,) = spec["initContainers"]
    for word, value in ((APPLICATION_OPTION, f"{plain}/subject"), (GRANT_OPTION, "foreign")):
        authorizer["command"][authorizer["command"].index(word) + 1] = value
    spec["volumes"] = [volume for volume in spec["volumes"] if not volume["name"].startswith("kube-api-access")]
    let_in.cluster.apply(labelled(pod(plain, busybox, "sleep", "1000", **spec)))
    end = refusal(let_in.cluster, plain)
    assert end.code == REFUSED
    assert end.message == f"richpod: not authorized: {plain}/subject of {plain}/default may not ask for foreign"


def labelled(whole: Object) -> Object:
    whole["metadata"]["labels"]["richpod.io/authorize"] = "true"
    return whole


def test_while_the_gateway_is_away_a_pod_waits_and_then_starts_by_itself(
    authorizing: Authorizing, let_in: Place, busybox: str
) -> None:
    with authorizing.away():
        let_in.create(busybox, "sleep", "1000", restartPolicy="Always")
        end = refusal(let_in.cluster, let_in.namespace)
        assert end.code == NO_ANSWER
        assert end.message in ABSENT
        assert address(let_in) not in authorizing.entries()
    let_in.started()
    assert address(let_in) in authorizing.entries()


def address(place: Place) -> str:
    """Of the pod, which has one."""
    return str(place.cluster.wait_for_pod(place.namespace, "subject", lambda pod: "podIP" in pod["status"])["status"]["podIP"])
