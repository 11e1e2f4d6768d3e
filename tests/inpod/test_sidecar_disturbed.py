"""A state directory in which anybody does anything: the sidecar neither breaks nor is misled."""

import random
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inpod.sidecars import Launcher, get, sidecar, until
from tests.inpod.state_files import GOOD, place
from webhook.inpod.contract import LAST_GENERATION
from webhook.inpod.sidecar import state
from webhook.inpod.sidecar.state import Seen

PLACED = ("link", "fifo", "folder", "socket", "large", "endless")
EXAMPLES = settings(max_examples=settings().max_examples * 10 // 3)
"""10,000 in the soak."""
ROUNDS = settings().max_examples // 4

Content = bytes | str | None
"""Of a file; or what is placed instead; or nothing."""


def contents(name: str) -> st.SearchStrategy[Content]:
    """Something good, almost good, or anything else."""
    good = GOOD[name]
    return st.one_of(
        st.just(good),
        st.none(),
        st.builds(
            lambda match, number: good[: match.start()] + b"%d" % number + good[match.end() :],
            st.sampled_from(list(re.finditer(rb"\d+", good))),
            st.sampled_from([0, 4, 64, 65, 255, 256, LAST_GENERATION, LAST_GENERATION + 1]),
        ),
        st.builds(
            lambda at, many, put: good[:at] + put + good[at + many :],
            st.integers(0, len(good)),
            st.integers(0, 2),
            st.binary(max_size=2) | st.from_regex(rb"[ 0-9]{1,3}|\n", fullmatch=True),
        ),
        st.binary(max_size=60),
        st.sampled_from(PLACED),
    )


def put(folder: Path, name: str, content: Content) -> None:
    if isinstance(content, bytes):
        (folder / name).write_bytes(content)
    elif content:
        place(folder, name, content)


def told(files: Mapping[str, Content]) -> Seen:
    """What a state directory says, once more: by the contract's words."""
    texts = {name: content for name, content in files.items() if isinstance(content, bytes)}
    generation = re.fullmatch(rb"([1-9][0-9]*)\n", texts.get("generation", b""))
    if not generation or int(generation[1]) > LAST_GENERATION:
        return Seen()

    def numbers(name: str, *rest: bytes) -> tuple[int, ...] | None:
        line = b" ".join((generation[1], *rest)) + b"\n"
        found = re.fullmatch(line, texts.get(name, b""))
        return tuple(map(int, found.groups())) if found else None

    any_number = rb"(0|[1-9][0-9]*)"
    exit, milliseconds = numbers("result", b"preonline", any_number, any_number) or (None, 0)
    if exit is None or exit > 255 or milliseconds > LAST_GENERATION:
        exit, milliseconds = None, 0
    code, number = numbers("ended", any_number, any_number) or (256, 0)
    return Seen(
        int(generation[1]),
        asked=numbers("request", b"preonline") is not None,
        exit=exit,
        milliseconds=milliseconds,
        stopping=numbers("running", b"stopping") is not None,
        online=numbers("online") is not None,
        ended=code <= 255 and number <= 64,
        chosen=next((word for word in ("hold", "online", "offline") if numbers("switch", word.encode()) is not None), ""),
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disturbed")


@EXAMPLES
@given(st.fixed_dictionaries({name: contents(name) for name in GOOD}), contents("request"))
def test_no_bytes_and_no_files_mislead_it(root: Path, files: dict[str, Content], new: Content) -> None:
    folder = root / "main"
    folder.mkdir()
    try:
        for name in GOOD:
            put(folder, name, files[name])
        assert state.look(str(folder)) == told(files)
        if isinstance(new, bytes):
            put(folder, ".request.new", new)
        state.ask(str(folder), 3)
        assert state.look(str(folder)) == told(files | {"request": GOOD["request"]})
        state.withdraw(str(folder))
        assert state.look(str(folder)) == told(files | {"request": None})
    finally:
        rmtree(folder)


def test_a_sidecar_amid_disturbances_goes_on_and_is_right_afterwards(launcher: Launcher) -> None:
    chance, folder = random.Random(6), launcher.folder
    launcher.start()
    with sidecar(folder) as running:
        with ThreadPoolExecutor(16) as pool:
            answers = []
            for _ in range(ROUNDS):
                for _ in range(20):
                    disturb(folder, chance)
                answers.append(pool.submit(get, running.port))
                time.sleep(0.02)
            assert all(answer.result()[0] in (200, 503) for answer in answers)
        for name in [*GOOD, ".request.new"]:
            clear(folder / name)
        launcher.start()
        until(lambda: not running.ready())
        launcher.take()
        launcher.finish()
        until(running.ready)


def disturb(folder: Path, chance: random.Random) -> None:
    """Puts anything, something almost good, or nothing, in the place of one of the files."""
    name = chance.choice(sorted(GOOD))
    clear(folder / name)
    text = bytearray(GOOD[name])
    if chance.random() < 0.3:
        text[chance.randrange(len(text))] = chance.randrange(256)
    anything = chance.randbytes(chance.randrange(60))
    content = chance.choices([chance.choice(PLACED), anything, bytes(text), None], [1, 2, 6, 1])[0]
    with suppress(OSError):  # the sidecar's own request may come between what is cleared and what is put there
        put(folder, name, content)


def clear(path: Path) -> None:
    """The sidecar may be quicker."""
    if path.is_dir() and not path.is_symlink():
        with suppress(FileNotFoundError):
            path.rmdir()
    else:
        path.unlink(missing_ok=True)
