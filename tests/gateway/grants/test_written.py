"""What this process wrote is told from what others wrote."""

import random
from copy import deepcopy

import pytest

from tests.gateway.granted import OWNER, grant
from tests.gateway.simulated import SimulatedApi
from tests.gateway.virtual import lived
from webhook.errors import ApiError
from webhook.gateway.grants import stored
from webhook.gateway.grants.written import Written

NEW = stored.new(grant())


class Mute(SimulatedApi):
    """Does what it is asked, and its answers are lost."""

    async def create(self, grant: stored.Json) -> stored.Json:
        await super().create(grant)
        raise ApiError(0, "Unreachable", "gone away")


def test_what_was_sent_is_known_although_no_answer_came() -> None:
    async def life() -> None:
        api = Mute(random.Random(1))
        written = Written(api)
        with pytest.raises(ApiError):
            await written.create(NEW)
        assert written.is_known(api.held[OWNER.uid])
        edited = deepcopy(api.held[OWNER.uid])
        edited["spec"]["application"] = "till"
        assert not written.is_known(edited)
        written.forget([])
        assert not written.is_known(api.held[OWNER.uid])

    lived(life())


def test_what_the_one_before_wrote_is_known() -> None:
    async def life() -> None:
        api = SimulatedApi(random.Random(1))
        held = await api.create(NEW)
        written = Written(api)
        assert not written.is_known(held)
        await written.grants()
        assert written.is_known(held)

    lived(life())


def test_a_deletion_that_others_forestalled_is_not_its_own() -> None:
    async def life() -> None:
        api = SimulatedApi(random.Random(1))
        written = Written(api)
        version = (await written.create(NEW))["metadata"]["resourceVersion"]
        with pytest.raises(ApiError, match="faster"):
            await written.delete(OWNER.uid, "another")
        assert not written.deleted(OWNER.uid)
        await written.delete(OWNER.uid, version)
        assert [written.deleted(OWNER.uid) for _ in range(2)] == [True, False]

    lived(life())
