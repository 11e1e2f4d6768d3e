"""Pods and policies of every sort, for properties: what a cluster holds, and what somebody with a grudge would send."""

from typing import Any

from hypothesis import strategies as st

from webhook.policy import LEVELS, Policy

Json = dict[str, Any]

RUNTIMES = {
    "gvisor": {"class": "gvisor", "kind": "gvisor"},
    "kata": {"class": "kata-qemu", "kind": "kata"},
    "fc": {"class": "kata-fc", "kind": "kata-fc"},
    "plain": {"class": "runc", "kind": "runc"},
    "sysbox": {"class": "sysbox-runc", "kind": "sysbox"},
    "crx": {"class": "crx", "kind": "crx"},
    "nabla": {"class": "nabla", "kind": "nabla"},
}
VOLUMES = {
    "data": {"source": {"persistentVolumeClaim": {"claimName": "data"}}, "mountPath": "/data"},
    "nfs": {"source": {"nfs": {"server": "nfs.example", "path": "/exports"}}, "mountPath": "/nfs/", "readOnly": True},
    "keys": {"source": {"configMap": {"name": "keys"}}, "mountPath": "/etc/keys"},
    "claimed": {"source": {"emptyDir": {}}, "mountPath": "/srv"},
}
NODE_VOLUME = {"node": {"source": {"hostPath": {"path": "/opt/agents"}}, "mountPath": "/opt/agents"}}
FIXED_IP = {"annotation": "cni.projectcalico.org/ipAddrs", "pools": {"shop": ["198.51.100.0/28", "2001:db8::/64"]}}
IMAGES = {"shop/mapped:1": {"entrypoint": ["/entry", "$(X)"], "cmd": ["serve"]}, "shop/cmd-only:1": {"cmd": ["/run"]}}
GRANTS = {"orders": {"ports": [5432]}, "dns": {"ports": [53]}, "stock": {"ports": [443], "to": [{"namespaces": ["other"]}]}}
MIRRORS = ({}, {"docker.io/": "mirror.example/hub/"}, {"docker.io/shop/": "other.example/", "quay.io/": "mirror.example/quay/"})

# --- pods ---

IMAGE = st.sampled_from(
    ["shop/app:1", "shop/mapped:1", "shop/cmd-only:1", "nginx", "quay.io/a/b@sha256:" + "0" * 64, "localhost:5000/x:2"]
)
WORD = st.sampled_from(["/app", "--flag", "$(HOME)", "$$", "", "a b", "it's", 'q"q', "line\nline", "%s", "ü", "-c", "\\"])
CPU = st.sampled_from(["100m", "0.1", 1, "1e3m", "2"])
MEMORY = st.sampled_from(["64Mi", "1Gi", "134217728", "128e6"])


def _some(optional: dict[str, st.SearchStrategy[Any]], required: dict[str, st.SearchStrategy[Any]] | None = None) -> Any:
    return st.fixed_dictionaries(required or {}, optional=optional)


AMOUNTS = st.fixed_dictionaries({"cpu": CPU, "memory": MEMORY})
GUARANTEED = st.one_of(
    AMOUNTS.map(lambda limits: {"limits": limits}),
    AMOUNTS.map(lambda limits: {"limits": limits, "requests": dict(limits)}),
    st.just({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m", "memory": "1024Mi"}}),
)
RESOURCES = st.one_of(GUARANTEED, _some({"limits": AMOUNTS, "requests": _some({"cpu": CPU})}))
SECURITY = _some(
    {
        "privileged": st.booleans(),
        "runAsNonRoot": st.booleans(),
        "allowPrivilegeEscalation": st.just(False),
        "capabilities": st.just({"drop": ["ALL"]}),
        "seccompProfile": st.just({"type": "RuntimeDefault"}),
    }
)
USER_VOLUMES: list[Json] = [
    {"name": "tmp", "emptyDir": {}},
    {"name": "conf", "configMap": {"name": "conf"}},
    {"name": "model", "image": {"reference": "models/llm:1", "futureField": 1}},
    {"name": "host", "hostPath": {"path": "/var/log"}},
]
MOUNT = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["tmp", "conf"]),
        "mountPath": st.sampled_from(["/tmp", "/x", "/y", "/z", "/v", "/data", "/proc/meminfo", "/sys", "/.richpod", "/srv/"]),
    },
    optional={"subPath": st.just("x"), "futureField": st.just({"a": None})},
)
MOUNTS = st.lists(MOUNT, max_size=2, unique_by=lambda mount: mount["mountPath"])
LIVENESS = st.fixed_dictionaries(
    {"failureThreshold": st.sampled_from([1, 3]), "futureField": st.just(1)},
    optional={"timeoutSeconds": st.sampled_from([1, 5]), "initialDelaySeconds": st.just(7)},
).flatmap(
    lambda periods: st.sampled_from(
        [
            *[{"httpGet": {"port": 8080}}] * 3,
            {"httpGet": {"port": "web", "path": "/up?a=$(X)", "httpHeaders": [{"name": "X", "value": "a: $(X)"}]}},
            {"httpGet": {"port": "absent", "path": "/up"}},
            {"httpGet": {"port": 8443, "scheme": "HTTPS"}},
            {"tcpSocket": {"port": 8080}},
            {"exec": {"command": ["/alive"]}},
        ]
    ).map(lambda action: {**periods, **action})
)
_CONTAINER = {
    "command": st.lists(WORD, max_size=3),
    "args": st.lists(WORD, max_size=3),
    "env": st.just([{"name": "spring.datasource.url", "value": "jdbc:x=1"}]),
    "resources": RESOURCES,
    "securityContext": SECURITY,
    "ports": st.just([{"containerPort": 8080, "name": "web"}]),
    "volumeMounts": MOUNTS,
    "futureField": st.just({"deep": [1, {"x": 9007199254740993}]}),
}
CONTAINER = _some({**_CONTAINER, "livenessProbe": LIVENESS}, {"image": IMAGE})
INIT_CONTAINER = _some({**_CONTAINER, "restartPolicy": st.just("Always")}, {"image": IMAGE})

