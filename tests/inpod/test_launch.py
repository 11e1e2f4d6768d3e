"""The launcher starts a program exactly as asked for, or says why it cannot."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import Run

Form = tuple[Path | str, ...]


@pytest.fixture(params=["supervised", "exec"])
def form(request: pytest.FixtureRequest, launch: Path) -> Form:
    """Both ways to start a program."""
    return (launch, "--") if request.param == "supervised" else (launch, "exec", "--")


def script(file: Path, text: str, mode: int = 0o755) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


# --- argv and environment (traps 1 and 2) ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_exit_code_is_the_programs(form: Form, run: Run, code: int) -> None:
    assert run(*form, "sh", "-c", f"exit {code}").returncode == code


def test_arguments_arrive_byte_for_byte(form: Form, run: Run) -> None:
    special = [b"", b" ", b"two words", b"'", b'"', b"%s%n", b"$HOME", b"$(VAR)", b"$$(VAR)", b"`id`", b"*", b"\\", b"a\nb"]
    foreign = [b"\t\r", b"--", b"-c", "naïve Größe 日本".encode(), b"\xff\xfe", b"\x01\x7f", b"=", b"x" * 100_000, b""]
    show = "import os; os.write(1, open('/proc/self/cmdline', 'rb').read())"
    command = [os.fsencode(word) for word in (sys.executable, "-I", "-S", "-c", show)] + special + foreign
    assert run(*form, *command).stdout == b"".join(word + b"\0" for word in command)


def test_environment_arrives_byte_for_byte_and_in_order(form: Form, run: Run) -> None:
    environment = {
        b"spring.datasource.url": b"jdbc:mysql://db/shop?a=b&c=d",
        b"A-B": b"2",
        b"1digit": b"x",
        b"with space": b" both ends ",
        b"sl/ash:col": b";",
        b"EMPTY": b"",
        b"LINES_": b"one\ntwo\n",
        b"EQUALS": b"=a=b=",
        b"QUOTES": b"'\"`$(VAR)\\",
        b"CONTROL": bytes(range(1, 32)) + b"\x7f",
        "GRÖSSE".encode(): "日本".encode(),
        b"RAW": b"\xff\xfe",
        b"BIG": b"x" * 100_000,
        b"LARGEST": b"y" * (131_072 - len(b"LARGEST=\0")),
        b"LAST": b"z",
    }
    block = b"".join(name + b"=" + value + b"\0" for name, value in environment.items())
    assert run(*form, "/bin/cat", "/proc/self/environ", env=environment).stdout == block


def test_program_starts_with_nothing_blocked_and_nothing_ignored(
    form: Form, run: Run, prepared: Callable[..., list[str]]
) -> None:
    everything = """
every = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
for number in every:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, every)
"""
    status = run(*prepared(everything, *form, "/bin/cat", "/proc/self/status")).stdout.decode()
    assert re.findall(r"Sig(?:Blk|Ign):\t(\w+)", status) == ["0" * 16] * 2


# --- PATH ------------------------------------------------------------------------------------------------------------------


def test_path_is_searched_past_what_cannot_run(form: Form, run: Run, tmp_path: Path) -> None:
    script(tmp_path / "a/hello", "", mode=0o644)
    script(tmp_path / "b/hello", "#!/no/such/interpreter\n")
    script(tmp_path / "c/hello", "#!/bin/sh\necho here\n")
    (tmp_path / "d/hello").mkdir(parents=True)
    path = ":".join(["/nowhere", "x" * 5000, *(str(tmp_path / folder) for folder in "dabc")])
    assert run(*form, "hello", env={"PATH": path}).stdout == b"here\n"


@pytest.mark.parametrize("path", ["", ":/nowhere", "/nowhere:", "/nowhere::/nowhere"])
def test_an_empty_element_of_path_is_the_current_directory(form: Form, run: Run, tmp_path: Path, path: str) -> None:
    script(tmp_path / "hello", "#!/bin/sh\necho here\n")
    assert run(*form, "hello", env={"PATH": path}, cwd=tmp_path).stdout == b"here\n"


def test_without_path_the_standard_directories_are_searched(form: Form, run: Run) -> None:
    assert run(*form, "sh", "-c", "echo here", env={}).stdout == b"here\n"


# --- a program that does not start -----------------------------------------------------------------------------------------


FAILURES = {
    "absent": (127, "no such file"),
    "plain/below": (127, "no such file"),
    "foreign": (127, "the interpreter in its first line"),
    "plain": (126, "permission denied"),
    "folder": (126, "permission denied"),
    "text": (126, "neither a program for this processor nor a script"),
    "n" * 300: (126, "File name too long"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_program_that_does_not_start_is_explained(
    form: Form, run: Run, with_message: Callable[..., tuple[int, str]], tmp_path: Path, name: str
) -> None:
    """Under an init the kubelet's own StartError is lost, so the same words go to stderr and the termination message."""
    script(tmp_path / "foreign", "#!/lib/ld-musl-of-another-image.so\n")
    script(tmp_path / "plain", "#!/bin/sh\n", mode=0o644)
    script(tmp_path / "text", "echo a shell would run this\n")
    (tmp_path / "folder").mkdir()
    code, words = FAILURES[name]
    ran = run(*form, tmp_path / name)
    sentence = ran.stderr.decode()
    assert ran.returncode == code
    assert sentence.startswith(f'richpod: cannot start "{tmp_path}/{name[:20]}')
    assert words in sentence
    assert sentence.count("\n") == 1
    assert with_message(*form, tmp_path / name) == (code, sentence.rstrip("\n"))


