"""Lets nothing of a pod start before the gateway has granted what it asks for.

The policy says who may ask for what: that is looked up here so that people are told, and again by the gateway, which decides. A
pod acts for an application: the one it names, else that of the workload that made it, which is its namespace's own.
"""

import re
from collections.abc import Iterable

from webhook.admission import authorizer
from webhook.admission.conflicts import meet
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod, comma_separated
from webhook.admission.verdicts import Verdict, annotated
from webhook.errors import BadValue, Refuse, Skip
from webhook.inpod.contract import AUTHORIZER_CONTAINER, PREFIX
from webhook.nearest import meant
from webhook.policy.permission import MOST_GRANTS, Asker, Denial, denial
from webhook.policy.text import is_application

_ANNOTATION = "metadata.annotations[richpod.io/authorize]"
# A CronJob names its Jobs by the minute.
_MINUTE = re.compile(r"-[0-9]{8}$")


def parse(text: str) -> tuple[str, ...]:
    names = comma_separated(text)
    if not names:
        raise BadValue("write names of grants, with commas between, or none")
    if len(names) > MOST_GRANTS:
        raise BadValue(f"names {len(names)} grants; write {MOST_GRANTS} at most")
    return () if names == ("none",) else names


def apply(pod: Pod, asked: tuple[str, ...], context: Context) -> list[Verdict]:
    present = authorizer.authorizer(pod)
    if not asked and "authorize" not in context.profile.required:
        if present is not None:
            raise _foreign("it is asked for nothing")
        return []
    names = _with_required(asked, context)
    meet("authorize", pod.held)
    who = _asker(pod)
    _permit(who, names, pod, context)
    words = authorizer.command(who.application, names, context)
    if present is None:
        if not context.authority:
            raise Skip("no-authority", "the authorities of the gateway's certificate are not known yet")
        authorizer.add_authorizer(pod, words, context)
    elif not authorizer.is_ours(present, words, context):
        raise _foreign("it is not as richpod writes it")
    return [Verdict("authorize", "applied", "", f"{who.application} waits for {', '.join(names)}")]


def _with_required(asked: tuple[str, ...], context: Context) -> tuple[str, ...]:
    """What is asked for, the profile's grants first. Raises Refuse where one is missing that the profile requires."""
    default: tuple[str, ...] = context.defaults["authorize"]
    missing = [name for name in default if name not in asked] if "authorize" in context.profile.required else []
    if missing:
        all_of_it = annotated("authorize", ",".join(dict.fromkeys((*default, *asked))))
        raise Refuse("required", f"profile {context.profile_name} requires {', '.join(missing)}", all_of_it, _ANNOTATION)
    return tuple(dict.fromkeys((*(name for name in default if name in asked), *asked)))


def _permit(who: Asker, names: tuple[str, ...], pod: Pod, context: Context) -> None:
    """Raises Skip where the gateway would refuse."""

    def denied(names: tuple[str, ...]) -> Denial | None:
        return denial(who, names, context.policy.grants, context.policy.applications)

    if found := denied(names):
        fix = ""
        if found.reason == "application" and "app" in pod.asked:
            known = context.policy.applications
            near = "" if who.application in known else meant(who.application, known)
            fix = annotated("app", near) if near else f"remove {PREFIX}app"
        elif found.reason != "application" and "authorize" in context.allow and "authorize" not in context.profile.required:
            fix = annotated("authorize", ",".join(name for name in _meant(names, context) if not denied((name,))) or "none")
        raise Skip(found.reason, found.sentence, fix)


def _meant(names: tuple[str, ...], context: Context) -> Iterable[str]:
    """With what was meant by those that the policy does not know."""
    known = context.policy.grants
    return dict.fromkeys(name if name in known else meant(name, known) for name in names)


def permitted(pod: Pod, context: Context) -> list[str]:
    """The grants that this pod may ask for, each by itself."""
    try:
        who = _asker(pod)
    except Skip:
        return []
    grants, applications = context.policy.grants, context.policy.applications
    return [name for name in grants if denial(who, (name,), grants, applications) is None]


def _asker(pod: Pod) -> Asker:
    account = pod.spec.get("serviceAccountName") or pod.spec.get("serviceAccount") or "default"
    return Asker(pod.namespace, account, _application(pod))


def _application(pod: Pod) -> str:
    """Raises Skip for what no gateway would read as it is written."""
    given = pod.asked.get("app")
    name = given.strip() if given is not None else f"{pod.namespace}/{_workload(pod)}"
    if not is_application(name):
        raise Skip(
            "bad-application", "the application has no name of letters, digits, dots, dashes and slashes", "richpod.io/app: NAME"
        )
    return name


def _workload(pod: Pod) -> str:
    """The name that people know: of the Deployment behind a ReplicaSet, of the CronJob behind a Job."""
    metadata, owner = pod.metadata, pod.controller or {}
    name = owner.get("name") or metadata.get("name") or (metadata.get("generateName") or "").rstrip("-")
    match owner.get("kind"):
        case "ReplicaSet":
            return name.removesuffix(f"-{(metadata.get('labels') or {}).get('pod-template-hash')}")
        case "Job":
            return _MINUTE.sub("", name)
    return name


def _foreign(why: str) -> Refuse:
    fix = f"remove the init container {AUTHORIZER_CONTAINER}: it is made anew where it is asked for"
    return Refuse(
        "reserved-name", f"the container name {AUTHORIZER_CONTAINER} is richpod's own, and {why}", fix, "spec.initContainers"
    )


FEATURE = Feature("authorize", apply, {"authorize": parse}, always=True)
