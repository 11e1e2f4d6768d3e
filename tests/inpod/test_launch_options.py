"""The launcher's options: strict, and explained in one sentence where they are wrong."""

from pathlib import Path

import pytest

from tests.inpod.container import Run

RANGE = "not a whole number in the range that is allowed"
WRITE = "write KIND:SECONDS:COUNT[:optional], then COUNT words"
SERVICE = "write NAME:USER:RESTART:COUNT[:optional], then COUNT words; NAME is of at most 48 of a-z, 0-9 and -"
NO_STOP = "no program can be stopped by this signal"
PLACE = "write an absolute path that does not end with /"
MISTAKES = {
    "--drain -1": RANGE,
    "--drain 1s": RANGE,
    "--drain 01": RANGE,
    "--drain 86401": RANGE,
    "--drain 18446744073709551617": RANGE,
    "--stop 0": RANGE,
    "--stop x": RANGE,
    "--stop-signal 0": RANGE,
    "--stop-signal 65": RANGE,
    "--stop-signal TERM": RANGE,
    "--stop-signal 9": NO_STOP,
    "--stop-signal 17": NO_STOP,
    "--stop-signal 19": NO_STOP,
    "--online-file relative": PLACE,
    "--online-file /folder/": PLACE,
    "--hook prestart": WRITE,
    "--hook prestart:5": WRITE,
    "--hook prestart:5: true": WRITE,
    "--hook prestart::1 true": WRITE,
    "--hook prestart:0:1 true": WRITE,
    "--hook prestart:5:0": WRITE,
    "--hook prestart:86401:1 true": WRITE,
    "--hook prestart:5:65536 true": WRITE,
    "--hook prestart:5:1: true": WRITE,
    "--hook prestart:5:1:optionally true": WRITE,
    "--hook Prestart:5:1 true": WRITE,
    "--hook start:5:1 true": WRITE,
    "--hook prestart:5:9 true": "it counts more words than follow",
    "--hook prestart:5:1 true " * 65: "too many hooks",
    "--service a": SERVICE,
    "--service a::always": SERVICE,
    "--service a:always:1 true": SERVICE,
    "--service a::always:0": SERVICE,
    "--service a::always:65536 true": SERVICE,
    "--service a::Always:1 true": SERVICE,
    "--service a::on-failures:1 true": SERVICE,
    "--service a::always:1: true": SERVICE,
    "--service a::always:1:optionally true": SERVICE,
    "--service ::always:1 true": SERVICE,
    "--service A::always:1 true": SERVICE,
    "--service a/b::always:1 true": SERVICE,
    f"--service {'a' * 49}::always:1 true": SERVICE,
    f"--service a:{'u' * 65}:always:1 true": SERVICE,
    "--service a::always:9 true": "it counts more words than follow",
    "--service a::always:1 true --service a::always:1 true": "two services have this name",
}


@pytest.mark.parametrize("options", MISTAKES, ids=lambda options: options[:40])
def test_a_mistake_is_64_and_one_sentence(run: Run, launch: Path, tmp_path: Path, options: str) -> None:
    ran = run(launch, "--state", tmp_path / "state", *options.split(), "--", "echo", "started")
    option, value = options.split()[:2]
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
    assert ran.stderr.decode().startswith(f'richpod: {option} "{value}": {MISTAKES[options]}'), ran.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        "--state /s",
        "--state /s --",
        "--state",
        "--state /s --state /s -- true",
        "--state /s --hold --hold -- true",
        "--state /s --stop 5 --stop 5 -- true",
        "--state /s --hook",
        "--state /s --hook prestart:5:1 true x -- true",
        "--state /s --unknown 5 -- true",
        "--state /s --drain=5 -- true",
        "--hold -- true",
        "--drain 5 -- true",
        "--online-file /f -- true",
        "--hook prestart:5:1 true -- true",
        "--service a::always:1 true -- true",
        "--state /s --service",
        "--state /s --service a::always:1 true x -- true",
        "exec --state /s --",
        "exec --drain 5 -- true",
        "online",
        "ready",
        "ready /s /s",
        "offline /s /s",
    ],
)
def test_what_is_no_usage_is_64_and_shows_it(run: Run, launch: Path, arguments: str) -> None:
    """Options without a state directory too: hooks without one could not tell generations apart."""
    ran = run(launch, *arguments.split())
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
    assert ran.stderr.startswith(b"richpod: usage: launch [exec] ")


def test_words_of_a_hook_may_look_like_options(run: Run, launch: Path, tmp_path: Path) -> None:
    ran = run(launch, "--hook", "prestart:90:3", "echo", "--", "--drain", "--state", tmp_path / "state", "--", "echo", "started")
    assert ran.stdout == b"[prestart] -- --drain\nstarted\n"


def test_the_programs_of_several_architectures_have_hooks_too(run: Run, launch: Path, tmp_path: Path) -> None:
    shares = ("--by-architecture", "amd64=2,arm64=2,s390x=1")
    words = ("echo", "own", "echo", "own", "false", "for all")
    for options in (("--state", tmp_path / "state", *shares), (*shares, "--state", tmp_path / "state")):
        assert (
            run(launch, *options, "--hook", "prestart:90:2", "echo", "x", "--", *words).stdout == b"[prestart] x\nown for all\n"
        )
