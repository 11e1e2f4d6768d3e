"""A pod as a machine: the image's systemd is process 1, and what was the pod's program is one of its services."""

import base64
import time
from typing import Any

import pytest

from .machines import new_namespace, policy, running
from .processes import until
from .rich import End, Place, verdicts
from .test_pods_argv import REFERENCES, SHELL, WORDS
from .test_switch import restarted

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

NAMESPACE = new_namespace()
POLICY = policy(NAMESPACE)
ASK = {"init": "systemd"}
FOR_EVER = ("sleep", "1000")
VARIABLES = [{"name": "with-dashes", "value": '"quoted" %s $x'}, {"name": "a.b", "value": "first\n\n third "}]

KEY = "cd /root; mkdir .ssh; ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519; cp .ssh/id_ed25519.pub .ssh/authorized_keys"


def test_it_is_running_and_no_unit_has_failed(box: Place, machine: str) -> None:
    stored = box.create(machine, *FOR_EVER, name="running", ask=ASK).stored
    assert verdicts(stored) == {"init": "applied"}
    box.started("running")
    assert running(box, "running") == "running"
    assert box.inside("systemctl", "list-units", "--failed", "--no-legend", "--plain", name="running") == ""
    assert box.inside("cat", "/proc/1/comm", name="running") == "systemd\n"
    service = box.inside("systemctl", "show", "--property=MainPID", "--value", "richpod.service", name="running").strip()
    assert box.argv(service, name="running") == [*FOR_EVER]


def test_exit_codes_surface_in_the_status_of_the_pod(box: Place, machine: str) -> None:
    """Traps 4 and 5: a death by signal n is 128+n."""
    ways = {"succeeding": "exit 0", "failing": "exit 42", "killed": "kill -KILL $$$$", "crashing": "kill -SEGV $$$$"}
    for name, script in ways.items():
        box.create(machine, "sh", "-c", script, name=name, ask=ASK)
    assert {name: box.end(name).code for name in ways} == {"succeeding": 0, "failing": 42, "killed": 137, "crashing": 139}


def test_a_program_that_does_not_start_is_explained_in_the_termination_message(box: Place, machine: str) -> None:
    box.create(machine, "/no/such", name="absent", ask=ASK)
    assert box.end("absent") == End(127, "Error", 'richpod: cannot start "/no/such": no such file')


def test_it_stops_within_five_seconds_by_the_program_s_own_code(box: Place, machine: str) -> None:
    """Trap 3: TERM would never stop it."""
    box.create(machine, "bash", "-c", "trap 'echo asked; exit 7' TERM; while :; do sleep 0.1; done", name="stopped", ask=ASK)
    box.started("stopped")
    running(box, "stopped")
    begun = time.monotonic()
    assert box.stop("stopped").code == 7
    assert time.monotonic() - begun < 5


def test_its_lines_arrive_in_order_each_on_its_own_stream(box: Place, machine: str) -> None:
    """Trap 6."""
    script = "for i in $(seq 5000); do echo line $i; done; echo oops >&2"
    box.create(machine, "sh", "-c", script.replace("$", "$$"), name="talking", ask=ASK)
    box.end("talking")
    streams = box.streams("talking")
    assert [line for line in streams["stdout"] if line] == [f"line {i}" for i in range(1, 5001)]
    assert "oops" in streams["stderr"]


def test_argv_environment_folder_and_groups_are_as_without_it(box: Place, plain: Place, machine: str) -> None:
    """Traps 1, 2 and 20."""
    script = f"{SHELL} | cat; echo; id -G; pwd; umask; ulimit -a"
    command = ("sh", "-c", script, "sh", *WORDS, *REFERENCES)
    fields: dict[str, Any] = {
        "env": VARIABLES,
        "hostname": "twin",
        "workingDir": "/usr/lib",
        "securityContext": {"runAsGroup": 12},
    }
    plain.create(machine, *command, name="twin", **fields)
    box.create(machine, *command, name="twin", ask=ASK, **fields)
    for place in (plain, box):
        place.end("twin")
    (argv, environment, process), treated = ("\n".join(place.streams("twin")["stdout"]).split("\n\n") for place in (plain, box))
    assert process.startswith("12\n/usr/lib\n")
    assert [treated[0], treated[2]] == [argv, process]
    assert words(treated[1]) == words(environment)


def words(printed: str) -> list[bytes]:
    """Sorted: container runtimes keep no order."""
    return sorted(base64.b64decode(printed).split(b"\0"))


