"""A way to a server of this machine that a test closes and opens again: what is on its way meanwhile waits, or is lost."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE = 64 * 1024


class Passage:
    """To be made on its own loop."""

    def __init__(self, port: int) -> None:
        self._to, self._loop = port, asyncio.get_running_loop()
        self._open, self._cut = asyncio.Event(), False
        self._open.set()
        self._lines: set[asyncio.StreamWriter] = set()

    def stall(self) -> None:
        """Like a server that is stopped: it takes connections and calls, and hears them when the way is open again."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def cut(self) -> None:
        """Like a server that is gone: what there is breaks off, and nobody gets through."""
        self._loop.call_soon_threadsafe(self._break)

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._again)

    def _break(self) -> None:
        self._cut = True
        for line in self._lines:
            line.transport.abort()

    def _again(self) -> None:
        self._cut = False
        self._open.set()

    async def end(self) -> None:
        """Nothing of it stays open."""
        self._break()
        self._open.set()
        if passing := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(passing)
        # What is closed is let go of by the loop, a turn later.
        await asyncio.sleep(0.1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        lines = {writer, far_writer}
        self._lines |= lines
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        self._lines -= lines

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                await self._open.wait()
                writer.write(piece)
                await writer.drain()
        await self._open.wait()
        writer.close()


@contextmanager
def passage(port: int) -> Iterator[tuple[Passage, int]]:
    """To a port of 127.0.0.1; yields the way and its own port there."""
    made: list[tuple[Passage, int]] = []
    ready, ended = threading.Event(), asyncio.Event()

    async def live() -> None:
        way = Passage(port)
        async with await asyncio.start_server(way.serve, "127.0.0.1", 0) as server:
            made.append((way, server.sockets[0].getsockname()[1]))
            ready.set()
            await ended.wait()
            server.close()
            await way.end()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(live()))
    thread.start()
    ready.wait()
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
