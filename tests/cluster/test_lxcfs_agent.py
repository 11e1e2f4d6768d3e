"""lxcfs ends, hangs, is updated and removed on a node, under running pods."""

from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from webhook.installation import LXCFS

from .access import Cluster, Object, ready
from .namespaces import namespaces
from .node_agent import Agent
from .processes import until
from .rich import Place, policy

pytestmark = pytest.mark.cluster

FOLDER = "/var/lib/richpod/lxcfs-under-test"
POLICY = policy({"lxcfs": True}, lxcfs={"path": FOLDER})
LIMITS = {"limits": {"cpu": "1", "memory": "64Mi"}, "requests": {"cpu": "10m"}}
RIGHT = "MemTotal: 65536 kB"
WITHIN = 10
"""Seconds in which running pods must be healed."""
WATCH = """while sleep 0.01; do
  line=; read -r line </proc/meminfo; test "$line" = "$last" || echo "$line"; last=$line
done 2>&1"""


@pytest.fixture(scope="module")
def agent(cluster: Cluster, richpod_image: str) -> Iterator[Agent]:
    with namespaces(cluster) as make:
        installed = Agent(cluster, make(), POLICY)
        installed.apply()
        yield installed


@pytest.fixture
def running(rich: Place, agent: Agent, debian: str, static: str) -> Callable[[], list[str]]:
    """Pods of three kinds; what each of them sees as the first line of /proc/meminfo."""
    rich.create(debian, "sleep", "1000", name="debian", resources=LIMITS)
    rich.create(static, "/probe", "until", "15", name="shell-less", ask={"init": "none"}, resources=LIMITS)
    rich.create(debian, "sleep", "1000", name="restarted", resources=LIMITS, restartPolicy="Always")
    for name in ("debian", "shell-less", "restarted"):
        rich.started(name)
    restart(rich, "restarted")
    shown = {"debian": ("head", "-n1"), "shell-less": ("/probe", "first-line"), "restarted": ("head", "-n1")}

    def look() -> list[str]:
        return [" ".join(rich.inside(*tool, "/proc/meminfo", name=name).split()) for name, tool in shown.items()]

    assert look() == [RIGHT] * 3
    return look


def test_on_a_node_that_never_had_it_a_pod_waits_and_no_directory_is_made(rich: Place, debian: str) -> None:
    """Trap 13."""
    rich.create(debian, "head", "-n1", "/proc/meminfo", resources=LIMITS)
    until("an event", lambda: "is not a file" in waiting(rich))
    rich.cluster.on_node("test", "!", "-d", f"{FOLDER}/proc/meminfo")


def test_killed_twice_in_a_row_running_pods_are_healed(agent: Agent, running: Callable[[], list[str]]) -> None:
    before = agent.metrics()
    for _ in range(2):
        agent.signal("KILL", "lxcfs")
        healed(running)
        until("ready", lambda: agent.metrics()["richpod_lxcfs_up"] == 1, WITHIN)
    after = agent.metrics()
    for counted in ("richpod_lxcfs_restarts_total ended", "richpod_lxcfs_layers"):
        assert after[counted] == before[counted] + 2


def test_an_lxcfs_that_hangs_is_replaced(agent: Agent, running: Callable[[], list[str]]) -> None:
    before = agent.metrics()["richpod_lxcfs_restarts_total silent"]
    agent.signal("STOP", "lxcfs")
    healed(running)
    until("counted", lambda: agent.metrics()["richpod_lxcfs_restarts_total silent"] == before + 1, WITHIN)


def test_killed_with_all_of_its_pod_a_new_one_heals(agent: Agent, running: Callable[[], list[str]]) -> None:
    agent.signal("KILL")
    healed(running)
    agent.wait()


def test_a_pod_created_meanwhile_waits_with_an_event_and_starts(agent: Agent, rich: Place, debian: str) -> None:
    agent.signal("STOP", "richpod")
    agent.signal("KILL", "lxcfs")
    rich.create(debian, "head", "-n1", "/proc/meminfo", resources=LIMITS)
    until("an event", lambda: "is not a file" in waiting(rich))
    agent.signal("CONT", "richpod")
    assert rich.output().split() == RIGHT.split()


def test_an_update_of_the_agent_is_not_noticed(agent: Agent, rich: Place, debian: str) -> None:
    """The new pod lays its lxcfs over the old one's before that one ends."""
    rich.create(debian, "bash", "-c", WATCH, name="watching", resources=LIMITS)
    rich.started("watching")
    agent.kubectl("rollout", "restart", f"daemonset/{LXCFS}")
    agent.wait()
    (seen,) = rich.cluster.kubectl("-n", rich.namespace, "logs", "watching").splitlines()
    assert seen.split() == RIGHT.split()


def test_removed_it_leaves_no_mounts_and_a_pod_waits_for_the_next(agent: Agent, rich: Place, debian: str) -> None:
    until("no pods of other tests", lambda: FOLDER not in mounted(agent.cluster))
    agent.remove()
    assert FOLDER not in agent.cluster.on_node("cat", "/proc/mounts")
    rich.create(debian, "head", "-n1", "/proc/meminfo", resources=LIMITS)
    until("an event", lambda: "is not a file" in waiting(rich))
    agent.apply()
    assert rich.output().split() == RIGHT.split()
    assert agent.metrics()["richpod_lxcfs_layers"] == 1


def healed(look: Callable[[], list[str]]) -> None:
    begun = monotonic()
    until("healed", lambda: look() == [RIGHT] * 3, WITHIN)
    print(f"healed after {monotonic() - begun:.1f} s")


def restart(place: Place, name: str) -> None:
    """Ends the container's first process; returns when the next is ready."""

    def again(seen: Object) -> bool:
        return ready(seen) and seen["status"]["containerStatuses"][0]["restartCount"] == 1

    place.inside("kill", "1", name=name)
    place.cluster.wait_for_pod(place.namespace, name, again)


def mounted(cluster: Cluster) -> str:
    """What all pods mount of their node, but the agent's, which do not name a single file."""
    return cluster.kubectl(
        "get", "pods", "-A", "-o", "jsonpath={.items[*].spec.volumes[?(@.hostPath.type=='File')].hostPath.path}"
    )


def waiting(place: Place) -> str:
    """What the kubelet says about the pods."""
    return place.cluster.kubectl("-n", place.namespace, "get", "events", "--field-selector=reason=FailedMount")
