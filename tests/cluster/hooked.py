"""Pods with hooks whose containers say what happens to them, one word a line."""

import re
from collections.abc import Mapping
from typing import Any

from webhook.policy.hooks import KINDS

from .access import Cluster, Object
from .layout import NODE
from .processes import until
from .rich import Place
from .told import Told

FILE = "/www/online"
"""The online file, in a volume that outlives the container."""
# Of two `$` the kubelet makes one.
PROGRAM = f"""
trap 'echo stopping; sleep ${{STOPPING:-0}}; exit 0' TERM
trap 'exec tail /dev/zero' USR1
trap 'exit 7' HUP
echo $$$$ > /tmp/program
echo program
(was=offline
while :; do
    [ -e {FILE} ] && is=online || is=offline
    [ $is = $was ] || echo $is
    was=$is
    sleep 0.02
done) &
sleep ${{STARTING:-0.2}} & wait $!
echo answering
echo hello > /tmp/index.html
httpd -f -p 8080 -h /tmp &
while :; do wait; done
"""
"""For the image busybox. Says when it sees the online file come and go. USR1 makes it take all memory there is, HUP end."""
WEB = {"volumes": [{"name": "www", "emptyDir": {}}], "volumeMounts": [{"name": "www", "mountPath": "/www"}]}


def saying(kind: str) -> Object:
    """A hook that says its name and why it runs, and whether the online file is there, which none may ever see."""
    script = f"echo {kind} $RICHPOD_REASON $RICHPOD_EXIT_CODE $RICHPOD_SIGNAL; [ ! -e {FILE} ] || echo online already"
    return {"path": "/bin/sh", "args": ["-c", script]}


def hooks(**fields: Any) -> dict[str, Any]:
    """Features of a profile, for `rich.policy`: hooks of all kinds, and all of the switch."""
    lists = {kind: [saying(kind)] for kind in KINDS}
    return {"hooks": {**lists, "checkUrl": "http://:8080/index.html", "onlineFile": FILE, "drain": 1, **fields}}


def start(place: Place, image: str, name: str = "subject", ask: Mapping[str, object] | None = None, **fields: Any) -> Told:
    """A pod of PROGRAM with a grace period of 10 s. `fields`: as of `Place.create`."""
    spec = {"restartPolicy": "Always", "terminationGracePeriodSeconds": 10, **WEB, **fields}
    place.create(image, "sh", "-c", PROGRAM, name=name, ask=ask, **spec)
    return Told(place.cluster, place.namespace, name)


def settle(cluster: Cluster) -> None:
    """Until the kubelet has looked at all containers anew.

    It does so once a second, and ends a pod only if it did after the pod's last change: without this a deletion may wait.
    """
    looked = _looks(cluster)
    until("two looks of the kubelet", lambda: _looks(cluster) >= looked + 2)


def _looks(cluster: Cluster) -> int:
    metrics = cluster.kubectl("get", f"--raw=/api/v1/nodes/{NODE}/proxy/metrics")
    found = re.search(r"^kubelet_pleg_relist_duration_seconds_count (\d+)", metrics, re.M)
    return int(found[1]) if found else 0
