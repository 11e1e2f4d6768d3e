"""What of an AdmissionReview's body is read: the rest is skipped by the parser, which halves the cost of a controller's pod.

The object's spec comes whole, as dicts: features may read any field of it, newer ones too.
"""

from typing import Any, TypedDict

import msgspec

from webhook.errors import BadReview

Json = dict[str, Any]

API_VERSION = "admission.k8s.io/v1"


class Metadata(TypedDict, total=False):
    """What anything below reads of an object's metadata; managedFields may be half of a body."""

    name: Any
    generateName: Any
    labels: Any
    annotations: Any
    ownerReferences: Any


class Object(TypedDict, total=False):
    """A pod, or a workload that holds one. Types are checked by `shape` where they do harm, with a better sentence."""

    metadata: Metadata | None
    spec: Any


class Kind(TypedDict, total=False):
    group: str | None
    version: str
    kind: str


class Request(TypedDict, total=False):
    uid: str
    kind: Kind | None
    subResource: str | None
    name: str | None
    namespace: str | None
    operation: str
    object: Object | None


class Review(TypedDict, total=False):
    kind: str
    apiVersion: str
    request: Request


_decode = msgspec.json.Decoder(Review).decode


def request_of(body: bytes) -> Request:
    """The request of a well-formed v1 review (requirements 2 and 6). Raises BadReview."""
    try:
        review = _decode(body)
    except msgspec.ValidationError as error:
        raise BadReview(400, "the body is not an AdmissionReview", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadReview(400, "the body is not JSON") from None
    except RecursionError:
        raise BadReview(400, "the body is nested too deeply") from None
    if review.get("kind") != "AdmissionReview":
        raise BadReview(400, "the body is not an AdmissionReview")
    if review.get("apiVersion") != API_VERSION:
        raise BadReview(400, f"only {API_VERSION} is served")
    request = review.get("request")
    if request is None:
        raise BadReview(400, "the AdmissionReview has no request")
    if not request.get("uid"):
        raise BadReview(400, "request.uid is missing")
    return request
