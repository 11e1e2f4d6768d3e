"""The sidecar from a container's start to its end: when it asks for preonline, and when it is ready."""

from pathlib import Path

from tests.inpod.applications import answers, app
from tests.inpod.sidecars import Launcher, sidecar, until


def test_it_waits_for_the_container_then_for_the_check_then_for_preonline(launcher: Launcher) -> None:
    with app(answers(500, 503, 200)) as program, sidecar(launcher.folder, "--check", program.url()) as running:
        assert running.get() == (503, "the container has not started")
        assert not program.connections
        launcher.start()
        launcher.take()
        assert len(program.connections) == 3
        assert running.get() == (503, "generation 1: preonline was asked for")
        launcher.finish()
        running.says(": online")
        assert running.get() == (200, "generation 1: online")
        assert len(program.connections) == 3
        assert launcher.asked == [1]


def test_without_a_check_preonline_is_asked_for_at_once(launcher: Launcher) -> None:
    launcher.start()
    with sidecar(launcher.folder):
        launcher.take()


def test_successes_count_in_a_row(launcher: Launcher) -> None:
    launcher.start()
    with app(answers(200, 200, 500, 200, 302, 399, 200)) as program:
        with sidecar(launcher.folder, "--check", program.url(), "--successes", "3"):
            launcher.take()
        assert len(program.connections) == 6


def test_a_preonline_that_fails_is_asked_for_again(launcher: Launcher) -> None:
    launcher.start()
    with sidecar(launcher.folder) as running:
        launcher.take()
        launcher.finish(exit=7, milliseconds=120)
        running.says("failed")
        assert running.said[-1] == "generation 1: preonline failed with exit code 7 after 120 ms, asked for again in 1 s"
        assert not running.ready()
        launcher.take()
        launcher.finish(exit=124, milliseconds=5000)
        running.says("asked for again in 2 s")
        assert "preonline took too long after 5000 ms" in running.said[-1]
        launcher.take()
        launcher.finish()
        running.says(": online")


def test_offline_is_told_at_once_and_stays(launcher: Launcher) -> None:
    """Whoever took the file away is not overruled, not even by a sidecar that restarts."""
    launcher.start()
    with sidecar(launcher.folder) as running:
        launcher.take()
        launcher.finish()
        until(running.ready)
        launcher.offline()
        until(lambda: not running.ready())
        assert running.get() == (503, "generation 1: preonline succeeded, and its online file is not there")
    with sidecar(launcher.folder) as running:
        running.says("is not there")
        assert not launcher.requested()


def test_the_end_of_the_program_is_told_even_if_the_online_file_stays(launcher: Launcher) -> None:
    launcher.start()
    with sidecar(launcher.folder) as running:
        launcher.take()
        launcher.finish()
        until(running.ready)
        launcher.write("ended", 1, 137, 9)
        until(lambda: not running.ready())
        assert running.get() == (503, "generation 1: its program has ended")


def test_held_nothing_is_asked_until_somebody_puts_it_online(launcher: Launcher) -> None:
    launcher.start("hold")
    with app(answers(200)) as program, sidecar(launcher.folder, "--check", program.url()) as running:
        running.says("held back until somebody puts it online")
        assert not program.connections
        launcher.choose("online")
        launcher.take()


def test_a_request_is_taken_back_where_somebody_chose_offline(launcher: Launcher) -> None:
    launcher.start()
    with sidecar(launcher.folder) as running:
        until(launcher.requested)
        launcher.choose("offline")
        running.says("taken offline by somebody")
        until(lambda: not launcher.requested())
        launcher.choose("online")
        launcher.take()


def test_a_folder_that_is_a_link_is_none(launcher: Launcher, tmp_path: Path) -> None:
    launcher.start()
    (tmp_path / "link").symlink_to(launcher.folder)
    with sidecar(tmp_path / "link/") as running:
        running.says("has not started")
        launcher.write("online", 1)
        assert not running.ready()
