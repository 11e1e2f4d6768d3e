"""The shipped service sshd: its host keys, who is let in, and what login shells see."""

import os
import stat
from pathlib import Path

import pytest

from tests.inpod.container import TOOLKIT, Run
from tests.inpod.services import Image

NO_PASSWORDS = [
    f"-o{option}=no" for option in ("PasswordAuthentication", "KbdInteractiveAuthentication", "ChallengeResponseAuthentication")
] + ["-oAuthenticationMethods=publickey"]
WITHHELD = b"richpod: login shells will not see the program's environment: others may write into /run\n"
ALGORITHMS = "-oHostKeyAlgorithms=ssh-ed25519,rsa-sha2-512,rsa-sha2-256"


def test_without_sshd_it_says_what_to_install_and_is_not_tried_again(
    run: Run, in_image: Image, launch: Path, state: Path
) -> None:
    wait = "until [ $(wc -w < $0) = 3 ]; do sleep 0.05; done 2> /dev/null; cat $0"
    sshd = ("--service", "sshd::always:4", launch, "service", "sshd", state / "sshd")
    ran = run(*in_image(), "--state", state, *sshd, "--", "sh", "-c", wait, state / "service-sshd")
    said = "[sshd] richpod: the image has no /usr/sbin/sshd: install openssh-server in it\n"
    assert sorted(ran.stdout.decode().splitlines(keepends=True)) == ["1 1 127\n", said]
    assert ran.stderr == b"richpod: service sshd: ended with exit code 127: it is not started again\n"


