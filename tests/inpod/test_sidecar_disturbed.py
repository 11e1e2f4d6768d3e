"""A state directory in which anybody does anything: the sidecar neither breaks nor is misled."""

import random
import time
from contextlib import suppress
from pathlib import Path

from tests.inpod.sidecars import Launcher, get, sidecar, until
from tests.inpod.state_files import GOOD, place
from webhook.inpod.sidecar import state, steps

PLACED = ("link", "fifo", "folder", "large", "endless")


def clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def disturb(folder: Path, chance: random.Random) -> None:
    """Puts anything, something almost good, or nothing, in the place of one of the files."""
    name = chance.choice(sorted(GOOD))
    clear(folder / name)
    kind = chance.random()
    text = bytearray(GOOD[name])
    if kind < 0.1:
        place(folder, name, chance.choice(PLACED))
    elif kind < 0.3:
        (folder / name).write_bytes(chance.randbytes(chance.randrange(60)))
    elif kind < 0.9:
        if chance.random() < 0.3:
            text[chance.randrange(len(text))] = chance.randrange(256)
        (folder / name).write_bytes(text)


def good(folder: Path, name: str) -> bool:
    path = folder / name
    return path.is_file() and not path.is_symlink() and path.read_bytes() == GOOD[name]


def test_ten_thousand_disturbances_never_mislead_a_look(tmp_path: Path) -> None:
    chance, folder = random.Random(5), tmp_path / "main"
    folder.mkdir()
    ready = 0
    for _ in range(10_000):
        disturb(folder, chance)
        seen = state.look(str(folder))
        if seen.generation == 3:
            assert seen.online == good(folder, "online")
            assert not good(folder, "ended") or seen.ended
            ready += steps.ready(seen)
    assert ready > 100


def test_a_sidecar_amid_disturbances_goes_on_and_is_right_afterwards(launcher: Launcher) -> None:
    chance, folder = random.Random(6), launcher.folder
    launcher.start()
    with sidecar(folder) as running:
        for _ in range(150):
            for _ in range(20):
                # The sidecar's own request may come between what is cleared and what is put there.
                with suppress(FileExistsError):
                    disturb(folder, chance)
            assert get(running.port)[0] in (200, 503)
            time.sleep(0.02)
        for name in [*GOOD, ".request.new"]:
            clear(folder / name)
        launcher.start()
        until(lambda: not running.ready())
        launcher.take()
        launcher.finish()
        until(running.ready)