GOOD_ANNOTATIONS = [
    ("richpod.io/init", "launch"),
    ("richpod.io/init", "dumb-init"),
    ("richpod.io/init", "none"),
    ("richpod.io/lxcfs", "true"),
    ("richpod.io/lxcfs", "false"),
    ("richpod.io/runtime", "gvisor"),
    ("richpod.io/runtime", "plain"),
    ("richpod.io/runtime", "fc"),
    ("richpod.io/volumes", "data,keys"),
    ("richpod.io/volumes", "nfs"),
    ("richpod.io/persist", '[{"path":"/srv/$(X)","claim":"own","single":true}]'),
    ("richpod.io/fixed-ip", "198.51.100.7, 198.51.100.8"),
    ("richpod.io/fixed-ip", "2001:db8::7"),
    ("richpod.io/prestart", '["/opt/up.sh", "$(HOME)", ""]'),
    ("richpod.io/preonline", "/opt/warm.sh"),
    ("richpod.io/poststop", "/opt/tidy.sh"),
    ("richpod.io/check-url", "http://:8080/health?a=$(X)"),
    ("richpod.io/online", "hold"),
    ("richpod.io/services", "agent, sshd"),
    ("richpod.io/services", "crond"),
    ("richpod.io/debug", "java"),
    ("richpod.io/authorize", "orders,dns"),
    ("richpod.io/app", "shop/till"),
    ("richpod.io/containers", "app,web"),
    ("richpod.io/commands", '{"app": ["/stated"], "web": ["/w", "$(HOME)", ""], "log": ["/l"]}'),
    ("example.com/kept", "yes"),
]
BAD_ANNOTATIONS = [
    ("richpod.io/init", "lunch"),
    ("richpod.io/lxcfs", "yes"),
    ("richpod.io/runtime", ""),
    ("richpod.io/volumes", "dta"),
    ("richpod.io/fixed-ip", "203.0.113.1"),
    ("richpod.io/containers", "nobody"),
    ("richpod.io/commands", "{"),
    ("richpod.io/prestart", "up.sh"),
    ("richpod.io/services", "agnet"),
    ("richpod.io/online", "held"),
    ("richpod.io/debug", "jav"),
    ("richpod.io/authorize", "stock"),
    ("richpod.io/app", "till $(X)"),
    ("richpod.io/debgu", "java"),
]
ANNOTATIONS = st.lists(st.sampled_from([*GOOD_ANNOTATIONS, *GOOD_ANNOTATIONS, *BAD_ANNOTATIONS]), max_size=5).map(dict)
SPEC_FIELDS: list[tuple[str, Any]] = [
    ("hostPID", True),
    ("hostNetwork", True),
    ("terminationGracePeriodSeconds", 0),
    ("terminationGracePeriodSeconds", 100_000),
    ("hostUsers", False),
    ("shareProcessNamespace", True),
    ("shareProcessNamespace", False),
    ("nodeSelector", {}),
    ("nodeSelector", {"disk": "ssd"}),
    ("nodeSelector", {"lxcfs": "no"}),
    ("nodeName", "n1"),
    ("dnsPolicy", "None"),
    ("runtimeClassName", "gvisor"),
    ("runtimeClassName", "kata-qemu"),
    ("runtimeClassName", "crx"),
    ("automountServiceAccountToken", False),
]
OWNER = st.sampled_from([None, "ReplicaSet", "DaemonSet", "Job", "StatefulSet"]).map(
    lambda kind: kind and {"apiVersion": "apps/v1", "kind": kind, "name": "o", "uid": "u", "controller": True}
)


