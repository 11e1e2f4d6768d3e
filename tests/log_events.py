"""Every event that a process of richpod logs, with its fields: what docs/metrics.md says about the log."""

from typing import NamedTuple


class Event(NamedTuple):
    """`sometimes`: fields that only some lines have."""

    command: str
    event: str
    when: str
    fields: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()


_POD = ("uid", "namespace", "name")
_CALLER = ("namespace", "pod", "uid", "service_account")
_RAISED = ("exception", "traceback")

EVENTS = (
    Event("serve", "serving", "Both ports answer, and admissions are taken.", ("port", "health_port", "version", "policy")),
    Event(
        "serve",
        "admission",
        "A review was answered. `kind`: Pod, or a workload that was previewed; `name`: or the pod's `generateName`.",
        ("decision", *_POD, "kind", "operation", "profile", "level", "operations", "milliseconds", "verdicts"),
    ),
    Event(
        "serve",
        "refused-call",
        "A call got no review but an HTTP status; with 500 the place in the code, and whose pod it was.",
        ("status", "path", "caller"),
        ("sentence", *_POD, *_RAISED),
    ),
    Event(
        "serve",
        "certificate",
        "The certificate's files hold something new: whether it may be used, why not, and until when the one in use holds.",
        ("usable", "problem", "serves_until"),
    ),
    Event(
        "serve",
        "authority",
        "The file holds other authorities for pods that ask the gateway; where it holds none, the last ones stay.",
        ("usable", "problem"),
    ),
    Event(
        "serve",
        "image-unknown",
        "A pod names no command and its image does not tell what it runs, `why` in words; its verdict says the same.",
        ("namespace", "image", "why"),
    ),
    Event(
        "serve",
        "credentials-unread",
        "A file of credentials, or a Secret that a pod names, cannot be read, whole or in part: registries are asked without.",
        ("why",),
        ("file", "namespace", "secret"),
    ),
    Event("serve", "draining", "SIGTERM: not ready any more, serving on until nobody calls."),
    Event("serve", "stopping", "The ports close."),
    Event("gateway", "serving", "Both ports answer.", ("port", "health_port", "version", "policy")),
    Event(
        "gateway",
        "authorization",
        "A pod asked, and was answered; `reason` and `sentence` say why not.",
        ("status", "caller", "milliseconds"),
        ("reason", "sentence", *_CALLER, "application", "grants", *_RAISED),
    ),
    Event(
        "gateway",
        "release",
        "A sidecar said that its application has ended; `ended`: the API server shows it, too.",
        ("status", "caller", "milliseconds"),
        ("reason", "sentence", *_CALLER, "ended", *_RAISED),
    ),
    Event(
        "gateway",
        "revocation",
        "Upstreams hold nothing any more for a pod that has ended.",
        (*_CALLER, "application", "why", "entries"),
    ),
    Event("gateway", "leading", "This replica leads; `term` grows with each change of who does.", ("term",)),
    Event("gateway", "leading-no-more", "It leads no more.", ("term",)),
    Event("gateway", "found", "The Service leads to this replica."),
    Event("gateway", "not-found", "It leads, and the Service cannot be led to it.", ("why",)),
    Event(
        "gateway",
        "grant-restored",
        "Somebody wrote or deleted a Grant, which is as it was again.",
        (*_CALLER, "application"),
    ),
    Event("gateway", "unreadable", "A Grant that somebody spoilt: nobody gives back what it held.", ("why",)),
    Event("gateway", "failure", "A fault of its own: it ends, and starts anew.", _RAISED),
    Event(
        "gateway",
        "certificate",
        "The certificate's files hold something new, as for `serve`.",
        ("usable", "problem", "serves_until"),
    ),
    Event("gateway", "draining", "SIGTERM: another may lead; serving on until nobody calls."),
    Event("gateway", "stopping", "The ports close."),
    Event("certs", "started", "The controller has started.", ("version", "health_port")),
    Event(
        "certs",
        "wrote",
        "One write: `authority`, `bundle`, `pods` (the bundle that they are given) or `leaf`, and why.",
        ("step", "reason"),
    ),
    Event("certs", "waiting", "Something is to be written, but not yet.", ("reason",)),
    Event("certs", "in-step", "Nothing is to be done any more."),
    Event("certs", "problem", "Something keeps it from its work; said once.", ("problem", "sentence")),
    Event("certs", "solved", "It is over.", ("problem",)),
    Event("lxcfs", "started", "The node agent has started.", ("version", "health_port")),
    Event("lxcfs", "laid-over", "A new lxcfs serves what pods mount; how many mounts lie there now.", ("folder", "layers")),
    Event("lxcfs", "lxcfs", "One of the last lines of an lxcfs that ended by itself.", ("sentence",)),
    Event("lxcfs", "lxcfs-ended", "lxcfs has ended, with this code or by this signal (negative).", ("process", "code")),
    Event("lxcfs", "lxcfs-stuck", "The kernel holds a killed lxcfs; it is left behind.", ("process",)),
    Event("lxcfs", "healing", "Another is started, after a pause.", ("reason", "pause_seconds")),
    Event("lxcfs", "failed", "lxcfs could not be started or bound.", ("error", "file", *_RAISED)),
    Event("lxcfs", "stopped", "The agent was told to end.", ("folder_left",), ("error", "file")),
    Event(
        "every one",
        "library",
        "Something a library says; its words cut to one line.",
        ("library", "severity", "sentence"),
        _RAISED,
    ),
)
