"""The images that tests run, each a function that writes its archive into a folder."""

from pathlib import Path
from typing import NamedTuple

from . import image
from .processes import run

PROJECT = Path(__file__).resolve().parents[2]
PROBE = PROJECT / "tests/cluster/programs/probe.c"
TOOLKIT = PROJECT / "build/toolkit"
DEBIAN, OLD_DEBIAN = "bookworm", "bullseye"
DEBIAN_PACKAGES = "bash,procps"
MACHINE_PACKAGES = "bash,procps,systemd-sysv,dbus,cron,login,openssh-server,rsyslog"
DEBIAN_WITHOUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")


class Image(NamedTuple):
    name: str
    archive: Path


def busybox(folder: Path) -> Image:
    """A shell and the usual tools in one static program. Being static, Debian's crashes when it has to resolve a name."""
    program = Path("/bin/busybox")
    links = {f"bin/{name}": "busybox" for name in run(program, "--list").split() if name != "busybox"}
    made = Image("localhost/busybox:test", folder / "busybox.tar")
    image.write(*made, [image.layer({"bin/busybox": program}, links)], Cmd=["sh"])
    return made


def static(folder: Path) -> Image:
    """Nothing but /probe (programs/probe.c): no libc, no shell. Runs until it is killed, if it is not told otherwise."""
    made = Image("localhost/static:test", folder / "static.tar")
    image.write(*made, [image.layer({"probe": probe(folder)})], Entrypoint=["/probe"], Cmd=["until", "0"])
    return made


def probe(folder: Path) -> Path:
    """The test program, compiled."""
    program = folder / "probe"
    run("gcc", "-static", "-Os", "-Wall", "-Wextra", "-Werror", "-o", program, PROBE)
    return program


def debian(folder: Path) -> Image:
    """A small Debian with what machines have: bash, coreutils, procps."""
    root = debian_root(folder, DEBIAN_PACKAGES)
    made = Image("localhost/debian:test", folder / "debian.tar")
    image.write(*made, [root.read_bytes()], Cmd=["bash"])
    return made


def machine(folder: Path) -> Image:
    """A Debian as one has it on a virtual machine: systemd, cron, sshd, rsyslog."""
    return _machine(folder, "machine", MACHINE_PACKAGES)


def old_machine(folder: Path) -> Image:
    """The Debian before."""
    return _machine(folder, "old-machine", "bash,procps,systemd-sysv,dbus,cron", OLD_DEBIAN)


def ancient(folder: Path) -> Image:
    """A shell, and what says that it is the systemd of a Debian that no mirror has any more."""
    program, systemd = Path("/bin/busybox"), folder / "systemd"
    systemd.write_text("#!/bin/sh\necho systemd 232\n")
    systemd.chmod(0o755)
    made = Image("localhost/ancient:test", folder / "ancient.tar")
    links = {"bin/sh": "busybox", "bin/sleep": "busybox", "sbin/init": "../lib/systemd/systemd"}
    image.write(*made, [image.layer({"bin/busybox": program, "lib/systemd/systemd": systemd}, links)], Cmd=["sh"])
    return made


def sysv(folder: Path) -> Image:
    """A Debian whose /sbin/init is sysvinit's."""
    return _machine(folder, "sysv", "bash,procps,sysvinit-core,cron")


def _machine(folder: Path, name: str, packages: str, suite: str = DEBIAN) -> Image:
    root = debian_root(folder, packages, suite=suite)
    made = Image(f"localhost/{name}:test", folder / f"{name}.tar")
    image.write(*made, [root.read_bytes()], Cmd=["bash"])
    return made


def busybox_init(folder: Path) -> Image:
    """A shell, and an init that reads /etc/inittab where there is one."""
    program = Path("/bin/busybox")
    links = {f"bin/{name}": "busybox" for name in run(program, "--list").split() if name != "busybox"}
    script = folder / "rcS"
    script.write_text("#!/bin/sh\nmkdir -p /var/spool/cron/crontabs\ncrond\n")
    script.chmod(0o755)
    made = Image("localhost/busybox-init:test", folder / "busybox-init.tar")
    files = {"bin/busybox": program, "etc/init.d/rcS": script}
    image.write(*made, [image.layer(files, {**links, "sbin/init": "../bin/busybox"})], Cmd=["sh"])
    return made


def debian_root(folder: Path, packages: str, *options: str, suite: str = DEBIAN) -> Path:
    """The files of a Debian with these packages, in a tar archive that is made once per folder. `options`: mmdebstrap's."""
    root = folder / f"debian-{suite}-{packages}.root.tar"
    if not root.exists():
        excluded = [f"--dpkgopt=path-exclude={path}" for path in DEBIAN_WITHOUT]
        partial = root.with_suffix(".partial.tar")
        run("mmdebstrap", "--quiet", "--variant=essential", f"--include={packages}", *excluded, *options, suite, partial)
        partial.rename(root)
    return root


def toolkit(folder: Path) -> Image:
    """What is in build/toolkit, which must have been built, as the root of an image."""
    there = {str(path.relative_to(TOOLKIT)): path for path in TOOLKIT.rglob("*") if path.is_file()}
    links = {name: str(path.readlink()) for name, path in there.items() if path.is_symlink()}
    files = {name: path for name, path in there.items() if name not in links}
    if "bin/launch" not in files:
        raise FileNotFoundError(f"{TOOLKIT}/bin/launch: build the toolkit first")
    made = Image("localhost/richpod-toolkit:test", folder / "toolkit.tar")
    image.write(*made, [image.layer(files, links, folders={})])
    return made
