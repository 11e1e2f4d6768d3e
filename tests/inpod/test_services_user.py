"""A service may be another user's: one of the image's /etc/passwd, with the groups of its /etc/group."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import SANITIZED, Run, service, text

WHO = 'echo "$(id -u) $(id -g) $(id -G) $(grep Groups /proc/self/status | cut -f2) $HOME $USER $LOGNAME $SHELL"'
OLD = {"PATH": "/usr/bin:/bin", "HOME": "/old", "USER": "old", "LOGNAME": "older", "SHELL": "/old/shell"}

PASSWD = """\
# a comment
root:x:0:0:root:/root:/bin/bash
:x:9:9::/nobody:/bin/false
broken:x:1001
signed:x:-1:1
agent:x:2000:2001:An agent,,,:/home/agent:/bin/dash
agent:x:3000:3001::/second:
bare:x:2002:2002
huge:x:4294967295:1::/:
+@compat::::::
"""
GROUP = """\
root:x:0:
agent:x:2001:
tape:x:26:agent
wheel:x:10:other,agent
agents:x:30:agents,agen,agent2
twice:x:40:agent,agent
broken:x:x:agent
"""

Become = Callable[..., tuple[str, str, str]]

pytestmark = SANITIZED


@pytest.fixture
def become(as_root: None, launch: Path, run: Run, tmp_path: Path) -> Become:
    """Runs a service as a user of an image; returns what it printed, its file and what the launcher said."""
    wait = "until [ $(wc -w < $0) = 3 ]; do sleep 0.05; done 2> /dev/null"

    def become(user: str, passwd: str = PASSWD, mount: str = ":", script: str = WHO, group: str = GROUP) -> tuple[str, str, str]:
        (tmp_path / "passwd").write_text(passwd)
        (tmp_path / "group").write_text(group)
        binds = "; ".join(f"mount --bind {tmp_path}/{name} /etc/{name}" for name in ("passwd", "group"))
        command = ("--service", f"a:{user}:never:3", "sh", "-c", script, "--", "sh", "-c", wait, tmp_path / "state/service-a")
        inside = ("unshare", "--mount", "sh", "-c", f'{binds}; {mount}; exec "$@"', "sh", launch)
        ran = run(*inside, "--state", tmp_path / "state", *command, env=OLD, cwd="/")
        return ran.stdout.decode(), text(tmp_path / "state/service-a"), ran.stderr.decode()

    return become


@pytest.mark.parametrize(
    ("user", "printed"),
    [
        ("agent", "2000 2001 2001 26 10 40 10 26 40 2001 /home/agent agent agent /bin/dash"),
        ("2000", "2000 2001 2001 26 10 40 10 26 40 2001 /home/agent agent agent /bin/dash"),
        ("bare", "2002 2002 2002 2002 / bare bare /bin/sh"),
        ("5000", "5000 0 0 0 / 5000 5000 /bin/sh"),
        ("9", "9 0 0 0 / 9 9 /bin/sh"),
    ],
)
def test_it_has_the_users_rights_groups_and_home(become: Become, user: str, printed: str) -> None:
    """A number need not be a user's; its group is root's then, as under container runtimes."""
    out, file, err = become(user)
    assert (sorted(out.removeprefix("[a] ").split()), file, err) == (sorted(printed.split()), "1 1 0\n", "")


@pytest.mark.parametrize("user", ["", "root", "0"])
def test_for_the_user_that_the_container_has_nothing_changes(become: Become, user: str) -> None:
    assert become(user)[0].endswith(" /old old older /old/shell\n")


def test_no_way_leads_back(become: Become) -> None:
    script = "grep -E '^(Uid|Gid|CapPrm|CapEff)' /proc/self/status"
    lines = [line.split()[2:] for line in become("agent", script=script)[0].splitlines()]
    assert lines == [["2000"] * 4, ["2001"] * 4, ["0" * 16], ["0" * 16]]


@pytest.mark.parametrize("user", ["nobody-there", "signed", "broken", "huge", "+@compat"])
def test_a_user_whom_the_image_does_not_have_is_named(become: Become, user: str) -> None:
    _, file, err = become(user)
    assert (file, err) == (
        "1 1 126\n",
        f'richpod: service a: the image has no user "{user}" in its /etc/passwd\n',
    )


@pytest.mark.parametrize("there", ["fifo", "/dev/zero", "/dev/null"])
def test_what_is_no_file_has_no_users(become: Become, tmp_path: Path, there: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert "the image has no user" in become("agent", mount=f"mount --bind {tmp_path / there} /etc/passwd")[2]


@pytest.mark.parametrize(
    ("passwd", "file"), [(PASSWD + "x" * (5 << 20), "1 1 0\n"), ("x" * (1 << 20) + "\n" + PASSWD, "1 1 126\n")]
)
def test_of_a_long_file_the_first_mebibyte_counts(become: Become, passwd: str, file: str) -> None:
    assert become("agent", passwd=passwd)[1] == file


def test_of_more_groups_than_the_kernel_takes_the_first_count(become: Become) -> None:
    assert become("agent", script=":", group="::7:agent\n" * 70_000)[1:] == ("1 1 0\n", "")


def test_it_may_open_its_output_anew(become: Become) -> None:
    """As programs do that are told to log to /dev/stdout."""
    assert become("agent", script="echo anew > /proc/self/fd/1")[::2] == ("[a] anew\n", "")


def test_without_rights_it_is_told_what_is_missing(launch: Path, run: Run, tmp_path: Path) -> None:
    wait = "until [ $(wc -w < $0) = 3 ]; do sleep 0.05; done 2> /dev/null; exit 6"
    command = (*service("a", "id", "never", user="0"), "--", "sh", "-c", wait, tmp_path / "state/service-a")
    ran = run("unshare", "--user", "--map-user=1000", launch, "--state", tmp_path / "state", *command)
    assert (ran.returncode, ran.stderr.decode()) == (
        6,
        'richpod: service a: cannot become user "0": Operation not permitted: the container must run as root, with the '
        "capabilities SETUID and SETGID\n",
    )
