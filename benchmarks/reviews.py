"""AdmissionReviews as kube-apiserver 1.36 sends them when the ReplicaSet controller creates a Deployment's pod.

v1 defaults are filled in, managedFields are computed, and the in-tree plug-ins have added the token volume with its mounts, the
default tolerations and the priority.
"""

from typing import Any

import orjson

Json = dict[str, Any]

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
_OWNER_UID = "0c5b1c1e-7a57-4a53-9be7-31a6a6bd9a3f"
_TOKEN = "kube-api-access-x7m2q"


def review(pod: Json) -> bytes:
    """The request body for the creation of this pod."""
    request = {
        "uid": UID,
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "requestResource": {"group": "", "version": "v1", "resource": "pods"},
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": {
            "username": "system:serviceaccount:kube-system:replicaset-controller",
            "uid": "f0c1b0d4-52ac-4e2b-8e57-7f0e3c7f4a2d",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
            "extra": {"authentication.kubernetes.io/credential-id": ["JTI=8a5b0b1e-27f5-4a44-a0c8-cf6c9a4a9d70"]},
        },
        "object": pod,
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    return orjson.dumps({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request})


def pod(containers: int, env: int, mounts: int, probes: bool) -> Json:
    """A pod with so many containers, each with so many variables and mounts, the token's mount included."""
    names = [f"data-{i}" for i in range(mounts - 1)]
    spec = {
        "volumes": [{"name": name, "configMap": {"name": f"checkout-{name}", "defaultMode": 420}} for name in names],
        "containers": [_container(i, env, names, probes) for i in range(containers)],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "checkout",
        "serviceAccount": "checkout",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
    }
    metadata = {
        "generateName": "checkout-6d4cf56db6-",
        "namespace": "shop",
        "labels": {"app": "checkout", "pod-template-hash": "6d4cf56db6", "team": "payments"},
        "annotations": {"prometheus.io/port": "8080", "prometheus.io/scrape": "true"},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": "checkout-6d4cf56db6",
                "uid": _OWNER_UID,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    metadata["managedFields"] = [
        {
            "manager": "kube-controller-manager",
            "operation": "Update",
            "apiVersion": "v1",
            "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                # a controller's namespace is no field of its own
                "f:metadata": _fields({key: value for key, value in metadata.items() if key != "namespace"}),
                "f:spec": _fields(spec),
            },
        }
    ]
    return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": _admitted(spec), "status": {}}


def _container(number: int, env: int, volumes: list[str], probes: bool) -> Json:
    port = 8080 + number
    container: Json = {
        "name": f"web-{number}" if number else "web",
        "image": f"registry.example.com/shop/checkout-{number}:4.17.2",
        "command": ["/app/bin/server", "--port", str(port)],
        "ports": [{"name": "http", "containerPort": port, "protocol": "TCP"}],
        "env": [_variable(i) for i in range(env)],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "250m", "memory": "512Mi"}},
        "volumeMounts": [{"name": name, "mountPath": f"/etc/checkout/{name}"} for name in volumes],
    }
    if probes:
        container["livenessProbe"] = _probe("/healthz", port, 10)
        container["readinessProbe"] = _probe("/readyz", port, 5)
    container |= {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }
    return {key: value for key, value in container.items() if value != []}


def _variable(number: int) -> Json:
    """Every seventh out of a Secret, the others literal."""
    name = f"CHECKOUT_SETTING_{number}"
    if number % 7 == 6:
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": "checkout", "key": f"setting-{number}"}}}
    return {"name": name, "value": f"http://backend-{number}.shop.svc:8080/v1"}


def _probe(path: str, port: int, period: int) -> Json:
    return {
        "httpGet": {"path": path, "port": port, "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": period,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def _admitted(spec: Json) -> Json:
    """With what ServiceAccount, DefaultTolerationSeconds and Priority add."""
    token = {
        "name": _TOKEN,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {
                    "downwardAPI": {
                        "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
                    }
                },
            ],
            "defaultMode": 420,
        },
    }
    mount = {"name": _TOKEN, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    tolerations = [
        {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for state in ("not-ready", "unreachable")
    ]
    return spec | {
        "volumes": [*spec["volumes"], token],
        "containers": [c | {"volumeMounts": [*c.get("volumeMounts", ()), mount]} for c in spec["containers"]],
        "tolerations": tolerations,
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
    }


_KEYS = {
    "containers": ("name",),
    "env": ("name",),
    "ownerReferences": ("uid",),
    "ports": ("containerPort", "protocol"),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
"""Merge keys of the lists that the API tracks by element; other lists are atomic."""
_ATOMIC = {"fieldRef", "secretKeyRef", "ownerReferences"}
"""Whose parts (or elements' parts) are not tracked."""


def _fields(value: Json) -> Json:
    """FieldsV1 of an object: who set what."""
    return {f"f:{key}": _field(key, part) for key, part in value.items() if part != []}


def _field(key: str, value: Any) -> Json:
    if isinstance(value, dict):
        return {".": {}, **_fields(value)} if value and key not in _ATOMIC else {}
    if isinstance(value, list) and key in _KEYS:
        # The lists of containers are required and so have no "." of their own.
        fields: Json = {} if key == "containers" else {".": {}}
        for element in value:
            part = {name: element[name] for name in _KEYS[key]}
            fields["k:" + orjson.dumps(part).decode()] = {} if key in _ATOMIC else {".": {}, **_fields(element)}
        return fields
    return {}


TYPICAL_POD = pod(containers=2, env=7, mounts=3, probes=True)

SMALL = review(pod(containers=1, env=0, mounts=1, probes=False))
TYPICAL = review(TYPICAL_POD)
LARGE = review(pod(containers=10, env=24, mounts=4, probes=True))
