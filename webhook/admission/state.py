"""The state that the main container's launcher shares: its option, and one empty directory that is mounted there."""

from webhook.admission import launcher
from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.pod import Pod
from webhook.errors import Skip
from webhook.inpod.contract import STATE_OPTION, STATE_ROOT, STATE_VOLUME
from webhook.policy.paths import is_within, plain


def give_state(pod: Pod, container: Container, key: str, at: int) -> int:
    """The launcher has a state, from the place `at` on in its options; returns the place behind. Raises Skip."""
    words = container.raw[key]
    option = [STATE_OPTION, f"{STATE_ROOT}/{container.name}"]
    given = words[at : at + 2] == option
    if not given and launcher.is_given(STATE_OPTION, container):
        sentence = f"container {container.name} starts the launcher with {STATE_OPTION} in a way of its own"
        raise Skip("own-launcher", sentence)
    mounted = _is_mounted(container)
    if not given:
        pod.patch.insert(words, f"{container.path}/{key}", option, at)
    if not mounted:
        pod.add_mounts(container, [{"name": STATE_VOLUME, "mountPath": STATE_ROOT}])
    memory = meet("state", pod.held) is not None
    pod.add_volumes([{"name": STATE_VOLUME, "emptyDir": {"sizeLimit": "1Mi", **({"medium": "Memory"} if memory else {})}}])
    return at + len(option)


def _is_mounted(container: Container) -> bool:
    """Whether the state is there already. Raises Skip where anything else is, however its path is written."""
    found = False
    for mount in container.raw.get("volumeMounts") or ():
        name, path = mount["name"], plain(mount["mountPath"])
        if not is_within(path, STATE_ROOT):
            continue
        if name != STATE_VOLUME:
            raise Skip("path-taken", f"container {container.name} mounts {name} at {path}, which richpod needs")
        if path != STATE_ROOT or any(mount.get(key) for key in ("readOnly", "subPath", "subPathExpr")):
            raise Skip("path-taken", f"container {container.name} mounts {name} in a way of its own")
        found = True
    return found
