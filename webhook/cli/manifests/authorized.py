"""By which the API server knows a pod that waits for the gateway, in CEL: its first init container is the authorizer, and nothing
can make that end well, or ask for something else, without the gateway.
"""

import json
from typing import NamedTuple

from webhook.admission.authorizer import MESSAGE, TOKEN_MOUNT, TOKEN_VOLUME, command
from webhook.admission.context import Context
from webhook.admission.toolkit import NO_TOKEN_MOUNT
from webhook.cli.manifests.manifest import Json
from webhook.inpod.contract import AUTHORITY_VARIABLE, AUTHORIZER_CONTAINER, GRANT_OPTION
from webhook.installation import GATEWAY_HOST
from webhook.policy import Policy

VARIABLES: list[Json] = [
    {"name": "first", "expression": "object.spec.?initContainers[?0].orValue({})"},
    {"name": "words", "expression": "variables.first.?command.orValue([])"},
    {"name": "env", "expression": "variables.first.?env.orValue([])"},
]

MOST_WORDS = 500
"""More grants than anybody asks for; what is refused beyond costs no work."""
_FOREIGN = ("args", "envFrom", "lifecycle", "restartPolicy", "restartPolicyRules", "volumeDevices", "workingDir")
"""Fields by which it would do something else, or keep nobody waiting."""


class Rule(NamedTuple):
    """`said` completes "its first init container …" for whoever is refused."""

    said: str
    expression: str


def rules(policy: Policy, profile: str) -> list[Rule]:
    context = Context(policy, profile, "privileged")
    return [
        Rule(f"must be {AUTHORIZER_CONTAINER}, with the image {policy.image.richpod}", _identity(policy.image.richpod)),
        Rule(
            f"must be given the gateway, an application and the grants {', '.join(context.defaults['authorize'])} first",
            _command(context),
        ),
        Rule(f"must have none of {', '.join(_FOREIGN)}, and its message in {MESSAGE}", _nothing_else()),
        Rule(f"must have {AUTHORITY_VARIABLE} in its environment, as a text, and nothing else", _environment()),
        Rule("must mount the gateway's token and an empty API token, and nothing else", _mounts()),
        Rule("must have a token that is only for the gateway", _token()),
        Rule("must find the gateway by the cluster's DNS, from the pod's own network", _network()),
    ]


def _identity(image: str) -> str:
    name = f"variables.first.?name.orValue('') == {_text(AUTHORIZER_CONTAINER)}"
    return f"{name} && variables.first.?image.orValue('') == {_text(image)}"


def _command(context: Context) -> str:
    """Word by word; any one word for the application. What follows may be more grants, and no option twice.

    The kubelet would replace $(NAME) by what the environment says, which is the author's.
    """
    wanted = command("", context.defaults["authorize"], context)
    same = [f"variables.words[{i}] == {_text(word)}" for i, word in enumerate(wanted) if word]
    options = [word for word in wanted if word.startswith("-")]
    once = [word for word in options if word != GRANT_OPTION]
    return _all(
        f"variables.words.size() >= {len(wanted)}",
        f"variables.words.size() <= {MOST_WORDS}",
        *same,
        "variables.words.all(w, !w.contains('$'))",
        f"variables.words.filter(w, w.startsWith('-') && w != {_text(GRANT_OPTION)}) == {json.dumps(once)}",
    )


def _nothing_else() -> str:
    message = f"variables.first.?terminationMessagePath.orValue({_text(MESSAGE)}) == {_text(MESSAGE)}"
    return _all(*(f"!variables.first.?{field}.hasValue()" for field in _FOREIGN), message)


def _environment() -> str:
    variable = f"variables.env[0].name == {_text(AUTHORITY_VARIABLE)}"
    return _all("variables.env.size() == 1", variable, "!variables.env[0].?valueFrom.hasValue()")


def _mounts() -> str:
    ours = (f"(m.name == {_text(m['name'])} && m.mountPath == {_text(m['mountPath'])})" for m in (TOKEN_MOUNT, NO_TOKEN_MOUNT))
    whole = "!m.?subPath.hasValue() && !m.?subPathExpr.hasValue()"
    return f"variables.first.?volumeMounts.orValue([]).all(m, ({' || '.join(ours)}) && {whole})"


def _token() -> str:
    token = TOKEN_VOLUME["projected"]["sources"][0]["serviceAccountToken"]
    one = "v.?projected.?sources.orValue([]).size() == 1"
    fields = (
        f"v.projected.sources[0].?serviceAccountToken.?{key}.orValue('') == {_text(token[key])}" for key in ("audience", "path")
    )
    named = f"v.name == {_text(TOKEN_VOLUME['name'])}"
    return f"object.spec.?volumes.orValue([]).exists(v, {_all(named, one, *fields)})"


def _network() -> str:
    """A server of another authority is nobody to the authorizer; but which authorities it trusts is its author's word here."""
    return _all(
        "!object.spec.?hostNetwork.orValue(false)",
        "object.spec.?dnsPolicy.orValue('ClusterFirst') in ['ClusterFirst', 'ClusterFirstWithHostNet']",
        "object.spec.?dnsConfig.?nameservers.orValue([]).size() == 0",
        f"object.spec.?hostAliases.orValue([]).all(a, !({_text(GATEWAY_HOST)} in a.?hostnames.orValue([])))",
    )


def _all(*terms: str) -> str:
    return " && ".join(terms)


def _text(text: str) -> str:
    return json.dumps(text)