def test_sshd_gets_host_keys_of_its_own_and_takes_no_password(run: Run, in_image: Image, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    ran = run(*in_image("sshd"), "service", "sshd", keys)
    words = ["/usr/sbin/sshd", "-D", "-e", *NO_PASSWORDS, ALGORITHMS, "-h", f"{keys}/ed25519", "-h", f"{keys}/rsa"]
    assert (ran.returncode, ran.stdout.decode().splitlines(), ran.stderr) == (0, words, b"")
    assert {file.name: stat.filemode(file.stat().st_mode) for file in (keys, *keys.iterdir())} == {
        "keys": "drwx------",
        "ed25519": "-rw-------",
        "rsa": "-rw-------",
    }
    for name in ("ed25519", "rsa"):
        assert run("ssh-keygen", "-y", "-f", keys / name).stdout.split()[0] == {"rsa": b"ssh-rsa"}.get(name, b"ssh-ed25519")


def test_host_keys_are_made_once(run: Run, in_image: Image, tmp_path: Path) -> None:
    """Not those that somebody who was killed left half done."""
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    (keys / "new").write_text("half a")
    found = []
    for _ in range(2):
        assert run(*in_image("sshd"), "service", "sshd", keys).returncode == 0
        found.append({file.name: file.read_bytes() for file in keys.iterdir()})
    assert found[0] == found[1]
    assert found[0].keys() == {"ed25519", "rsa"}


def test_login_shells_are_shown_the_environment_from_where_only_root_writes(run: Run, in_image: Image, tmp_path: Path) -> None:
    """Not from beside the host keys: above them everybody may make folders."""
    show = "readlink /etc/profile.d/richpod.sh; grep SHOWN /run/richpod/profile.sh; stat -c %%a /run/richpod/profile.sh"
    look = f"printf '#!/bin/sh\\n{show}' > /usr/sbin/sshd"
    command = in_image(script=f"{look}; chmod 755 /usr/sbin/sshd; export SHOWN_A=a SHOWN_B=b")
    ran = run(*command, "service", "sshd", "--hide", "SHOWN_B", tmp_path / "keys")
    assert ran.stdout.decode().splitlines() == ["/run/richpod/profile.sh", "export SHOWN_A='a'", "600"]
    assert {file.name for file in (tmp_path / "keys").iterdir()} == {"ed25519", "rsa"}


def test_a_second_start_shows_the_environment_too_and_privileges_have_a_place_to_be_separated(
    run: Run, in_image: Image, tmp_path: Path
) -> None:
    look = "printf '#!/bin/sh\necho /etc/profile.d/* /run/[rs]*' > /usr/sbin/sshd; mkdir -m 0755 /run/richpod"
    ran = run(*in_image(script=f"{look}; chmod 755 /usr/sbin/sshd"), "service", "sshd", tmp_path / "keys")
    assert (ran.stdout, ran.stderr) == (b"/etc/profile.d/richpod.sh /run/richpod /run/sshd\n", b"")


@TOOLKIT
@pytest.mark.parametrize(
    ("login", "rule", "warned"),
    [
        ("0", "session required pam_loginuid.so", True),
        ("0", "session optional pam_loginuid.so", False),
        ("0", "# session required pam_loginuid.so", False),
        ("0", "session required pam_limits.so", False),
        ("4294967295", "session required pam_loginuid.so", False),
    ],
)
def test_where_a_login_could_not_be_noted_it_is_told_beforehand(
    run: Run, in_image: Image, tmp_path: Path, login: str, rule: str, warned: bool
) -> None:
    """A session that is required to note it ends at once where the node's own login stands there."""
    (tmp_path / "login").write_text(login)
    (tmp_path / "rule").write_text(f"auth required pam_unix.so\n{rule}\n")
    pam = f"mount -t tmpfs none /etc/pam.d; cp {tmp_path}/rule /etc/pam.d/sshd"
    command = in_image("sshd", script=f"{pam}; mount --bind {tmp_path}/login /proc/$$/loginuid")
    ran = run(*command, "service", "sshd", tmp_path / "keys")
    assert (ran.returncode, b"richpod: logins will end at once: " in ran.stderr) == (0, warned)


@pytest.mark.parametrize(
    "prepare", ["chmod 0777 /run", "chmod 0775 /run", "mkdir -m 0777 /run/richpod", "mkdir /run/else; ln -s else /run/richpod"]
)
def test_where_others_may_write_login_shells_read_nothing(run: Run, in_image: Image, tmp_path: Path, prepare: str) -> None:
    """As into a volume at /run. Where /etc is a claim an earlier start may have led there."""
    look = "printf '#!/bin/sh\\nls /etc/profile.d' > /usr/sbin/sshd; ln -s /run/richpod/profile.sh /etc/profile.d/richpod.sh"
    command = in_image(script=f"{look}; chmod 755 /usr/sbin/sshd; {prepare}")
    ran = run(*command, "service", "sshd", tmp_path / "keys")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", WITHHELD)


def test_of_somebody_elses_folder_login_shells_read_nothing(as_root: None, run: Run, in_image: Image, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 1000, 1000)
    command = in_image("sshd", script=f"mkdir /run/richpod; mount --bind {tmp_path}/theirs /run/richpod")
    ran = run(*command, "service", "sshd", tmp_path / "keys")
    assert (ran.returncode, ran.stderr, os.listdir(tmp_path / "theirs")) == (0, WITHHELD, [])


RSA_ALONE = '[ "$3" = rsa ] && exec /usr/bin/ssh-keygen "$@"'


def with_keygen(folder: Path, *lines: str) -> str:
    """A script after which the image has this ssh-keygen, a shell's lines."""
    keygen = folder / "programs/ssh-keygen"
    keygen.parent.mkdir(exist_ok=True)
    keygen.write_text("\n".join(("#!/bin/sh", *lines, "")))
    keygen.chmod(0o755)
    return f"PATH={keygen.parent}:$PATH"


def test_an_ssh_keygen_that_makes_one_kind_is_enough_and_one_that_makes_none_is_not(
    run: Run, in_image: Image, tmp_path: Path
) -> None:
    """Where FIPS rules there is no ed25519."""
    command = in_image("sshd", script=with_keygen(tmp_path, RSA_ALONE, "exit 1"))
    words = run(*command, "service", "sshd", tmp_path / "one").stdout.decode().splitlines()
    assert words[words.index("-h") :] == ["-h", f"{tmp_path}/one/rsa"]
    command = in_image("sshd", script=with_keygen(tmp_path, "exit 1"))
    ran = run(*command, "service", "sshd", tmp_path / "none")
    assert (ran.returncode, ran.stdout, ran.stderr) == (71, b"", b"richpod: without a host key there is no sshd\n")


@TOOLKIT
def test_a_key_that_was_not_made_whole_is_none(run: Run, in_image: Image, tmp_path: Path) -> None:
    """Where the volume is full: it would stay, and sshd would take no other."""
    command = in_image("sshd", script=with_keygen(tmp_path, RSA_ALONE, 'echo half a > "$7"', "exit 1"))
    words = run(*command, "service", "sshd", tmp_path / "keys").stdout.decode().splitlines()
    assert words[words.index("-h") :] == ["-h", f"{tmp_path}/keys/rsa"]
    assert not (tmp_path / "keys/ed25519").exists()


def test_authorized_keys_are_read_anew_at_each_login(run: Run, in_image: Image, tmp_path: Path) -> None:
    """By a command: sshd refuses a file in a folder that everybody may write, as a ConfigMap's is."""
    words = (
        run(*in_image("sshd"), "service", "sshd", tmp_path / "keys", "/.richpod-sshd/authorized_keys")
        .stdout.decode()
        .splitlines()
    )
    assert "-oAuthorizedKeysCommand=/bin/cat /.richpod-sshd/authorized_keys" in words
    assert "-oAuthorizedKeysCommandUser=root" in words


@pytest.mark.parametrize("keys", ["relative", "/with blank", "/%u", '/"quoted"', "/x;id", "/a\nb"])
def test_a_path_that_sshd_would_divide_is_refused(run: Run, in_image: Image, tmp_path: Path, keys: str) -> None:
    ran = run(*in_image("sshd"), "service", "sshd", tmp_path / "keys", keys)
    assert (ran.returncode, ran.stdout) == (64, b"")
    assert b"write the absolute path of a file, in letters, digits and /._- alone" in ran.stderr


def test_a_path_of_keys_is_never_cut(run: Run, in_image: Image, tmp_path: Path) -> None:
    ran = run(*in_image("sshd"), "service", "sshd", tmp_path / "keys", "/" + "k" * 4090)
    assert (ran.returncode, ran.stdout) == (64, b"")
    assert ran.stderr.endswith(b"the path is too long\n")


@pytest.mark.parametrize(
    "prepare",
    [
        *("mkdir -m 0755 keys", "mkdir -m 0750 keys", "mkdir -m 0701 keys", "touch keys", "touch keys; chmod 0600 keys"),
        "mkdir -m 0700 other; ln -s other keys",
    ],
)
def test_host_keys_go_nowhere_where_others_are(run: Run, in_image: Image, tmp_path: Path, prepare: str) -> None:
    ran = run(*in_image("sshd", script=f"cd {tmp_path}; {prepare}"), "service", "sshd", tmp_path / "keys")
    assert (ran.returncode, ran.stdout) == (71, b"")
    assert b"is no folder for host keys, which nobody else may open: remove it" in ran.stderr


def test_host_keys_go_nowhere_into_what_is_somebody_elses(as_root: None, run: Run, in_image: Image, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    os.chown(tmp_path / "keys", 1000, 1000)
    ran = run(*in_image("sshd"), "service", "sshd", tmp_path / "keys")
    assert (ran.returncode, ran.stdout) == (71, b"")
    assert b"is no folder for host keys, which nobody else may open: remove it" in ran.stderr


@pytest.mark.parametrize("others", [0o777, 0o775, 0o757])
def test_nobody_else_puts_a_folder_in_the_place_of_that_for_host_keys(
    as_root: None, run: Run, in_image: Image, tmp_path: Path, others: int
) -> None:
    """A pod's volume is root's and everybody's to write."""
    place = tmp_path / "state"
    place.mkdir()
    place.chmod(0o2000 | others)
    assert run(*in_image("sshd"), "service", "sshd", place / "sshd").returncode == 0
    assert stat.S_IMODE(place.stat().st_mode) == 0o3000 | others
    another = ("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups")
    assert run(*another, "mv", "sshd", "gone", cwd=place).returncode == 1
    assert [file.name for file in place.iterdir()] == ["sshd"]


def test_host_keys_go_nowhere_below_what_is_somebody_elses(as_root: None, run: Run, in_image: Image, tmp_path: Path) -> None:
    place = tmp_path / "state"
    place.mkdir()
    os.chown(place, 1000, 1000)
    ran = run(*in_image("sshd"), "service", "sshd", place / "sshd")
    assert (ran.returncode, ran.stdout) == (71, b"")
    assert b"others may put a folder of theirs in the place of " in ran.stderr
    assert ran.stderr.endswith(b"/sshd\", for host keys: make the one above it root's, and sticky\n")
