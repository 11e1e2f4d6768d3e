"""`make example`, `make example-box`: types what the README.md of an example says, on the test cluster, and shows what happens.

Whatever happens, what it made is taken away again. The exit code is 0 if every step has shown what it should.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from examples.tour.checks import Check
from examples.tour.readme import Step, steps
from examples.tour.shell import Failed, say, typed
from examples.tour.tour import TOURS, Tour
from tests.cluster import lifecycle, sharing
from tests.cluster.access import Cluster
from tests.cluster.layout import OWN
from tests.cluster.pins import BINARIES, CACHE


def main(tour: Tour) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # not without taking everything away
    if reason := lifecycle.missing():
        sys.exit(f"the test cluster cannot run here: {reason}")
    with sharing.alone("installation", OWN), sharing.shared(OWN) as cluster:
        if there := cluster.kubectl("get", "namespaces", "--ignore-not-found", "-o", "name", *tour.made).split():
            sys.exit(f"the cluster has {', '.join(there)} already: the example would take them away")
        say("The images are built, if they have not been, and loaded", "bold")
        load(cluster, tour)
        begun = monotonic()
        try:
            walk(tour, environment(cluster))
        except Failed as failed:
            say(f"\n{failed}", "red")
            return 1
        say(f"\nEvery step has shown what it should, in {monotonic() - begun:.0f} s", "green")
    return 0


def walk(tour: Tour, environment: Mapping[str, str]) -> None:
    """Every step; the last takes everything away, and is never left out."""
    *shown, last = enumerate(zip(steps(tour.readme), tour.checks, strict=True), 1)
    try:
        for number, (step, check) in shown:
            show(number, step, check, environment)
    finally:
        number, (step, check) = last
        show(number, step, check, environment)


def show(number: int, step: Step, check: Check, environment: Mapping[str, str]) -> None:
    say(f"\n{number}. {step.title}", "bold")
    said = typed(step, environment)
    for sentence, true in check(said):
        say(f"  {'✓' if true else '✗'} {sentence}", "green" if true else "red")
        if not true:
            raise Failed(f"step {number} did not show that {sentence}")


def load(cluster: Cluster, tour: Tour) -> None:
    with sharing.alone("images"):
        folder = CACHE / "images"
        folder.mkdir(parents=True, exist_ok=True)
        for build in tour.images:
            cluster.load(build(folder).archive)


def environment(cluster: Cluster) -> dict[str, str]:
    """In which `kubectl`, `richpod` and `kubectl richpod` are found, and speak to this cluster."""
    path = f"{Path(sys.executable).parent}:{BINARIES}:{os.environ['PATH']}"
    cache = str(cluster.kubeconfig.parent / "kubectl-cache")
    return {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "KUBECACHEDIR": cache, "PATH": path}


if __name__ == "__main__":
    sys.exit(main(TOURS[sys.argv[1]]))
