"""Its end, which is minded before anything is loaded, and at once, for there is nothing to put away.

A signal without a handler is lost to the first process of a container: ``contract.SIDECAR_ARGV`` blocks it until there is one.
"""

import os
import signal


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    from webhook.inpod.sidecar.options import run

    run()


main()
