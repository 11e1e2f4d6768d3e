"""Where the launcher's options stand, in the argv of a main container that init has wrapped."""

from collections.abc import Callable

from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.pod import Pod
from webhook.errors import Skip
from webhook.inpod.contract import LAUNCH, SBIN_INIT
from webhook.inpod.launcher import options_at


def options(
    pod: Pod, context: Context, deed: str, place: Callable[[list[str]], int | None] = options_at
) -> tuple[Container, str, int]:
    """The main container, its field that starts the launcher, and the place there, of the first option if nothing else is said.

    Raises Skip where nothing would do the deed.
    """
    if not pod.app_containers:
        raise Skip("no-container", "the pod has no container")
    container = pod.main
    for key in ("command", "args"):
        if (at := place(container.raw.get(key) or [])) is not None:
            return container, key, at
    unwanted = pod.asked.get("init", context.defaults["init"]) == "none"
    sentence = f"container {container.name} has no init of richpod's, which would {deed}"
    raise Skip("no-init", sentence, "richpod.io/init: launch" if unwanted else "")


def is_given(option: str, container: Container) -> bool:
    """Whether a launcher in the container's argv has the option, wherever it stands, from whoever wrote it."""
    among = False
    for word in (*(container.raw.get("command") or ()), *(container.raw.get("args") or ())):
        if among and word == option:
            return True
        among = word in (LAUNCH, SBIN_INIT) or (among and word != "--")
    return False
