"""The commands of the test cluster: `python -m tests.cluster up`, and so on."""

import argparse
import sys
from pathlib import Path

from . import build, lifecycle, pins, sharing
from .layout import Layout, started

LAYOUT = Layout(0)


def up(options: argparse.Namespace) -> None:
    if reason := lifecycle.missing():
        sys.exit(reason)
    with sharing.alone("start"):
        cluster = lifecycle.running(LAYOUT) or lifecycle.up(LAYOUT, options.restart_period)
        sharing.temporary(LAYOUT).unlink(missing_ok=True)
    print(f"""
The cluster is running. Use it:
    export KUBECONFIG={cluster.kubeconfig} PATH={pins.BINARIES}:$PATH
    kubectl get pods --all-namespaces
Make an image known to it (an OCI or Docker archive; pods name it with imagePullPolicy: Never):
    {sys.executable} -m {__package__} load IMAGE.tar
A webhook on this machine is called at https://{cluster.host}:PORT. Logs are in {LAYOUT.logs}.""")


def down(_: argparse.Namespace) -> None:
    with sharing.alone("start"):
        for layout in {LAYOUT, *started()}:
            lifecycle.down(layout)


def compile_all(_: argparse.Namespace) -> None:
    build.build(pins.CACHE)


def load(options: argparse.Namespace) -> None:
    cluster = lifecycle.running(LAYOUT)
    if not cluster:
        sys.exit("no cluster is running")
    for archive in options.archive:
        cluster.load(archive)


def status(_: argparse.Namespace) -> None:
    cluster = lifecycle.running(LAYOUT)
    print(f"running; kubeconfig {cluster.kubeconfig}" if cluster else "not running")
    sys.exit(0 if cluster else 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    commands = parser.add_subparsers(required=True)
    start = commands.add_parser("up", help="start a cluster, if none is running, and say how to use it")
    start.add_argument("--restart-period", metavar="1s", help="longest wait before the kubelet starts a crashing container again")
    start.set_defaults(command=up)
    commands.add_parser("down", help="end it, and those of tests; nothing of them is left").set_defaults(command=down)
    commands.add_parser("build", help="compile its programs into the cache").set_defaults(command=compile_all)
    loading = commands.add_parser("load", help="make images known to it")
    loading.add_argument("archive", nargs="+", type=Path)
    loading.set_defaults(command=load)
    commands.add_parser("status", help="say whether it is running; exit code 1 if not").set_defaults(command=status)
    options = parser.parse_args()
    options.command(options)


main()
