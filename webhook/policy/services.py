"""Services of the policy: programs beside an application, in its container; and those that richpod itself knows how to start."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from webhook.policy.section import Contradiction, Section
from webhook.policy.text import DnsSubdomain, UserName, Word

SHIPPED = ("crond", "syslogd", "sshd")
"""The image's own program of that kind, else one of the toolkit's as far as it has one."""


class Service(Section):
    """A program beside the application, which it never ends."""

    argv: Annotated[list[Word], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="The program and its arguments; crond, syslogd and sshd are known without."
    )
    user: UserName | None = Field(
        default=None, description="Whose rights it has, a name or a number of the image's users; otherwise the application's."
    )
    restart: Literal["always", "on-failure", "never"] = Field(
        default="always", description="After which ends it is started again, ever more slowly up to once a minute."
    )
    optional: bool = Field(default=False, description="Whether it is passed over where the image has no such program.")
    authorized_keys: DnsSubdomain | None = Field(
        default=None,
        description="Of sshd: a ConfigMap of the pod's namespace, whose authorized_keys are the keys of those who may log in.",
    )


def defined(services: Mapping[str, Service]) -> dict[str, Service]:
    """Those that pods may name: the policy's, before the shipped ones of the same name."""
    return {**{name: Service() for name in SHIPPED}, **services}


def unfit(name: str, service: Service) -> Iterator[Contradiction]:
    if service.argv is None and name not in SHIPPED:
        yield Contradiction(("argv",), f"only {', '.join(SHIPPED)} are known without; write argv: [/PATH/OF/PROGRAM]")
    elif service.argv is None and (service.optional or service.user is not None):
        field = "optional" if service.optional else "user"
        yield Contradiction((field,), f"a shipped service has its own way of it; write argv with {field}, or leave it out")
    if service.authorized_keys is not None and (name != "sshd" or service.argv is not None):
        yield Contradiction(("authorizedKeys",), "only sshd without an argv of its own takes it")
    if service.argv is not None and not service.argv[0]:
        yield Contradiction(("argv",), "begins with an empty word; write the path of the program")
