"""What many Python webhooks do: copy the pod, change the copy, let `make_patch` find out what changed. A yardstick, no example.

The change is the default policy's, written down for the pods of `benchmarks.reviews`.
"""

import json
import os
from base64 import b64encode
from copy import deepcopy
from typing import Any

import jsonpatch
from flask import Flask, Response, jsonify, request

Json = dict[str, Any]

app = Flask(__name__)

ADDED: Json = json.loads(os.environ["BENCHMARK_ADDED"])
"""What richpod adds to such a pod: `annotations`, `volumes`, `initContainers`, and `mounts` and `elements` for each container."""


@app.post("/mutate/default/privileged")
def mutate() -> Response:
    review = request.get_json()
    pod = review["request"]["object"]
    patched = deepcopy(pod)
    enrich(patched)
    patch = jsonpatch.make_patch(pod, patched)
    response = {
        "uid": review["request"]["uid"],
        "allowed": True,
        "patchType": "JSONPatch",
        "patch": b64encode(patch.to_string().encode()).decode(),
    }
    return jsonify({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})


def enrich(pod: Json) -> None:
    spec = pod["spec"]
    pod["metadata"].setdefault("annotations", {}).update(ADDED["annotations"])
    spec["volumes"] += ADDED["volumes"]
    spec["initContainers"] = ADDED["initContainers"] + spec.get("initContainers", [])
    for container in spec["containers"]:
        container["command"] = ADDED["elements"] + container["command"]
        container["volumeMounts"] += ADDED["mounts"]
