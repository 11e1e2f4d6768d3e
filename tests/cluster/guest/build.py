"""What a guest boots: a Debian with a kernel of its own and the node's programs, as a disk. Takes minutes, once."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from ..build import go_build, go_module
from ..images import debian_root
from ..pins import BINARIES, CACHE, RUNC
from ..processes import run

UNIT = Path(__file__).resolve().parent / "node.service"
KERNEL = "linux-image-6.12-cloud-amd64"
"""User namespaces need 6.3 or newer: volumes in memory are mounted with other owners."""
PACKAGES = (
    f"containernetworking-plugins,dbus,initramfs-tools,iproute2,iptables,kmod,libseccomp2,{KERNEL},procps,systemd-sysv,udev"
)
PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr", "kubelet")

FOLDER = CACHE / f"guest-{hashlib.sha256(f'{PACKAGES}{RUNC}{UNIT.read_text()}'.encode()).hexdigest()[:12]}"
DISK = FOLDER / "disk.ext4"
BOOTED = (FOLDER / "vmlinuz", FOLDER / "initrd.img")


def build() -> None:
    """Makes DISK and what is BOOTED, if that has not been done before. The node's programs must have been built."""
    if DISK.exists():
        return
    FOLDER.mkdir(exist_ok=True)
    archive = debian_root(FOLDER, PACKAGES)
    with tempfile.TemporaryDirectory(dir=FOLDER) as unpacked:
        root = Path(unpacked)
        run("tar", "--extract", f"--file={archive}", f"--directory={root}")
        for program in (*(BINARIES / name for name in PROGRAMS), _runc()):
            shutil.copy2(program, root / "usr/local/bin")
        units = root / "etc/systemd/system"
        shutil.copy2(UNIT, units)
        (units / "multi-user.target.wants" / UNIT.name).symlink_to(f"../{UNIT.name}")
        for file in BOOTED:
            shutil.copy2(root / file.name, file)
        partial = DISK.with_suffix(".partial")
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-d", root, partial, "8G")
    partial.rename(DISK)


def _runc() -> Path:
    """Debian 12's is too old for user namespaces."""
    name = "github.com/opencontainers/runc"
    module = go_module(FOLDER, "runc", f"-require={name}@{RUNC}", f"-tool={name}")
    program = FOLDER / "runc"
    go_build(module, str(program), name, tags="seccomp", cgo=True)
    return program