@st.composite
def pods(draw: st.DrawFn, annotations: st.SearchStrategy[Json] = ANNOTATIONS) -> Json:
    """A pod that the API server would let through to its webhooks and, with what they add rightly, would store."""
    metadata: Json = {"generateName": "web-", "namespace": "shop", "futureField": {"kept": [1]}}
    if draw(st.booleans()):
        metadata["annotations"] = draw(annotations)
    if owner := draw(OWNER):
        metadata["ownerReferences"] = [owner]
    names = ["app", "web", "log"][: draw(st.integers(1, 3))]
    spec: Json = {"futureField": [{"kept": True}], **dict(draw(st.lists(st.sampled_from(SPEC_FIELDS), max_size=2)))}
    if draw(st.integers(0, 3)) == 0:
        spec["resources"] = draw(RESOURCES)
    spec["containers"] = [{"name": name, **draw(CONTAINER)} for name in names]
    if draw(st.booleans()):
        spec["initContainers"] = [{"name": f"init-{i}", **draw(INIT_CONTAINER)} for i in range(draw(st.integers(0, 2)))]
    if draw(st.integers(0, 3)):
        for container in spec["containers"]:
            container["image"] = "shop/mapped:1"
    mounted = any(c.get("volumeMounts") for c in [*spec["containers"], *spec.get("initContainers", [])])
    if mounted or draw(st.booleans()):
        spec["volumes"] = USER_VOLUMES[: draw(st.integers(2 if mounted else 0, 4))]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "futureField": 1}


@st.composite
def guaranteed_pods(draw: st.DrawFn) -> Json:
    """A pod in which every container has limits of cpu and memory, and requests that are absent or the same amount."""
    pod: Json = draw(pods())
    pod["spec"].pop("resources", None)
    for container in [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]:
        container["resources"] = draw(GUARANTEED)
    return pod


# --- policies ---

HOOKS: list[Json] = [
    {"prestart": ["/opt/up.sh"]},
    {"preonline": [{"path": "/opt/warm.sh", "args": ["$(HOME)", ""], "optional": True}], "checkUrl": "http://:8080/health"},
    {"poststop": ["/opt/tidy.sh"], "postoffline": ["/opt/leave.sh"], "onlineFile": "/srv/www/$(X)", "online": "hold", "drain": 0},
]
SERVICES: Json = {"agent": {"argv": ["/opt/agent", "$(X)"], "user": "daemon"}, "sshd": {"authorizedKeys": "who"}}
FEATURES = _some(
    {
        "hooks": st.sampled_from(HOOKS),
        "services": st.sampled_from([["agent"], ["crond", "sshd"]]),
        "debug": st.sampled_from(["java", "java", "none"]),
        "lxcfs": st.just(True),
        "runtime": st.sampled_from([None, None, "gvisor", "plain"]),
        "mirrors": st.just(True),
        "authorize": st.sampled_from([["orders"], ["dns", "orders"]]),
        "volumes": st.sampled_from([["data"], ["data", "nfs"], ["claimed", "keys"]]),
    },
    {"init": st.sampled_from(["launch", "launch", "dumb-init", "none"])},
)
ALLOW_ALL = ["init", "hooks", "services", "debug", "lxcfs", "runtime", "fixed-ip", "volumes", "persist", "authorize"]
ALLOW = st.one_of(st.just(ALLOW_ALL), st.just(ALLOW_ALL), st.lists(st.sampled_from(ALLOW_ALL), unique=True))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A policy whose `default` profile varies in all that a profile can say, and `image.tag` in the version of richpod."""
    profile = {"features": draw(FEATURES), "allow": draw(ALLOW)}
    profile["onConflict"] = draw(st.sampled_from(["skip", "skip", "skip", "skip", "refuse"]))
    return Policy.model_validate(
        {
            "kubernetes": "1.35",
            "image": {"tag": draw(st.sampled_from(["1", "2"]))},
            "toolkit": {"delivery": draw(st.sampled_from(["copy", "image"]))},
            "lxcfs": {"path": draw(st.sampled_from(["/var/lib/lxcfs", "/lx"])), "nodeSelector": draw(SELECTORS)},
            "fixedIP": {**FIXED_IP, "form": draw(st.sampled_from(["json-list", "comma-list"]))},
            "images": {"map": IMAGES},
            "mirrors": draw(st.sampled_from(MIRRORS)),
            "runtimes": RUNTIMES,
            "volumes": VOLUMES,
            "services": SERVICES,
            "grants": GRANTS,
            "profiles": {"default": profile},
        }
    )


SELECTORS = st.sampled_from([{}, {"lxcfs": "yes"}, {"lxcfs": "yes", "example.com/a": "b"}])
LEVEL = st.sampled_from(["privileged", *LEVELS])
