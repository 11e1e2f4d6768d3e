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
PROBE = f"{TOOLKIT_ROOT}/bin/probe"
SBIN_INIT = f"{TOOLKIT_ROOT}/sbin/init"
"""The launcher once more. By this name of a container's program CRI-O knows that an init will write its control groups."""
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
"""dumb-init is PID 1; the launcher becomes the program, so that a failed start is explained, or stays where it has hooks."""
SYSTEMD_ARGV = (SBIN_INIT, "--")
"""Becomes the image's systemd, one unit of which is the launcher and then the program."""
OWN_INIT_OPTION = "--own-init"
SBIN_INIT_ARGV = (SBIN_INIT, OWN_INIT_OPTION, "--")
"""Becomes the image's /sbin/init, be it systemd, sysvinit or BusyBox's, which starts the launcher and then the program."""
HIDE_OPTION = "--hide"
"""Names, parted by commas, that come from Secrets: login shells do not see them."""
SHOW_OPTION = "--show"
"""The only names that they do see, where nobody can tell which others come from Secrets."""
LARGEST_BUDGET = 1000
RESTARTS_OPTION = "--restarts"
"""Of that name, before the launcher's options: how often the program is started anew before its end is the container's."""
HALT_ARGV = (LAUNCH, "halt")
"""Asks the init of the image to stop the machine, and waits for the program's end."""
BY_ARCHITECTURE = "--by-architecture"
"""Stands before the launcher's `--` with a word like `amd64=2,arm64=3`: behind `--` stand two words for amd64, then three for
arm64, then those for all. The launcher runs those of its own architecture and then those for all.

At most 32 names, Go's, without variants; amd64 takes the words of 386, and arm64 those of arm, where it has none of its own.
Where nothing is named for it the container ends with code 64.
"""

JAVA_DEBUG_OPTION = "--java-debug"
"""Of the launcher, before all its other options: a port of 127.0.0.1 at which the program's JVM lets a debugger attach."""
DEBUG_PORT = 50005
"""The main container alone is debugged, so one port for all. Odd ones the kernel gives to connections last."""

# --- what a container needs besides to be a machine ---

RUN_MOUNTS = (("richpod-run", "/run", "64Mi"), ("richpod-run-lock", "/run/lock", "8Mi"))
"""Volume, path and size of what a machine keeps in memory: systemd starts only where both are mounted."""
TMP_VOLUME = "richpod-tmp"
CGROUP_VOLUME = "richpod-cgroup"
CGROUP_PATH = "/sys/fs/cgroup/systemd"
"""Where systemd looks for its control groups on a node with cgroup v1."""
POD_UID_VARIABLE = "RICHPOD_POD_UID"
"""Names the pod's own control group to the kubelet; the launcher keeps it from the program."""

# --- where the launcher and the sidecar of a container meet ---

STATE_ROOT = "/.richpod-state"
"""Where the main container and the sidecar, and nobody else, mount one empty directory; below it, one folder per container.

All files in it are text: one line, words parted by single spaces. They are written beside and renamed; what is no regular file
of at most STATE_FILE_BYTES bytes, or holds anything else, counts as absent. `N` is a generation: the count of the container's
starts, up to LAST_GENERATION.
"""
STATE_FILE_BYTES = 4096
LAST_GENERATION = 2**53

STATE_VOLUME = "richpod-state"
STATE_OPTION = "--state"
"""Of the launcher and of the sidecar: the folder that both share. A launcher that has it is never given hooks again."""
READY_ARGV = (LAUNCH, "ready")
"""Before the folder: ends with 0 while the program is online, else says why not, and ends with EXIT_WAITS or another code."""
EXIT_WAITS = 3
"""Nothing but a person, by `launch online`, brings the program online."""

GENERATION_FILE = "generation"
"""`N`, by the launcher at each start."""
REQUEST_FILE = "request"
"""`N preonline`, by the sidecar, or by `launch online` in its place. The launcher takes it away when it begins, after the result
of an earlier one; those of other generations say nothing."""
RESULT_FILE = "result"
"""`N preonline EXIT MILLISECONDS`, by the launcher; EXIT as shells have it, EXIT_TIMEOUT where the hook took too long.

`N offline EXIT MILLISECONDS` answers a person who took the program offline.
"""
RUNNING_FILE = "running"
"""`N`, by the launcher, from before the program's start to the end of poststop; `N stopping` from the first stop signal on."""
ONLINE_FILE = "online"
"""`N`, made by the launcher alone, once preonline succeeded. Anybody may remove it, which means offline."""
ENDED_FILE = "ended"
"""`N EXIT SIGNAL`, by the launcher: the program of this generation has ended."""
SWITCH_FILE = "switch"
"""`N hold`, `N online` or `N offline`: what a person chose for this generation."""

