"""Every name and path that richpod puts into a pod, and programs inside it use.

Names of volumes and containers that begin with ``richpod-`` are reserved: foreign content under such a name is refused.
"""

PREFIX = "richpod.io/"
RESERVED = "richpod-"

# --- the toolkit: static binaries, read-only in every container that needs one ---

TOOLKIT_ROOT = "/.richpod"
"""Root of the toolkit image, and where containers mount it. A container whose argv[0] begins with it is never wrapped again."""
LAUNCH = f"{TOOLKIT_ROOT}/bin/launch"
DUMB_INIT = f"{TOOLKIT_ROOT}/bin/dumb-init"
IMAGE_LAUNCH = "/bin/launch"
"""The same program inside the toolkit image, whose root becomes TOOLKIT_ROOT."""

TOOLKIT_VOLUME = "richpod-toolkit"
TOOLKIT_CONTAINER = "richpod-toolkit"
NO_TOKEN_VOLUME = "richpod-no-token"
SERVICE_ACCOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
"""An empty directory mounted there keeps the API token out of a container."""

RICHPOD_IMAGE_NAME = "richpod"
TOOLKIT_IMAGE_NAME = "richpod-toolkit"

# --- elements that are inserted before an application's argv ---

LAUNCH_ARGV = (LAUNCH, "--")
"""PID 1: starts the argv behind it, reaps, forwards signals, ends with its code (128+n for a signal)."""
DUMB_INIT_ARGV = (DUMB_INIT, "--", LAUNCH, "exec", "--")
"""dumb-init is PID 1; the launcher only becomes the program, so that a failed start is explained."""
BY_ARCHITECTURE = "--by-architecture"
"""Stands before the launcher's `--` with a word like `amd64=2,arm64=3`: behind `--` stand two words for amd64, then three for
arm64, then those for all. The launcher runs those of its own architecture and then those for all.

At most 32 names, Go's, without variants; amd64 takes the words of 386, and arm64 those of arm, where it has none of its own.
Where nothing is named for it the container ends with code 64.
"""

# --- volumes ---

VOLUME_PREFIX = "richpod-volume-"
"""Before the policy's name of a volume it defines."""

LXCFS_FILES = tuple(
    (f"richpod-lxcfs-{path.removeprefix('/proc/').removeprefix('/sys/devices/system/').replace('/', '-')}", path)
    for path in (
        "/proc/cpuinfo",
        "/proc/diskstats",
        "/proc/loadavg",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/swaps",
        "/proc/uptime",
        "/sys/devices/system/cpu/online",
    )
)
"""Volume name and path of each file lxcfs serves rightly; on the node it lies at the same path below the policy's `lxcfs.path`.

Not slabinfo, which shows the node's, and not /proc/pressure, which runc refuses to be mounted over.
"""

OWN_LABEL = "richpod.io/component"
"""Carried by richpod's own pods, which are left alone."""
