"""crond and syslogd: the image's own where it has one, else BusyBox's."""

from pathlib import Path

import pytest

from tests.inpod.container import TOOLKIT, Run, Start
from tests.inpod.services import Image


@pytest.mark.parametrize(
    ("service", "programs", "words"),
    [
        ("crond", ["cron", "crond"], ["/usr/sbin/cron", "-f"]),
        ("crond", ["crond"], ["/usr/sbin/crond", "-n"]),
        ("syslogd", ["rsyslogd", "syslog-ng"], ["/usr/sbin/rsyslogd", "-n"]),
        ("syslogd", ["syslog-ng", "syslogd"], ["/usr/sbin/syslog-ng", "-F"]),
    ],
)
def test_the_images_own_runs_in_the_foreground(
    run: Run, in_image: Image, service: str, programs: list[str], words: list[str]
) -> None:
    ran = run(*in_image(*programs), "service", service)
    assert (ran.returncode, ran.stdout.decode().splitlines(), ran.stderr) == (0, words, b"")


@TOOLKIT
@pytest.mark.parametrize("link", [":", "cp /bin/true /run/busybox; ln -s /run/busybox /usr/sbin/crond"])
def test_without_one_busyboxs_crond_runs_and_has_a_folder_to_look_into(
    run: Run, in_image: Image, launch: Path, link: str
) -> None:
    """Alpine's is BusyBox's under the name of cronie's. A job gets /bin/sh, whatever shell the container is told."""
    begun = "[ -d /var/spool/cron/crontabs ] && grep -q busybox /proc/$!/cmdline"
    look = 'tr "\\0" " " < /proc/$!/cmdline; grep -c SHELL /proc/$!/environ'
    script = f'"$0" service crond & until {begun}; do sleep 0.05; done; {look}; kill $!'
    command = in_image(script=f"{link}; export SHELL=/no/such")
    ran = run(*command, "--", "sh", "-c", script, launch)
    assert ran.stdout.decode() == f"{launch.parent}/busybox crond -f 0\n"


@TOOLKIT
def test_without_one_busyboxs_syslogd_prints_what_programs_log(start: Start, in_image: Image) -> None:
    log = "mount -t tmpfs none /dev; : > /dev/null"
    command = in_image(script=log)
    both = '"$0" service syslogd & until [ -S /dev/log ]; do sleep 0.05; done; "${0%/*}/busybox" logger -t app hello; wait'
    with start(*command, "--", "sh", "-c", both, command[-1]) as process:
        assert process.stdout
        while b"app: hello\n" not in (line := process.stdout.readline()):
            assert line


@pytest.mark.parametrize("words", ["cron", "crond x", "syslogd -x", "sshd", "sshd /a /b /c", "sshd --hide A"])
def test_what_is_none_of_them_is_64_and_one_sentence(run: Run, launch: Path, words: str) -> None:
    ran = run(launch, "service", *words.split())
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