def test_no_termination_message_is_made_where_the_kubelet_made_none(form: Form, run: Run, namespaces: tuple[str, ...]) -> None:
    inside = 'mount -t tmpfs none /dev; "$@"; ls /dev'
    assert run(*namespaces, "sh", "-c", inside, "sh", *form, "/no/such").stdout == b""


def test_a_name_that_path_does_not_hold_is_127(form: Form, run: Run) -> None:
    ran = run(*form, "nosuch", env={"PATH": "/usr/bin:/bin"})
    assert (ran.returncode, ran.stderr) == (127, b'richpod: cannot start "nosuch": no such program in PATH "/usr/bin:/bin"\n')
    assert run(*form, "").returncode == 127


def test_a_name_that_path_holds_unusable_is_126(form: Form, run: Run, tmp_path: Path) -> None:
    script(tmp_path / "plain", "#!/bin/sh\n", mode=0o644)
    ran = run(*form, "plain", env={"PATH": f"{tmp_path}:/bin"})
    assert (ran.returncode, b"permission denied" in ran.stderr) == (126, True)


def test_words_of_the_user_are_escaped(form: Form, run: Run) -> None:
    ran = run(*form, b'/\x1b[31mred\n"\\\xc3\xa9\x7f' + b"x" * 5000)
    assert ran.stderr.startswith(rb'richpod: cannot start "/\x1b[31mred\x0a\"\\\xc3\xa9\x7fxxx')
    assert b'x"...: ' in ran.stderr
    assert len(ran.stderr) < 1000


def test_too_large_an_environment_names_the_kernels_limits(
    form: Form, run: Run, prepared: Callable[..., list[str]], tmp_path: Path
) -> None:
    """What launch itself was just given may be too much for a script, whose path and interpreter come on top."""
    program = script(tmp_path / ("d" * 200) / "script", "#!/bin/sh\n")
    largest = """
resource.setrlimit(resource.RLIMIT_STACK, (1 << 19, 1 << 19))
for size in range(131000, 0, -64):
    try:
        os.execve(sys.argv[1], sys.argv[1:-1], {"A": "x" * size, "PATH": os.path.dirname(sys.argv[-1])})
    except OSError:
        continue
"""
    ran = run(*prepared(largest, *form, program.name, program))
    assert ran.returncode == 126
    assert b"at most 128 KiB in one argument or variable (NAME=VALUE) and 128 KiB in all" in ran.stderr


def test_a_closed_stderr_does_not_change_the_code(form: Form) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert subprocess.run([*form, "/no/such"], stderr=writing, check=False).returncode == 127
    finally:
        os.close(writing)


# --- usage -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", ["", "--", "exec", "exec --", "exec true", "true", "install", "install a b", "version x", "-h"]
)
def test_wrong_usage_is_64_and_one_sentence(launch: Path, run: Run, arguments: str) -> None:
    ran = run(launch, *arguments.split())
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
    assert ran.stderr.startswith(b"richpod: usage: launch [exec] [--by-architecture NAME=COUNT[,NAME=COUNT]...] ")


@pytest.mark.parametrize("form", [b"service sshd", b"fill SOURCE VOLUME", b"install DIRECTORY", b"version"])
def test_usage_shows_each_form(launch: Path, run: Run, form: bytes) -> None:
    assert b"| launch " + form in run(launch, "-h").stderr


def test_version_is_the_projects(launch: Path, run: Run) -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'version = "{run(launch, "version").stdout.decode().strip()}"\n' in project
