"""What the sidecar makes of the files of a state directory: of good ones, of any bytes, and of what is no file at all."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inpod.state_files import GOOD, place
from webhook.inpod import contract
from webhook.inpod.sidecar import state, steps
from webhook.inpod.sidecar.state import Seen

WHOLE = Seen(3, asked=True, exit=7, milliseconds=120, stopping=True, online=True, ended=True, chosen="hold")
WITHOUT = {
    "generation": Seen(),
    "request": WHOLE._replace(asked=False),
    "result": WHOLE._replace(exit=None, milliseconds=0),
    "running": WHOLE._replace(stopping=False),
    "online": WHOLE._replace(online=False),
    "ended": WHOLE._replace(ended=False),
    "switch": WHOLE._replace(chosen=""),
}


def test_all_of_it_is_seen() -> None:
    assert state.seen(GOOD) == WHOLE


@pytest.mark.parametrize("name", GOOD)
def test_a_file_of_another_generation_counts_as_absent(name: str) -> None:
    other = GOOD[name].replace(b"3", b"4", 1)
    expected = Seen(4) if name == "generation" else WITHOUT[name]
    assert state.seen(GOOD | {name: other}) == expected


BAD = (
    b"",
    b"3",
    b"3 preonline 7 120",
    b"03\n",
    b"+3\n",
    b" 3\n",
    b"3 \n",
    b"3\n\n",
    b"3\r\n",
    b"3\n3\n",
    b"\n",
    b"\xff\n",
    b"3\0\n",
)
WRONG = {
    "generation": (b"0\n", b"-1\n", b"9007199254740993\n", b"9" * 4000 + b"\n", "٣\n".encode(), b"3 3\n", b"1e1\n"),
    "request": (b"3\n", b"3 offline\n", b"3  preonline\n", b"3 preonline now\n"),
    "result": (b"3 preonline 7\n", b"3 preonline 256 1\n", b"3 preonline -1 1\n", b"3 poststop 0 1\n", b"3 preonline 0 1 2\n"),
    "running": (b"3 stop\n", b"3 stopping now\n"),
    "online": (b"3 3\n", b"3 online\n"),
    "ended": (b"3 0\n", b"3\n", b"3 256 0\n", b"3 0 65\n"),
    "switch": (b"3\n", b"3 HOLD\n", b"3 hold hold\n", b"3 preonline\n"),
}


@pytest.mark.parametrize(("name", "content"), [(name, content) for name in GOOD for content in BAD + WRONG[name]])
def test_anything_else_counts_as_absent(name: str, content: bytes) -> None:
    assert state.seen(GOOD | {name: content}) == WITHOUT[name]


contents = st.binary(max_size=40) | st.sampled_from(list(GOOD.values()))
files = st.dictionaries(st.sampled_from(state.READ), contents)


@given(files)
def test_never_ready_without_online_of_the_current_generation(files: dict[str, bytes]) -> None:
    if steps.ready(state.seen(files)):
        assert files["online"] == files["generation"]
        assert 0 < int(files["generation"]) <= contract.LAST_GENERATION


# --- files and what is none ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["link", "fifo", "folder", "socket", "large", "endless"])
@pytest.mark.parametrize("name", GOOD)
def test_what_is_no_small_regular_file_counts_as_absent(tmp_path: Path, name: str, what: str) -> None:
    folder = tmp_path / "main"
    folder.mkdir()
    for other in GOOD:
        (folder / other).write_bytes(GOOD[other])
    assert state.look(str(folder)) == WHOLE
    (folder / name).unlink()
    place(folder, name, what)
    assert state.look(str(folder)) == WITHOUT[name]


@pytest.mark.parametrize("name", GOOD)
def test_a_fifo_that_says_the_right_thing_counts_as_absent(tmp_path: Path, name: str) -> None:
    for other in GOOD:
        (tmp_path / other).write_bytes(GOOD[other])
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with open(os.open(tmp_path / name, os.O_RDWR), "wb", buffering=0) as fifo:
        fifo.write(GOOD[name])
        assert state.look(str(tmp_path)) == WITHOUT[name]


@pytest.mark.parametrize("name", ["request", ".request.new"])
def test_asking_follows_no_link(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "main"
    folder.mkdir()
    (tmp_path / "secret").write_text("kept")
    (folder / name).symlink_to(tmp_path / "secret")
    state.ask(str(folder), 3)
    assert (tmp_path / "secret").read_text() == "kept"
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("request", b"3 preonline\n")]
    state.withdraw(str(folder))
    assert not list(folder.iterdir())
