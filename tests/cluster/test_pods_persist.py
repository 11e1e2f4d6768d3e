"""A folder of the image, once it is the application's own: what is changed there stays, and nobody sees half of it."""

import json
import os
import random
from collections.abc import Iterator
from functools import partial

import pytest

from .access import Object, ready
from .claims import CLAIM, asking, claim, folder, volume
from .pods import pod
from .processes import until
from .rich import Place, policy, verdicts
from .rich import asking as annotated

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

POLICY = policy()
PATH = "/var/lib/dpkg"
RESTARTS = int(os.environ.get("RICHPOD_PERSIST_RESTARTS", "2"))
KILLS = int(os.environ.get("RICHPOD_PERSIST_KILLS", "2"))

KILL = """
until pid=$(pgrep --newest --full 'launch fil[l] /usr ') || [ -e {volume}/data ]; do sleep 0.01; done
sleep {seconds}
kill -KILL $pid 2> /dev/null || :
"""


def ask(path: str = PATH, **more: object) -> dict[str, str]:
    return {"persist": json.dumps([{"path": path, "claim": CLAIM, **more}])}


def listing(path: str) -> str:
    """A script that prints all there is to know of a folder but for what differs from file system to file system."""
    about = r"find . -printf '%P %y %m %U:%G %n %T@ %l\n' | LC_ALL=C sort"
    return f"cd {path}; {about}; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"


@pytest.fixture
def claimed(rich: Place) -> Iterator[Place]:
    with claim(rich):
        yield rich


def test_what_the_image_has_is_there_once_and_restarts_of_the_container_find_it(
    claimed: Place, plain: Place, debian: str
) -> None:
    plain.create(debian, "sh", "-c", shell(listing(PATH)))
    script = f"cd {PATH}; echo >> starts; [ $(wc -l < starts) -gt {RESTARTS} ] || exit 1; rm starts; {listing(PATH)}"
    stored = claimed.create(debian, "sh", "-c", shell(script), ask=ask(single=True), restartPolicy="OnFailure").stored
    assert verdicts(stored)["persist"] == "applied"
    done = claimed.cluster.wait_for_pod(claimed.namespace, "subject", lambda seen: seen["status"].get("phase") == "Succeeded")
    assert done["status"]["containerStatuses"][0]["restartCount"] == RESTARTS
    assert without_the_folder(claimed.output()) == without_the_folder(plain.output())


def test_each_pod_of_a_stateful_set_finds_what_the_one_before_has_left(rich: Place, debian: str) -> None:
    script = f"cd {PATH}; [ -e starts ] || {{ rm available; echo changed > status; }}; echo >> starts; sleep 1000"
    with volume(rich, CLAIM) as held:
        rich.cluster.apply(stateful_set(rich, debian, script, held))
        for restart in range(RESTARTS + 1):
            made = rich.cluster.wait_for_pod(rich.namespace, "web-0", ready)
            assert verdicts(made)["persist"] == "applied"
            until("start", partial(has_started, rich, restart + 1))
            assert inside(rich, "cat status; ls available || :") == "changed\n"
            rich.cluster.kubectl("-n", rich.namespace, "delete", "pod", "web-0")
        rich.cluster.kubectl("-n", rich.namespace, "delete", "statefulset", "web", "--cascade=foreground")


def test_whoever_fills_may_be_killed_at_any_time(claimed: Place, plain: Place, debian: str) -> None:
    """The kubelet starts the init container anew, which goes on."""
    plain.create(debian, "sh", "-c", shell(listing("/usr")))
    script = shell(listing("/usr"))
    claimed.create(debian, "sh", "-c", script, ask=ask("/usr", single=True), restartPolicy="OnFailure")
    for _ in range(KILLS):
        seconds = round(random.uniform(0, 0.05), 3)
        claimed.cluster.on_node("sh", "-c", KILL.format(volume=folder(claimed), seconds=seconds))
    whole = claimed.output()
    ended = claimed.cluster.wait_for_pod(claimed.namespace, "subject", lambda seen: seen["status"].get("phase") == "Succeeded")
    print(f"\n{filler(ended)['restartCount']} of {KILLS} kills while it was filled")
    assert filler(ended)["restartCount"] > 0
    assert whole.splitlines() == plain.output().splitlines()


def test_a_user_whom_the_volume_is_not_for_is_told_what_to_write(claimed: Place, debian: str) -> None:
    claimed.create(debian, "true", ask=ask(single=True), securityContext={"runAsUser": 1000})
    ended = claimed.cluster.wait_for_pod(claimed.namespace, "subject", lambda seen: seen["status"].get("phase") == "Failed")
    said = filler(ended)["state"]["terminated"]["message"]
    assert said.startswith(
        "richpod: user 1000 may not write into the volume: name a group in the pod's securityContext.fsGroup; "
    )


def test_a_user_whose_group_the_volume_is_keeps_what_is_its_own(claimed: Place, debian: str) -> None:
    context = {"runAsUser": 1000, "runAsNonRoot": True, "fsGroup": 2000}
    whole = pod(claimed.namespace, debian, "sh", "-c", f"cd {PATH}; touch note; id -u; ls -A note", securityContext=context)
    whole["metadata"]["annotations"] = annotated({"init": "launch", **ask(single=True)})
    claimed.cluster.apply(whole)
    assert claimed.output() == "1000\nnote\n"


def filler(seen: Object) -> Object:
    """The status of the container that fills."""
    (found,) = (each for each in seen["status"]["initContainerStatuses"] if each["name"] == "richpod-fill-0")
    return found


def has_started(place: Place, times: int) -> bool:
    return inside(place, "wc -l < starts") == f"{times}\n"


def inside(place: Place, script: str) -> str:
    return place.inside("sh", "-c", f"cd {PATH}; {script} 2> /dev/null", name="web-0")


def shell(script: str) -> str:
    """As a word of a pod's command, in which the kubelet replaces nothing."""
    return script.replace("$(", "$$(")


def without_the_folder(said: str) -> list[str]:
    """Itself, which was written to."""
    return [line for line in said.splitlines() if not line.startswith(" d ")]


def stateful_set(place: Place, image: str, script: str, held: str) -> Object:
    whole = pod(place.namespace, image, "sh", "-c", shell(script))
    spec = {key: value for key, value in whole["spec"].items() if key != "restartPolicy"}
    labels = {"app": "subject"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "web", "namespace": place.namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, "annotations": annotated(ask())}, "spec": spec},
            "volumeClaimTemplates": [{"metadata": {"name": CLAIM}, "spec": asking(held)}],
        },
    }
