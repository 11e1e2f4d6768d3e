"""What stands behind the gateway: upstreams and how they are asked, grants of them, and who may ask for what.

A call is a template: `${address}` and the like are replaced in strings alone, so that no value ever becomes a key, a second
member of a body, or another path of a URL.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue, model_validator

from webhook.policy.section import Named, Section
from webhook.policy.text import DnsLabel, DnsSubdomain, HeaderName, HeaderValue, Word

VARIABLES = ("address", "application", "grant", "namespace", "pod", "serviceAccount")
"""What a template may name, beside the `values` of a grant."""
Seconds = Annotated[int, Field(ge=1, le=3600)]
Port = Annotated[int, Field(ge=1, le=65535)]
Status = Annotated[int, Field(ge=200, le=599)]
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")
_VARIABLE = re.compile(r"\$\{([A-Za-z][A-Za-z0-9]*)\}")


def is_variable(name: str) -> bool:
    return _VARIABLE.fullmatch(f"${{{name}}}") is not None


def unfilled(text: str) -> str:
    """What looks like a variable and would be sent as it stands, "" where nothing does."""
    _, begin, rest = _VARIABLE.sub("", text).partition("${")
    name, end, _ = rest.partition("}")
    return begin + name + end


def variables(text: str) -> list[str]:
    return _VARIABLE.findall(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Raises KeyError for a variable without a value."""
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def _url(text: str) -> str:
    host, _, _ = text.removeprefix("https://").removeprefix("http://").partition("/")
    port = host.partition(":")[2] or "443"
    if not _URL.fullmatch(text) or "$" in host or not 0 < int(port) < 65536:
        raise ValueError("should be a URL whose host is written out, for example https://acl.example/entries/${address}")
    return text


class Call(Section):
    """One HTTP call, and which answers mean that it is done."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field(default="POST", description="Its method.")
    url: Annotated[str, AfterValidator(_url)] = Field(description="Its URL; ${address} and the like stand for values.")
    body: JsonValue = Field(
        default=None, description="What is sent as JSON; ${address} and the like stand for values in strings."
    )
    success: list[Status] = Field(default=[200, 201, 204], min_length=1, description="Statuses that mean it is done.")
    answer: dict[str, JsonValue] = Field(
        default={}, description="Members that the JSON answer must have besides, where statuses do not tell all."
    )

    def texts(self) -> Iterator[str]:
        """Everything in it that is a template."""
        yield self.url
        yield from strings(self.body)


def strings(value: Any) -> Iterator[str]:
    """All strings in a JSON value, but for keys."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)


class Upstream(Section):
    """A service of the company's that lets addresses in, and keeps them out again."""

    grant: Call = Field(description="Lets an address in. It may come twice, and must then succeed again.")
    revoke: Call = Field(description="Keeps it out again. It may come for what is not there, and must then succeed.")
    headers: Named[HeaderName, HeaderValue] = Field(
        default={}, description="Headers of each call; what is secret belongs into credentials."
    )
    credentials: DnsSubdomain | None = Field(
        default=None, description="A Secret in richpod's own namespace: each key is a header's name, its value the header's."
    )
    ca: str = Field(default="", description="PEM certificates of the authorities to trust, in place of the well-known ones.")
    family: Literal["any", "IPv4", "IPv6"] = Field(default="any", description="Which addresses of a pod it is told.")
    per_second: Annotated[float, Field(gt=0, le=1000)] = Field(
        default=5, description="Calls that may begin in a second.", strict=False
    )
    in_flight: Annotated[int, Field(ge=1, le=100)] = Field(default=2, description="Calls that may be on their way at once.")
    timeout: Seconds = Field(default=10, description="Seconds after which a call counts as not answered.")


class Askers(Section):
    """Who: a pod must fit every list that is there. An empty one would mean nobody, or everybody: none is taken."""

    namespaces: list[DnsLabel] | None = Field(default=None, min_length=1, description="Its namespace.")
    service_accounts: list[DnsSubdomain] | None = Field(default=None, min_length=1, description="The name of its ServiceAccount.")
    applications: list[Word] | None = Field(default=None, min_length=1, description="The application for which it acts.")

    @model_validator(mode="after")
    def _says_who(self) -> "Askers":
        if self.namespaces is None and self.service_accounts is None and self.applications is None:
            raise ValueError("names nobody; write namespaces, serviceAccounts or applications, or leave out `to` for everybody")
        return self


class Grant(Section):
    """What pods may ask for: an entry of an upstream, or ports that are open to all."""

    upstream: DnsLabel | None = Field(default=None, description="A name under gateway.upstreams.")
    values: dict[str, Word] = Field(default={}, description="What the upstream's calls name besides, for example a database.")
    ports: list[Port] = Field(default=[], description="In place of an upstream: ports open to everybody, granted without a call.")
    to: list[Askers] | None = Field(default=None, min_length=1, description="Who may ask for it (default: everybody).")


class Application(Section):
    """Who may act for an application by its name."""

    namespaces: list[DnsLabel] = Field(min_length=1, description="The namespaces whose pods may.")
    service_accounts: list[DnsSubdomain] | None = Field(
        default=None, min_length=1, description="Their ServiceAccounts (default: all of them)."
    )


class Gateway(Section):
    """The gateway between pods and what authorizes them."""

    wait: Seconds = Field(default=120, description="Seconds that a pod waits for its turn before it starts over.")
    window: Seconds = Field(
        default=60, description="Seconds in which an address causes 3 calls at most, and an application 30 that fail."
    )
    upstreams: Named[DnsLabel, Upstream] = Field(default={}, description="What is asked.")
