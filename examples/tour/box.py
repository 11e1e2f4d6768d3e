"""What there is to be seen in each step of the machine."""

import re

from examples.tour.checks import Check, Seen


def install(said: str) -> Seen:
    yield "the API server asks richpod about the pods of the labelled namespace", "reachability" in said


def started(said: str) -> Seen:
    yield "the machine runs, and one can log in", bool(re.search(r"^box-0 +1/1 +Running ", said, re.M))
    yield "three folders were filled from the image", len(re.findall(r"filled once from the image: [1-9]\d* files", said)) == 3


def logged_in(said: str) -> Seen:
    yield "nothing has failed since the boot", said.startswith("running\n") or "\nrunning\n" in said
    services = ("cron", "richpod", "rsyslog", "ssh")
    yield "cron, rsyslog, sshd and the guest book run", all(f"  {name}.service " in said for name in services)
    yield "who is logged in is known", bool(re.search(r"^root +pts/\d+ .*\(.+\)", said, re.M))
    yield "cron ran its job, and rsyslog wrote it down", said.count(UP) == 1


def changed(said: str) -> Seen:
    yield "apt-get installed a package", "Setting up at " in said
    yield "what it brings was started", "active\n" in said.splitlines(keepends=True)
    yield "the guest book has an entry", said.endswith("thank you\n")


def restarted(said: str) -> Seen:
    lines = said.splitlines()
    yield "another pod has taken its place, and nothing has failed", "deleted" in said and "running" in lines
    yield "the package is installed, and what it brought was started", {"at is installed", "active"} <= set(lines)
    yield "the file below /etc and the entry of the guest book are there", {"Welcome back", "Ada"} <= set(lines)
    yield "who logged in before is known", len(re.findall(r"^root +pts/\d+ ", said, re.M)) == 2
    yield "the log goes on where it ended", said.count(UP) == 2


def gone(said: str) -> Seen:
    listed = said.rpartition("NAME ")[2]
    yield "nothing is left", "default" in listed and "legacy" not in listed and "richpod" not in listed


CHECKS: tuple[Check, ...] = (install, started, logged_in, changed, restarted, gone)
"""In the order of the steps."""

UP = "guestbook: the machine is up"
