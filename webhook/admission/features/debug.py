"""Lets a debugger attach to the main container's JVM, and a breakpoint last.

The launcher tells the application's process alone (trap 22). A breakpoint holds all threads of a JVM: where its liveness is an
httpGet, richpod's own probe asks the same, and counts an attached debugger as alive. Readiness stays as it is: nobody should send
requests to a JVM that is held.
"""

from webhook.admission import launcher, liveness
from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod
from webhook.admission.toolkit import deliver
from webhook.admission.verdicts import Verdict
from webhook.errors import BadValue, Skip
from webhook.inpod.contract import DEBUG_PORT, JAVA_DEBUG_OPTION
from webhook.nearest import LONGEST_NAME, closest


def parse(text: str) -> str:
    if text not in ("java", "none"):
        raise BadValue("write java or none", closest(text[:LONGEST_NAME], ("java", "none")))
    return text


def apply(pod: Pod, option: str, context: Context) -> list[Verdict]:
    conflict = meet("debug", pod.held)
    container, key, at = launcher.options(pod, context, "tell its JVM")
    deliver(pod, [container], context)
    words = container.raw[key]
    if words[at : at + 1] != [JAVA_DEBUG_OPTION]:
        if launcher.is_given(JAVA_DEBUG_OPTION, container):
            sentence = f"container {container.name} starts the launcher with {JAVA_DEBUG_OPTION} in a way of its own"
            raise Skip("own-launcher", sentence)
        if _mentions_jdwp(container):
            sentence = f"container {container.name} mentions JDWP already, and a JVM that is told twice ends at once"
            raise Skip("own-debugger", sentence)
        pod.patch.insert(words, f"{container.path}/{key}", [JAVA_DEBUG_OPTION, str(DEBUG_PORT)], at)
    said = []
    if conflict is not None:
        said.append(Verdict("debug", "applied", "conflict", f"{conflict.condition}: {conflict.why}", conflict.fix))
    if stays := _bear(pod, container):
        sentence = f"container {container.name}: a breakpoint may fail its livenessProbe, which stays: {stays}"
        said.append(Verdict("debug", "applied", "liveness-stays", sentence))
    return said or [Verdict("debug", "applied", "", f"container {container.name}: a JVM listens at 127.0.0.1:{DEBUG_PORT}")]


def _mentions_jdwp(container: Container) -> bool:
    """As the launcher looks for it in what it gets, which may be more: values of Secrets and ConfigMaps are known only then."""
    raw = container.raw
    variables = (f"{variable.get('name')}={variable.get('value')}" for variable in raw.get("env") or ())
    words = (*(raw.get("command") or ()), *(raw.get("args") or ()), *variables)
    return any("jdwp" in word or "jpda" in word for word in map(str.lower, words))


def _bear(pod: Pod, container: Container) -> str:
    """Lets the liveness probe bear with a debugger; returns why it does not."""
    probe = container.raw.get("livenessProbe")
    if probe is None or liveness.is_ours(probe):
        return ""
    try:
        pod.patch.replace(container.raw, container.path, "livenessProbe", liveness.rewritten(container, probe))
    except BadValue as error:
        return str(error)
    return ""


FEATURE = Feature("debug", apply, {"debug": parse})
