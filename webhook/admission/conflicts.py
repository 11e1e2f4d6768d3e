"""What does not go together: one table of element, condition, what happens and why.

An element is what a feature puts into a pod (`dumb-init`, `lxcfs`, `volume:nfs`, `runtime:kata`), a condition is a fact of the
pod or of where it will run. What is not in the table goes together.
"""

from typing import Literal, NamedTuple

from webhook.errors import Refuse, Skip
from webhook.installation import GATEWAY_HOST

Effect = Literal["refuse", "skip", "warn", "adapt"]


class Conflict(NamedTuple):
    """`effect`: refuse the pod, skip the element, apply it with a warning, or apply it adapted; `why` completes "because …"."""

    element: str
    condition: str
    effect: Effect
    why: str
    fix: str = ""


_NO_PROCESSES = "this runtime runs one process of its own images only"
_OWN_PROC = "this runtime has a /proc of its own"
_NO_HOST_PATH = "Pod Security forbids hostPath here"
_PSA = "label the namespace pod-security.kubernetes.io/enforce: privileged"

_RESTRICTED = "Pod Security restricted forbids it; a PersistentVolumeClaim is fine"
# Image volumes are admitted (seen); baseline forbids only hostPath.
_BEYOND_RESTRICTED = ("cephfs", "fc", "iscsi", "nfs", "rbd")

_LAUNCH, _KILL = "richpod.io/init: launch", "capabilities: {add: [KILL]}"
_IDS = "capabilities: {add: [SETUID, SETGID, KILL]}"
_CANNOT_SIGNAL = "the init could not signal a program that changes its user"

