"""Prints ``ready``, then the number of every signal it gets; after SIGTERM, whatever still comes, and ends."""

import signal

EVERY = signal.valid_signals()

signal.pthread_sigmask(signal.SIG_BLOCK, EVERY)
print("ready", flush=True)
while True:
    number = signal.sigwaitinfo(EVERY).si_signo
    print(number, flush=True)
    if number == signal.SIGTERM:
        break
while again := signal.sigtimedwait(EVERY, 0.05):
    print("again", again.si_signo, flush=True)
