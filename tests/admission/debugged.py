"""A pod that asks for a debugger, as the webhook makes it, and what is said of it."""

from typing import Any

from tests.reviews import answer, context, patched, pod

Json = dict[str, Any]

POLICY = {"profiles": {"default": {"features": {"init": "launch"}, "allow": ["init", "hooks", "debug"]}}}
HTTP = {"httpGet": {"port": 8080}}


def app(**more: Any) -> Json:
    return {"name": "app", "image": "a:1", "command": ["/a"], **more}


def asking(*containers: Json, **annotations: str) -> Json:
    keys = {f"richpod.io/{key}": value for key, value in annotations.items()}
    return pod({"containers": list(containers) or [app()]}, {"richpod.io/debug": "java", **keys})


def first(sent: Json, policy: Json | None = None) -> Json:
    found: Json = patched(sent, context(policy or POLICY))["spec"]["containers"][0]
    return found


def said(sent: Json, policy: Json | None = None) -> list[str]:
    warnings: list[str] = answer(sent, context(policy or POLICY)).get("warnings", [])
    return [warning.removeprefix("richpod web-5c9-: ") for warning in warnings]
