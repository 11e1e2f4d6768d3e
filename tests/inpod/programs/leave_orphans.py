"""Leaves as many dead orphans as its argument says, prints ``orphaned``, and ends with its input."""

import os
import sys

if os.fork() == 0:
    for _ in range(int(sys.argv[1])):
        if os.fork() == 0:
            os._exit(3)
    os._exit(0)
os.wait()
print("orphaned", flush=True)
sys.stdin.read()
