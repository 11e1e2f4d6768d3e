"""Reading files that may never answer."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic

from webhook.lxcfs.reading import answer


def test_files_that_can_be_read_answer(tmp_path: Path) -> None:
    for name, content in {"a": "1\n", "empty": ""}.items():
        (tmp_path / name).write_text(content)
    assert answer([tmp_path / "a", tmp_path / "empty"], 5)


def test_one_that_is_missing_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert not answer([tmp_path / "a", tmp_path / "b"], 5)


def test_a_fifo_over_which_nothing_is_bound_is_no_answer_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    begun = monotonic()
    assert not answer([tmp_path / "fifo"], 5)
    assert monotonic() - begun < 5


def test_who_hangs_is_not_waited_for(tmp_path: Path) -> None:
    freed = Event()

    def hanging() -> Iterator[Path]:
        freed.wait()
        yield tmp_path

    assert not answer(hanging(), 0.05)
    freed.set()
