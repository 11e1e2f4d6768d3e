"""One request of a pod: who it is, what it asks for, whether it may, and then the upstreams."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from webhook.errors import ApiError
from webhook.gateway.errors import Busy, Denied, unanswered
from webhook.gateway.grants.grant import Grant, Owner
from webhook.gateway.grants.ledger import Ledger
from webhook.gateway.keys import Keys
from webhook.gateway.pods.endings import Endings
from webhook.gateway.pods.ends import addresses, end, finished
from webhook.gateway.pods.identity import Caller, caller, confirmed
from webhook.gateway.pods.intent import Intent, intent, owner, permit
from webhook.gateway.pods.watching import Watching
from webhook.gateway.upstreams.entries import entries
from webhook.gateway.upstreams.work import Work
from webhook.gateway.world import Api
from webhook.policy import Policy

Json = dict[str, Any]

AT_ONCE = 2
"""Requests of one pod that wait: each has one of the connections that others need."""
LOOK = 5.0
"""Seconds after which a pod that has no address yet is looked at, whatever the watch says."""


class Authorizing:
    """`clock`: seconds since 1970."""

    def __init__(
        self,
        api: Api,
        policy: Policy,
        ledger: Ledger,
        work: Work,
        endings: Endings,
        watching: Watching,
        clock: Callable[[], float],
    ) -> None:
        self._api, self._policy, self._ledger = api, policy, ledger
        self._work, self._endings, self._watching, self._clock = work, endings, watching, clock
        self._pods = Keys[str]()

    async def authorize(self, token: str, deadline: float, told: Callable[[Owner, Intent], None]) -> tuple[str, ...]:
        """The names of what the pod has been granted, once upstreams hold all of it. `deadline`: in the loop's time.

        `told` hears who it is as soon as that is known. Raises Busy or Denied.
        """
        try:
            who = caller(await self._api.review(token))
            if self._pods.users(who.uid) >= AT_ONCE:
                raise Busy(429, "the pod asks already", LOOK)
            async with self._pods.alone(who.uid), self._watching.changes((who.namespace, who.pod)) as changed:
                pod = await self._pod(who)
                asked = intent(pod)
                told(acts := owner(who, asked), asked)
                permit(acts, asked, self._policy.grants, self._policy.applications)
                found = await self._addresses(who, pod, changed, deadline)
                await self._granted(acts, asked, found, deadline)
        except ApiError as error:
            raise unanswered(error) from None
        return asked.grants

    async def release(self, token: str) -> tuple[Caller, bool]:
        """A sidecar says that its application has ended; whether the API server shows it, too. Raises Busy or Denied."""
        try:
            who = caller(await self._api.review(token))
            pod = await self._api.pod(who.namespace, who.pod)
        except ApiError as error:
            raise unanswered(error) from None
        grant = self._ledger.grants.get(who.uid)
        why = (end(grant, pod) or finished(pod or {})) if grant else ""
        if why:
            self._endings.end(who.uid, why)
        return who, bool(why)

    async def _pod(self, who: Caller) -> Json:
        """As it is now."""
        return confirmed(who, await self._api.pod(who.namespace, who.pod))

    async def _addresses(self, who: Caller, pod: Json, changed: asyncio.Event, deadline: float) -> list[str]:
        """Of the caller's pod, once it has one: the kubelet writes it after the first container was started."""
        while not (found := addresses(pod.get("status") or {})):
            if (left := deadline - asyncio.get_running_loop().time()) <= 0:
                raise Busy(503, f"pod {who.namespace}/{who.pod} has no address yet", 1)
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(left, LOOK))
            changed.clear()
            pod = await self._pod(who)
        return sorted(found)

    async def _granted(self, acts: Owner, asked: Intent, found: list[str], deadline: float) -> None:
        upstreams = self._policy.gateway.upstreams
        wanted = [*entries(acts, asked.grants, found, self._policy.grants, upstreams)]
        for name in asked.grants:
            grant = self._policy.grants[name]
            if grant.upstream and not any(entry.grant == name for entry, _ in wanted):
                family = upstreams[grant.upstream].family
                raise Denied(403, "family", f"{name} is for {family} addresses, and the pod has {', '.join(found)}")
        if not wanted:
            return
        await self._known(acts, tuple(found), deadline)
        calls = (self._work.grant(acts.uid, entry, call, deadline) for entry, call in wanted)
        _all_or_raise(await asyncio.gather(*calls, return_exceptions=True))

    async def _known(self, acts: Owner, found: tuple[str, ...], deadline: float) -> None:
        """The pod's Grant is in the ledger, and is of these addresses. Raises ApiError or Busy."""
        held = self._ledger.grants.get(acts.uid)
        if held is not None and not held.ended and held.addresses == found:
            return
        if held is not None:
            # Its sandbox was made anew.
            self._endings.end(acts.uid, "the pod has another address")
            await self._endings.over(acts.uid, deadline)
        await self._ledger.begin(Grant(acts, found), self._clock())
        # It may have ended since it was read, and the watch may know nothing of it.
        self._watching.look(acts.uid)


def _all_or_raise(outcomes: Iterable[BaseException | None]) -> None:
    """What is for good says more than what is for now; of that, what takes longest."""
    failed = [outcome for outcome in outcomes if outcome is not None]
    for outcome in failed:
        if not isinstance(outcome, Busy):
            raise outcome
    if failed:
        raise max(failed, key=lambda busy: busy.seconds)  # type: ignore[attr-defined]
