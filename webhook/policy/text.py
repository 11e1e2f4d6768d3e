"""The kinds of text a policy holds: what each may look like, and how that is said to people."""

import re
from ipaddress import ip_interface, ip_network
from typing import Annotated

from pydantic import BeforeValidator, IPvAnyNetwork, StringConstraints

from webhook.policy.paths import FILE, LONGEST_FILE

FORMS: dict[str, str] = {}
"""Pattern to what belongs there, in words."""


def _form(words: str, pattern: str, longest: int | None = None) -> StringConstraints:
    FORMS[pattern] = words
    return StringConstraints(pattern=pattern, max_length=longest)


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
# Lengths are no part of a pattern: `{0,61}` costs 60 states, in each of a dozen copies.
DnsLabel = Annotated[
    str, _form("a name of at most 63 lower-case letters, digits and dashes, for example team-a", f"^{_LABEL}$", 63)
]
VolumeName = Annotated[
    str, _form("a name of at most 48 lower-case letters, digits and dashes, for example data", rf"^(?:{_LABEL})$", 48)
]
DnsSubdomain = Annotated[str, _form("a name in lower case, for example kata or kata.example", rf"^{_LABEL}(\.{_LABEL})*$", 253)]
# A word of the authorizer's command: no option, nothing that the kubelet replaces.
APPLICATION = r"[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?"
LONGEST_APPLICATION = 317
"""Characters: a namespace's name, a slash, an object's."""
ApplicationName = Annotated[
    str, _form("letters, digits, dots, dashes and slashes, for example shop or shop/web", f"^(?:{APPLICATION})$", 253)
]
AbsolutePath = Annotated[str, _form("an absolute path without a colon, for example /data", r"^/[^:\x00-\x1f\x7f]*$", 4096)]
FilePath = Annotated[str, _form("an absolute path of a file, for example /opt/app/up.sh", FILE, LONGEST_FILE)]
Word = Annotated[str, _form("a word without a zero byte", r"^[^\x00]*$", 4096)]
UserName = Annotated[
    str, _form("the name or number of a user, for example root or 1000", r"^([a-z_][a-z0-9_.-]*|0|[1-9][0-9]{0,8})$", 32)
]
HeaderName = Annotated[str, _form("the name of a header, for example X-Client", r"^[A-Za-z0-9-]{1,100}$")]
HeaderValue = Annotated[
    str, _form("the value of a header, in printable ASCII characters and on one line, for example shop", r"^[ -~]*$", 4096)
]
Repository = Annotated[
    str, _form("a registry and path in lower case, for example registry.example/ops", r"^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?$", 400)
]
ImagePrefix = Annotated[
    str,
    _form(
        "the beginning of an image's name in lower case, for example docker.io/",
        r"^[a-z0-9][a-z0-9._:-]*(/[a-z0-9._:-]+)*/?$",
        400,
    ),
]
RegistryHost = Annotated[
    str,
    _form(
        "a registry's host in lower case, with its port if it has one, for example docker.io or registry.example:5000",
        r"^([a-z0-9][-a-z0-9.]*[a-z0-9]|\[[0-9a-f:]+\])(:[0-9]{1,5})?$",
        300,
    ),
]
Tag = Annotated[str, _form("an image tag, for example 1.4.2", r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
OLDEST = 30
"""The minor version of Kubernetes with which matchConditions and ValidatingAdmissionPolicy came to stay."""
MinorVersion = Annotated[str, _form('a minor version in quotes, for example "1.33"', r"^1\.[0-9]{1,2}$")]
# An annotation's name part ends at 63 characters, its optional prefix is a DNS subdomain.
AnnotationKey = Annotated[
    str,
    _form(
        "the key of an annotation, for example cni.example/addresses",
        r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
    ),
]


def _address_range(written: object) -> str:
    text = str(written)
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("should be a range of addresses, for example 198.51.100.0/28 or 2001:db8::/64") from None
    if ip_interface(text).ip != network.network_address:
        raise ValueError(f"is an address inside a range; the range is {network}")
    return text


AddressRange = Annotated[IPvAnyNetwork, BeforeValidator(_address_range)]


def is_label(name: str) -> bool:
    """Whether it is a name as of a volume."""
    return len(name) <= 63 and re.fullmatch(_LABEL, name) is not None


def is_application(name: str) -> bool:
    """Whether a pod may act for an application of this name, if the policy lets it."""
    return len(name) <= LONGEST_APPLICATION and re.fullmatch(APPLICATION, name) is not None and stays_within(name)


def stays_within(value: str) -> bool:
    """Whether no server that tidies paths makes another one of it."""
    return not {"", ".", ".."} & set(value.split("/"))
