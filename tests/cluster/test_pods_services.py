"""Services beside an application on a real node: the image's own, the toolkit's, and the policy's."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from .machines import new_namespace
from .processes import until
from .rich import Place, policy, verdicts

pytestmark = pytest.mark.cluster

NAMESPACE = new_namespace()
AGENT = {"argv": ["sh", "-c", "echo begun > /dev/stdout; exec sleep 1000"], "user": "daemon"}
POLICY = policy(services={"agent": AGENT, "sshd": {"authorizedKeys": "who"}})
ENV = [{"name": "CITY", "value": "it's"}]
KEY = Ed25519PrivateKey.generate()
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
LOGIN = "ssh -i /root/key -o StrictHostKeyChecking=no -o BatchMode=yes root@127.0.0.1"
WHO = """'bash -lc "echo \\$(whoami) \\$CITY"'"""
TICK = "* * * * * %sdate > /tmp/fired\n"


@pytest.fixture(scope="module")
def machine_pod(box: Place, machine: str) -> Place:
    """Has all of them, of an image that has cron, rsyslog and sshd."""
    box.cluster.kubectl("-n", box.namespace, "create", "configmap", "who", f"--from-literal=authorized_keys={PUBLIC}")
    ask = {"services": "agent, crond, syslogd, sshd"}
    script = "echo 'TICK' > /etc/cron.d/tick; trap 'exit 7' TERM; while :; do sleep 0.1; done"
    stored = box.create(
        machine, "bash", "-c", script.replace("TICK", TICK.strip() % "root "), name="machine", ask=ask, env=ENV
    ).stored
    assert verdicts(stored) == {"init": "applied", "services": "applied"}
    box.started("machine")
    return box


@pytest.fixture(scope="module")
def small_pod(box: Place, busybox: str) -> Place:
    """Has them, of an image that has nothing of the kind."""
    files = {"/etc/passwd": "root:x:0:0::/:/bin/sh", "/var/spool/cron/crontabs/root": TICK.strip() % ""}
    written = " && ".join(f"mkdir -p $$(dirname {path}) && echo '{text}' > {path}" for path, text in files.items())
    script = f"{written} && exec sleep 1000"
    box.create(busybox, "sh", "-c", script, name="small", ask={"services": "crond, syslogd, sshd"})
    box.started("small")
    return box


def starts(place: Place, service: str, name: str = "machine") -> str:
    return place.inside("cat", f"/.richpod-state/main/service-{service}", name=name).strip()


def log(place: Place, name: str) -> list[str]:
    return place.cluster.kubectl("-n", place.namespace, "logs", name).splitlines()


def test_each_runs_with_its_own_rights_and_what_it_prints_is_in_the_log(machine_pod: Place, small_pod: Place) -> None:
    until("all are started", lambda: [starts(machine_pod, name) for name in ("agent", "crond", "syslogd", "sshd")] == ["1 1"] * 4)
    until("its line", lambda: "[agent] begun" in log(machine_pod, "machine"))
    assert machine_pod.inside("ps", "-o", "user=", "-C", "sleep", name="machine").splitlines().count("daemon") == 1


def test_one_that_ends_is_started_again_and_the_application_goes_on(machine_pod: Place) -> None:
    machine_pod.inside("pkill", "-KILL", "-u", "daemon", name="machine")
    until("its second start", lambda: starts(machine_pod, "agent") == "1 2")
    (status,) = machine_pod.started("machine")["status"]["containerStatuses"]
    assert (status["restartCount"], status["ready"]) == (0, True)
    assert "richpod: service agent: ended with exit code 137: it is started again" in log(machine_pod, "machine")


def test_who_has_a_key_of_the_config_map_logs_in_until_it_is_taken_away(machine_pod: Place) -> None:
    machine_pod.inside("sh", "-c", f"umask 077; echo '{PRIVATE}' > /root/key", name="machine")
    until("sshd", lambda: login(machine_pod) == "root it's\n")
    kubectl, place = machine_pod.cluster.kubectl, ("-n", machine_pod.namespace)
    kubectl(*place, "patch", "configmap", "who", "--type=merge", "-p", '{"data": {"authorized_keys": ""}}')
    kubectl(*place, "annotate", "pod", "machine", "looked=at")  # else the kubelet looks within a minute and a half
    until("its end", lambda: login(machine_pod) == "", 150)


def login(place: Place) -> str:
    return place.inside("sh", "-c", f"{LOGIN} {WHO} 2> /dev/null || :", name="machine")


def test_jobs_of_cron_fire(machine_pod: Place, small_pod: Place) -> None:
    for name in ("machine", "small"):
        until("cron", lambda name=name: machine_pod.inside("sh", "-c", "cat /tmp/fired || :", name=name), 130)


def test_what_is_sent_to_the_log_daemon_is_kept(machine_pod: Place, small_pod: Place) -> None:
    machine_pod.inside("logger", "hello", name="machine")
    until("rsyslog", lambda: "hello" in machine_pod.inside("sh", "-c", "cat /var/log/syslog || :", name="machine"))
    small_pod.inside("logger", "hello", name="small")
    until("BusyBox's", lambda: any(line.startswith("[syslogd] ") and "hello" in line for line in log(small_pod, "small")))


def test_an_image_without_sshd_is_told_so_once(small_pod: Place) -> None:
    assert sorted(line for line in log(small_pod, "small") if "sshd" in line) == [
        "[sshd] richpod: the image has no /usr/sbin/sshd: install openssh-server in it",
        "richpod: service sshd: ended with exit code 127: it is not started again",
    ]
    assert starts(small_pod, "sshd", "small") == "1 1 127"


def test_the_pod_stops_within_five_seconds_by_its_application_s_code(machine_pod: Place) -> None:
    """The last one: nothing is left."""
    begun = time.monotonic()
    assert machine_pod.stop("machine").code == 7
    assert time.monotonic() - begun < 5
