"""Times from creating a pod to its being ready, of several ways in turns: printed, for a time proves nothing elsewhere."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import monotonic

from .access import Cluster
from .namespaces import namespaces
from .rich import Place, opted_in, policy, verdicts

ROUNDS = int(os.environ.get("RICHPOD_START_ROUNDS", "1"))
"""The kubelet notices some changes only once a second, so single times are worth little."""
PLAIN = "plain"


@contextmanager
def places(
    cluster: Cluster, folder: Path, features: Mapping[str, object] | None = None, **sections: object
) -> Iterator[dict[str, Place]]:
    """A namespace that did not opt in, and one for each delivery of the toolkit under such a policy, by name."""
    with ExitStack() as stack:
        make = stack.enter_context(namespaces(cluster))
        found = {PLAIN: Place(cluster, make())}
        for delivery in ("copy", "image"):
            (folder / delivery).mkdir()
            text = policy(features, toolkit={"delivery": delivery}, **sections)
            found[delivery] = Place(cluster, make(stack.enter_context(opted_in(cluster, text, folder / delivery))))
        yield found


def seconds_to_ready(place: Place, image: str, name: str, features: set[str], **fields: object) -> float:
    begun = monotonic()
    stored = place.create(image, "/probe", "until", "15", name=name, **fields).stored
    place.started(name)
    taken = monotonic() - begun
    assert verdicts(stored) == dict.fromkeys(features, "applied")
    return taken


def clear(places: Mapping[str, Place]) -> None:
    for place in places.values():
        place.cluster.kubectl("-n", place.namespace, "delete", "pods", "--all")


def show(times: Mapping[str, list[float]]) -> None:
    print(f"\n\nSeconds from create to Ready, median of {ROUNDS}, in turns:")
    for name, found in times.items():
        print(f"  {name:32} {median(found):5.2f}   ({min(found):.2f} to {max(found):.2f})")
