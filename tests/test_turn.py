"""One write for each turn of the event loop: in order, complete, and not a moment later than the turn's end."""

import asyncio

from webhook.turn import Turn


def test_pieces_of_one_turn_go_out_together_and_in_order() -> None:
    written: list[bytes] = []

    async def turns() -> None:
        turn = Turn(written.append)
        turn.write(b"head ")
        turn.write(b"body")
        assert written == []
        await asyncio.sleep(0)
        assert written == [b"head body"]
        turn.write(b"next")
        await asyncio.sleep(0)

    asyncio.run(turns())
    assert written == [b"head body", b"next"]


def test_what_is_flushed_early_is_not_written_twice() -> None:
    written: list[bytes] = []

    async def turns() -> None:
        turn = Turn(written.append)
        turn.write(b"last words")
        turn.flush()
        assert written == [b"last words"]
        await asyncio.sleep(0)

    asyncio.run(turns())
    assert written == [b"last words"]


def test_without_a_loop_each_piece_goes_out_at_once() -> None:
    written: list[bytes] = []
    turn = Turn(written.append)
    turn.write(b"a")
    turn.write(b"b")
    assert written == [b"a", b"b"]


def test_what_is_written_in_the_last_turn_of_a_loop_still_goes_out() -> None:
    written: list[bytes] = []

    async def last() -> None:
        Turn(written.append).write(b"stopping")

    asyncio.run(last())
    assert written == [b"stopping"]
