"""Hooks of a profile: what runs around an application's life, and when it counts as online."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

from webhook.inpod.check_url import target
from webhook.policy.paths import is_own
from webhook.policy.section import Section
from webhook.policy.text import FilePath, Word

KINDS = ("prestart", "preonline", "postoffline", "poststop")
Seconds = Annotated[int, Field(ge=1, le=3600)]
MOST = 8
"""Hooks of one kind in a profile."""


class Command(NamedTuple):
    """One hook as the launcher runs it; `optional`: only where the program is there."""

    argv: tuple[str, ...]
    seconds: int
    optional: bool = False


class Asked(NamedTuple):
    """What is asked for one pod: of the profile, then of its annotations. `timeout` is that of the pod's own hooks."""

    prestart: tuple[Command, ...]
    preonline: tuple[Command, ...]
    postoffline: tuple[Command, ...]
    poststop: tuple[Command, ...]
    check_url: str | None
    online_file: str | None
    hold: bool
    timeout: int
    drain: int
    successes: int

    @property
    def switch(self) -> bool:
        """Whether anything depends on the application being online."""
        return bool(self.preonline or self.postoffline or self.check_url or self.online_file or self.hold)

    def __str__(self) -> str:
        kinds = [kind for kind in KINDS if getattr(self, kind)]
        further = {"check-url": self.check_url, "online-file": self.online_file, "online: hold": self.hold}
        return ", ".join([*kinds, *(name for name, value in further.items() if value)]) or "nothing"

    def __bool__(self) -> bool:
        return bool(self.prestart or self.poststop or self.switch)


class Hook(Section):
    """A program of the image, run in the application's container as its user."""

    path: FilePath = Field(description="The program, in the application's image.")
    args: list[Word] = Field(default=[], max_length=100, description="Its arguments.")
    optional: bool = Field(default=False, description="Whether it is passed over where the image has no such program.")
    timeout: Seconds | None = Field(default=None, description="Seconds it may take, where not the profile's timeout.")


def _written(hook: Any) -> Any:
    return {"path": hook} if isinstance(hook, str) else hook


def _checked(url: str) -> str:
    target(url)
    return url


def _foreign(path: str) -> str:
    if is_own(path):
        raise ValueError("is in richpod's own folder; name another, for example /srv/www/online")
    return path


Hooked = Annotated[
    list[Annotated[Hook, BeforeValidator(_written, json_schema_input_type=FilePath | Hook)]], Field(max_length=MOST)
]
CheckUrl = Annotated[str, AfterValidator(_checked)]


class Hooks(Section):
    """Each list runs in its order, before what a pod's annotation adds to it."""

    prestart: Hooked = Field(default=[], description="Before the application starts; what fails ends the container.")
    preonline: Hooked = Field(default=[], description="Once the application answers, before it goes online.")
    postoffline: Hooked = Field(default=[], description="Once it is offline and the drain is over, before it is stopped.")
    poststop: Hooked = Field(default=[], description="After the application has ended, however it ended.")
    check_url: CheckUrl | None = Field(
        default=None, description="Asked in the pod until it answers, for example http://:8080/health; only then preonline runs."
    )
    check_successes: int = Field(default=1, ge=1, le=100, description="Answers in a row that the check URL must give.")
    online_file: Annotated[FilePath, AfterValidator(_foreign)] | None = Field(
        default=None, description="A file that is there while the application is online, for load balancers that watch one."
    )
    online: Literal["auto", "hold"] = Field(default="auto", description="hold: stays offline until somebody switches it online.")
    timeout: Seconds = Field(default=30, description="Seconds that a hook may take which names none.")
    drain: int = Field(default=5, ge=0, le=3600, description="Seconds between going offline and postoffline.")

    @property
    def asked(self) -> Asked:
        prestart, preonline, postoffline, poststop = (tuple(map(self._command, getattr(self, kind))) for kind in KINDS)
        return Asked(
            prestart,
            preonline,
            postoffline,
            poststop,
            check_url=self.check_url,
            online_file=self.online_file,
            hold=self.online == "hold",
            timeout=self.timeout,
            drain=self.drain,
            successes=self.check_successes,
        )

    def _command(self, hook: Hook) -> Command:
        return Command((hook.path, *hook.args), hook.timeout or self.timeout, hook.optional)