ROWS = (
    *(Conflict(init, "no CAP_KILL", "skip", _CANNOT_SIGNAL, _KILL) for init in ("launch", "dumb-init", "systemd", "sbin-init")),
    Conflict("launch", "runtime:nabla", "skip", _NO_PROCESSES),
    Conflict("launch", "hostPID", "adapt", "not PID 1 here: the launcher reaps as a subreaper"),
    Conflict("launch", "shareProcessNamespace", "adapt", "not PID 1 here: the launcher reaps as a subreaper"),
    Conflict("dumb-init", "runtime:nabla", "skip", _NO_PROCESSES),
    Conflict(
        "dumb-init", "hostPID", "warn", "dumb-init reaps only as PID 1, and with hostPID it is not", "richpod.io/init: launch"
    ),
    Conflict("dumb-init", "shareProcessNamespace", "adapt", "dumb-init reaps only as PID 1: launch is used, a subreaper"),
    *(
        Conflict(init, condition, "skip", why, fix)
        for init in ("systemd", "sbin-init")
        for condition, why, fix in (
            ("shareProcessNamespace", "an image's init runs as PID 1 alone", "shareProcessNamespace: false"),
            ("hostPID", "an image's init runs as PID 1 alone", "hostPID: false"),
            ("runAsNonRoot", "an image's init runs as root alone", _LAUNCH),
            ("runAsUser", "an image's init runs as root alone", _LAUNCH),
            ("preStop", "nothing else could stop the image's init then", "no preStop, or hooks of richpod's"),
            ("stdin", "a service has no input", "stdin: false"),
            ("runtime:gvisor", "an image's init does not run under gVisor", _LAUNCH),
            ("runtime:crx", _NO_PROCESSES, ""),
            ("runtime:nabla", _NO_PROCESSES, ""),
        )
    ),
    *(
        Conflict(f"cgroup:{way}", condition, "skip", why, fix)
        for way in ("own-v1", "node-root")
        for condition, why, fix in (
            ("level:baseline", _NO_HOST_PATH, _PSA),
            ("level:restricted", _NO_HOST_PATH, _PSA),
            ("drop ALL", "services of systemd change their user, and D-Bus fails", _LAUNCH),
            ("hostUsers: false", "control groups of the node cannot be mounted into a user namespace", "hostUsers: true"),
        )
    ),
    Conflict(
        "lxcfs", "shareProcessNamespace", "skip", "lxcfs would show the pause container's limits", "shareProcessNamespace: false"
    ),
    Conflict("lxcfs", "hostUsers: false", "skip", "files of lxcfs cannot be mounted into a user namespace", "hostUsers: true"),
    Conflict("lxcfs", "hostPID", "skip", "lxcfs would show the node's limits", "hostPID: false"),
    Conflict("lxcfs", "privileged", "warn", "a privileged container can look around lxcfs"),
    Conflict("lxcfs", "level:baseline", "skip", _NO_HOST_PATH, _PSA),
    Conflict("lxcfs", "level:restricted", "skip", _NO_HOST_PATH, _PSA),
    *(
        Conflict("lxcfs", f"runtime:{kind}", "skip", _OWN_PROC)
        for kind in ("gvisor", "kata", "kata-fc", "sysbox", "crx", "nabla")
    ),
    Conflict("fixed-ip", "hostNetwork", "skip", "a pod on the node's network has no address of its own", "hostNetwork: false"),
    Conflict("fixed-ip", "job", "warn", "pods of a Job may run side by side and would ask for the same address"),
    Conflict(
        "authorize", "hostNetwork", "skip", "the address is the node's, and would let in all pods on it", "hostNetwork: false"
    ),
    *(
        Conflict("authorize", f"dnsPolicy: {dns}", "skip", "only the cluster's DNS knows the gateway", "dnsPolicy: ClusterFirst")
        for dns in ("Default", "None")
    ),
    Conflict(
        "authorize", "hostAliases: gateway", "skip", "the pod would ask somebody else", f"remove {GATEWAY_HOST} from hostAliases"
    ),
    Conflict("authorize", "runtime:nabla", "skip", _NO_PROCESSES),
    Conflict("toolkit:copy", "runtime:kata-fc", "adapt", "shared by a memory emptyDir: Firecracker copies others once"),
    *(
        Conflict("toolkit:image", f"runtime:{kind}", "warn", "image volumes were not proved on it")
        for kind in ("kata", "kata-fc", "sysbox")
    ),
    *(
        Conflict("toolkit:image", f"runtime:{kind}", "skip", "this runtime has no image volumes", "toolkit: {delivery: copy}")
        for kind in ("crx", "nabla")
    ),
    Conflict("switch", "job", "skip", "nobody sends traffic to the pods of a Job"),
    Conflict("switch", "hostNetwork", "adapt", "readiness is told by a program: ports are the node's"),
    Conflict("state", "runtime:kata-fc", "adapt", "shared by a memory emptyDir: Firecracker copies others once"),
    Conflict("service:shipped", "init of the image", "skip", "the image's init runs its own services", "enable it in the image"),
    Conflict("service:root", "runAsNonRoot", "skip", "root alone may start it"),
    Conflict("service:root", "runAsUser", "skip", "root alone may start it"),
    *(Conflict("service:other-user", f"no CAP_{name}", "skip", "it changes its user", _IDS) for name in ("SETUID", "SETGID")),
    Conflict("service:sshd", "no CAP_SYS_CHROOT", "skip", "it confines who logs in", "capabilities: {add: [SYS_CHROOT]}"),
    Conflict("service:sshd", "hostNetwork", "skip", "its port would be the node's", "hostNetwork: false"),
    Conflict("debug", "hostNetwork", "warn", "the port is the node's: one pod can have it, and all on the node reach it"),
    Conflict("debug", "runtime:nabla", "skip", _NO_PROCESSES),
    *(
        Conflict("debug", f"runtime:{kind}", "warn", "kubectl port-forward does not reach 127.0.0.1 in it")
        for kind in ("gvisor", "kata", "kata-fc", "crx")
    ),
    Conflict("volume:hostPath", "level:baseline", "refuse", _NO_HOST_PATH),
    Conflict("volume:hostPath", "level:restricted", "refuse", _NO_HOST_PATH),
    *(Conflict(f"volume:{kind}", "level:restricted", "refuse", _RESTRICTED) for kind in _BEYOND_RESTRICTED),
    Conflict("volume:nfs", "hostUsers: false", "refuse", "NFS cannot be mounted into a user namespace", "hostUsers: true"),
    Conflict("volume:nfs", "runtime:kata-fc", "refuse", "Firecracker shares no file system with the node"),
    Conflict("volume:nfs", "runtime:sysbox", "warn", "NFS under Sysbox was not proved"),
    Conflict("volume:nfs", "runtime:crx", "warn", "NFS in a vSphere Pod was not proved"),
    Conflict("volume:nfs", "runtime:nabla", "refuse", "this runtime has no volumes"),
    *(
        Conflict("persist", f"runtime:{kind}", "refuse", "this runtime cannot mount a subPath")
        for kind in ("kata", "kata-fc", "nabla")
    ),
    Conflict("persist", "runtime:crx", "warn", "subPath in a vSphere Pod was not proved"),
    *(
        Conflict(f"runtime:{kind}", "hostNetwork", "refuse", "this runtime has a network of its own", "hostNetwork: false")
        for kind in ("gvisor", "kata", "kata-fc", "sysbox", "crx", "nabla")
    ),
    *(
        Conflict(f"runtime:{kind}", "subPath", "refuse", "this runtime cannot mount a subPath")
        for kind in ("kata", "kata-fc", "nabla")
    ),
    Conflict("runtime:crx", "subPath", "warn", "subPath in a vSphere Pod was not proved"),
    *(
        Conflict(f"runtime:{kind}", "hostUsers: false", "refuse", "this runtime has no user namespaces", "hostUsers: true")
        for kind in ("crx", "nabla")
    ),
)

TABLE: dict[str, dict[str, Conflict]] = {}
for _row in ROWS:
    TABLE.setdefault(_row.element, {})[_row.condition] = _row


def meet(element: str, held: list[str], what: str = "", field: str = "") -> Conflict | None:
    """The gravest conflict of an element with the facts, the first of equals, where it lets the element in.

    Raises Refuse or Skip where it does not: `what` begins the sentence, `field` is where to look if not at the condition itself.
    """
    row = TABLE.get(element) if held else None
    found = [row[condition] for condition in held if condition in row] if row else []
    if not found:
        return None
    gravest = min(found, key=lambda conflict: _GRAVITY.index(conflict.effect))
    sentence = f"{what}{gravest.condition}: {gravest.why}"
    if gravest.effect == "refuse":
        raise Refuse("conflict", sentence, gravest.fix, field or _FIELDS.get(gravest.condition, f"spec.{gravest.condition}"))
    if gravest.effect == "skip":
        raise Skip("conflict", sentence, gravest.fix)
    return gravest


_GRAVITY = ("refuse", "skip", "warn", "adapt")
_FIELDS = {"hostUsers: false": "spec.hostUsers", "subPath": "spec.containers[*].volumeMounts"}
