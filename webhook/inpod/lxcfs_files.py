"""The files of /proc and /sys that lxcfs serves to a container."""

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