def test_a_hand_written_one_without_control_groups_says_why(plain: Place, machine: str, toolkit: str) -> None:
    """systemd itself dies without a word."""
    volumes = [{"name": "toolkit", "image": {"reference": toolkit}}]
    plain.create(
        machine,
        "/.richpod/sbin/init",
        "--",
        *FOR_EVER,
        volumes=volumes,
        volumeMounts=[{"name": "toolkit", "mountPath": "/.richpod"}],
    )
    end = plain.end()
    assert end.code == 71
    assert end.message.startswith("richpod: systemd cannot write its control groups in /sys/fs/cgroup/systemd: ")
    assert end.message in plain.output()


def test_the_budget_of_restarts_is_counted_and_then_the_last_code_is_the_container_s(box: Place, machine: str) -> None:
    """Traps 4 and 5. What a try leaves behind is gone before the next."""
    script = "cat /run/richpod/restarts 2>/dev/null || echo 0; pgrep -c sleep; sleep 1000 & exit 44"
    box.create(machine, "sh", "-c", script, name="trying", ask={**ASK, "init-restarts": "2"})
    assert box.end("trying").code == 44
    assert [line for line in box.streams("trying")["stdout"] if line] == ["0", "0", "1", "0", "2", "0"]


def test_cron_and_sshd_run_and_a_login_sees_what_is_no_secret(box: Place, machine: str) -> None:
    box.cluster.kubectl("-n", box.namespace, "create", "secret", "generic", "keys", "--from-literal=key=geheim")
    secret = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "key"}}}
    derived = {"name": "URL", "value": "user:$(PASSWORD)@host"}
    box.create(machine, *FOR_EVER, name="login", ask=ASK, env=[*VARIABLES, {"name": "CITY", "value": "it's"}, secret, derived])
    box.started("login")
    running(box, "login")
    shown = box.inside("bash", "-lc", "env", name="login")
    assert "CITY=it's" in shown.splitlines()
    assert "geheim" not in box.inside("cat", "/etc/profile.d/richpod.sh", name="login")
    assert box.inside("stat", "-Lc", "%a %u", "/etc/profile.d/richpod.sh", name="login") == "600 0\n"
    box.inside("sh", "-c", "echo '* * * * * root date >> /tmp/fired' > /etc/cron.d/fired", name="login")
    until("cron", lambda: box.inside("sh", "-c", "cat /tmp/fired || :", name="login"), 130)


def test_who_has_a_key_logs_in_and_is_noted(box: Place, machine: str) -> None:
    box.create(machine, *FOR_EVER, name="door", ask=ASK, env=[{"name": "CITY", "value": "it's"}])
    box.started("door")
    running(box, "door")
    box.inside("sh", "-c", KEY, name="door")
    login = "ssh -tt -o StrictHostKeyChecking=no root@127.0.0.1"
    until("sshd", lambda: "127.0.0.1" in box.inside("sh", "-c", f"{login} who", name="door"), 180)
    assert "CITY=it's" in box.inside("sh", "-c", f"{login} bash -lc env", name="door").splitlines()
    assert "127.0.0.1" in box.inside("last", name="door")


def test_it_starts_again_in_the_same_pod_as_after_a_reboot(box: Place, machine: str) -> None:
    """The volumes outlive the container; what was in /run has gone, as ever."""
    script = "ls /run/mine; touch /run/mine; systemctl is-system-running --wait; exit 3"
    box.create(machine, "sh", "-c", f"{script} 2>&1", name="again", ask=ASK, restartPolicy="OnFailure")
    box.cluster.wait_for_pod(box.namespace, "again", lambda pod: restarted(pod, "main"))
    until("its boot", lambda: "running" in box.cluster.kubectl("-n", box.namespace, "logs", "again").splitlines())
    assert "/run/mine\n" not in box.cluster.kubectl("-n", box.namespace, "logs", "again")


def test_an_older_systemd_says_why_it_is_not_started(box: Place, ancient: str) -> None:
    """Trap 4. The machines that have one are out of reach: a stand-in says that it is of Debian 9."""
    box.create(ancient, *FOR_EVER, name="ancient", ask=ASK)
    said = "richpod: the image has systemd 232, which keeps a program's exit code for itself: 236 is the first that does not; "
    assert box.end("ancient") == End(71, "Error", f"{said}write richpod.io/init: launch")
