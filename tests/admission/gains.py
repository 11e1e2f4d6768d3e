"""What a pod gained, and whether the policy lets it."""

from collections.abc import Iterator
from typing import Any

from tests.strategies import FIXED_IP, RUNTIMES
from webhook.inpod.lxcfs_files import LXCFS_FILES
from webhook.policy import Policy, Profile

Json = dict[str, Any]


def gained(before: Json, after: Json) -> Iterator[tuple[str, Any]]:
    """All that `after` has and `before` has not, as (kind of thing, thing)."""
    for key in after["metadata"].get("annotations", {}):
        if key not in before["metadata"].get("annotations", {}):
            yield "annotation", key
    for key, value in after["spec"].items():
        if key not in ("containers", "initContainers", "volumes") and before["spec"].get(key) != value:
            yield key, value
    known = [volume["name"] for volume in before["spec"].get("volumes", [])]
    yield from (("volume", v) for v in after["spec"].get("volumes", []) if v["name"] not in known)
    for section in ("initContainers", "containers"):
        old = {container["name"]: container for container in before["spec"].get(section, [])}
        for container in after["spec"].get(section, []):
            if container["name"] not in old:
                yield section, container
                continue
            for key, value in container.items():
                had = old[container["name"]].get(key)
                if key == "volumeMounts":
                    value = [mount for mount in value if mount not in (had or ())]
                if value not in (had, []):
                    yield f"container.{key}", value


def permitted(policy: Policy, profile: Profile, level: str, thing: tuple[str, Any]) -> bool:
    """Whether the policy lets pods of this profile have it."""
    kind, value = thing
    chosen, allowed = profile.features, profile.allow
    if kind == "annotation":
        return value == "richpod.io/status" or ("fixed-ip" in allowed and value == FIXED_IP["annotation"])
    if kind == "runtimeClassName":
        return value == RUNTIMES.get(chosen.runtime or "", {}).get("class") or (
            "runtime" in allowed and value in [r["class"] for r in RUNTIMES.values()]
        )
    if kind == "volume":
        name = value["name"]
        if name in ("richpod-toolkit", "richpod-no-token"):
            return (chosen.init != "none" or {"init", "persist"} & {*allowed}) and set(value) == {"name", "emptyDir"}
        if name in ("richpod-state", "richpod-sshd"):
            source = {"emptyDir"} if name == "richpod-state" else {"configMap"}
            return bool(chosen.services or "services" in allowed) and {*value} == {"name"} | source
        if name.startswith("richpod-persist-"):
            return "persist" in allowed and value == {"name": name, "persistentVolumeClaim": {"claimName": "own"}}
        if name.startswith("richpod-lxcfs-"):
            paths = [f"{policy.lxcfs.path}{path}" for _, path in LXCFS_FILES]
            return level == "privileged" and (chosen.lxcfs or "lxcfs" in allowed) and value["hostPath"]["path"] in paths
        named = name.removeprefix("richpod-volume-")
        return (named in chosen.volumes or "volumes" in allowed) and value == {"name": name, **policy.volumes[named].source}
    if kind == "initContainers" and value["name"].startswith("richpod-fill-"):
        return "persist" in allowed and value["command"][:2] == ["/.richpod/bin/launch", "fill"]
    if kind == "initContainers":
        return value["image"] == policy.image.toolkit and value["command"] == ["/bin/launch", "install", "/.richpod"]
    if kind == "container.image":
        return chosen.mirrors and value == "mirror.example/shop/app:1"
    if kind == "container.command":
        return value[0].startswith("/.richpod/bin/") and (chosen.init != "none" or "init" in allowed)
    if kind == "container.volumeMounts":
        return all(mount["name"].startswith("richpod-") for mount in value)
    return False