PREONLINE = "preonline"
STOPPING = "stopping"
HOLD = "hold"
ONLINE = "online"
OFFLINE = "offline"
EXIT_TIMEOUT = 124
EXIT_SYSTEM = 71
"""Of a hook, or of the launcher that could not write or remove the online file."""

LOOK_SECONDS = 0.2
"""Between two looks at the files while something starts, stops or runs. Nothing announces them: under gVisor neither inotify nor
FIFOs nor sockets work from container to container."""
LOOK_IDLE_SECONDS = 2.0

MOST_SERVICES = 32
SERVICE_OPTION = "--service"
"""Of the launcher that has a state, up to MOST_SERVICES times: `NAME:USER:RESTART:COUNT[:optional]`, then COUNT words.

USER may be empty. `service-NAME` in the state is `N STARTS` while it runs and `N STARTS EXIT` once it has ended.
"""
SERVICE_ARGV = (LAUNCH, "service")
"""Before the name of a shipped service: becomes the image's program of that kind, else the toolkit's."""
SSHD_VOLUME = "richpod-sshd"
SSHD_PATH = "/.richpod-sshd"
AUTHORIZED_KEYS = "authorized_keys"

SIDECAR_CONTAINER = "richpod-sidecar"
SIDECAR_ARGV = ("/usr/bin/env", "--block-signal=TERM", "/opt/richpod/bin/python3", "-I", "-m", "webhook.inpod.sidecar")
"""In richpod's own image. A container's first process never gets a signal that it neither handles nor blocks, and Python starts
slowly: a TERM of that time would be lost, and the kubelet wait the whole grace period."""
SIDECAR_PORT = 16001
"""Answers `GET /` with 200 while the program is online, else, within a second, with 503 and why."""

AUTHORIZER_CONTAINER = "richpod-authorizer"
"""The first init container of a pod that asks for grants."""
AUTHORIZER_ARGV = ("/opt/richpod/bin/python3", "-I", "-m", "webhook.inpod.authorizer")
"""In richpod's own image."""
GATEWAY_OPTION = "--gateway"
"""Of the authorizer and of the sidecar: where the gateway is asked."""
WAIT_OPTION = "--wait"
"""Of the authorizer: seconds that the gateway lets it wait for its turn."""
AUTHORIZE_LABEL = f"{PREFIX}authorize"
"""Carried by such a pod, so that the gateway watches no others; its value says nothing."""
APPLICATION_OPTION = "--application"
GRANT_OPTION = "--grant"
"""Of the authorizer; the second once for each grant. The gateway reads them from the pod."""
GATEWAY_TOKEN = "/var/run/secrets/richpod.io/gateway/token"
"""A projected ServiceAccount token that only the gateway takes, in the authorizer and the sidecar."""
GATEWAY_TOKEN_VOLUME = "richpod-gateway-token"
GATEWAY_AUDIENCE = "richpod-gateway"
AUTHORITY_VARIABLE = "RICHPOD_AUTHORITY"
"""PEM of the authorities that the gateway's certificate may be of."""

# --- volumes ---

FILL_CONTAINER = "richpod-fill-"
"""Before a number: the init container, of the application's own image, that fills a volume once."""
FILL_ARGV = (LAUNCH, "fill")
"""Before the folder of the image and the volume."""
FILL_ROOT = "/.richpod-fill"
"""Where such a container has the volume that it fills."""
FILLED = "data"
"""The folder of the volume that the application mounts; it is there once it has been filled."""
PERSIST_PREFIX = "richpod-persist-"
"""Before a number: a claim that is no volume of the pod already."""

VOLUME_PREFIX = "richpod-volume-"
"""Before the policy's name of a volume it defines."""

OWN_LABEL = "richpod.io/component"
"""Carried by richpod's own pods, which are left alone."""
