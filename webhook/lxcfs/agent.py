"""`richpod lxcfs`: the node agent's process. It talks to nobody but the kernel, and needs no permission of the cluster."""

import argparse
import os
import signal
from pathlib import Path

from webhook import __version__
from webhook.health import answering_probes
from webhook.log import Log, descriptor, log_to
from webhook.lxcfs.folder import leave
from webhook.lxcfs.metrics import Metrics
from webhook.lxcfs.pulse import Pulse
from webhook.lxcfs.supervisor import Node, supervise
from webhook.ports import add_health_port, bound

EXAMPLES = """examples:
  %(prog)s --folder /var/lib/richpod/lxcfs
  %(prog)s --folder /var/lib/richpod/lxcfs --scratch /run/lxcfs --health-port 9090
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--folder", metavar="DIR", type=Path, required=True, help="what pods mount: the policy's lxcfs.path")
    parser.add_argument(
        "--scratch", metavar="DIR", type=Path, default=Path("/run"), help="where lxcfs is mounted (default: %(default)s)"
    )
    add_health_port(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT, then returns 0. Raises BadInput for what it cannot start with."""
    log = log_to(descriptor(2))
    metrics, pulse = Metrics(), Pulse()
    pulse.beat(up=False)
    node = Node(arguments.folder, arguments.scratch, _stop())
    listener = bound("", arguments.health_port)
    with answering_probes(listener, metrics.registry, alive=pulse.alive, ready=lambda: pulse.up):
        log("started", version=__version__, health_port=listener.getsockname()[1])
        supervise(node, pulse, metrics, log)
        _leave(node.folder, log)
    return 0


def _leave(folder: Path, log: Log) -> None:
    try:
        log("stopped", folder_left=leave(folder))
    except OSError as error:
        log("stopped", folder_left=False, error=error.strerror, file=str(error.filename))


def _stop() -> int:
    """A descriptor that is readable once a signal asks this process to end."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reader
