"""What the example's page types is what happens, on free ports and in a folder of the test's own."""

import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.authorization.mariadb import mariadb
from tests.authorization.services import EXAMPLE, PROJECT, SECONDS, running
from tests.test_pages import links
from webhook.policy.file import load

README = EXAMPLE / "README.md"
START = "python -m examples.authorization."


def section(title: str) -> str:
    return README.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def started(text: str) -> tuple[str, tuple[str, ...]]:
    """The service that the page starts, and its options."""
    (command,) = (block for block in blocks(text, "sh") if block.startswith(START))
    name, *options = shlex.split(command.removeprefix(START).replace("\\\n", " "))
    return name, tuple(options)


def there(text: str, port: str, now: int) -> str:
    """The page, where the service listens elsewhere."""
    assert f":{port}/" in text
    return text.replace(f":{port}/", f":{now}/")


def printed(text: str) -> str:
    """All that the page types in its consoles, and what it prints, as the page shows it."""
    (console,) = blocks(text, "console")
    commands = [line.removeprefix("$ ") for line in console.splitlines() if line.startswith("$ ")]
    return typed("".join(f"echo {shlex.quote(f'$ {command}')}\n{command}\n" for command in commands), PROJECT)


def typed(script: str, home: Path) -> str:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}
    ran = subprocess.run(["bash", "-c", script], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert ran.stderr == ""
    return ran.stdout


def port(options: tuple[str, ...]) -> str:
    return next(value for option, value in pairwise(options) if option == "--port")


@pytest.fixture(autouse=True)
def curl() -> None:
    if not shutil.which("curl"):
        pytest.skip("needs curl")


def test_the_list_does_what_the_page_shows() -> None:
    text = section("The list")
    name, options = started(text)
    with running(name, *options, "--port", "0") as now:
        text = there(text, port(options), now)
        assert printed(text) == blocks(text, "console")[0]


def test_the_white_list_does_what_the_page_shows(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with mariadb(tmp_path_factory.mktemp("page")) as database:
        text = section("The white list").replace("build/whitelist", str(tmp_path)).replace("port 3306", f"port {database.port}")
        typed(f"set -e\n{blocks(text, 'sh')[0]}", database.folder)
        name, options = started(text)
        with running(name, *options, "--port", "0") as now:
            text = there(text, port(options), now)
            assert printed(text) == blocks(text, "console")[0]


def test_the_secret_is_the_one_that_the_policy_names() -> None:
    (secret,) = re.findall(r"create secret generic (\S+) --from-literal=\"Authorization=", README.read_text())
    assert secret == load(str(EXAMPLE / "policy.yaml")).gateway.upstreams["whitelist"].credentials


def test_every_link_leads_somewhere() -> None:
    assert links(README)
    assert all((EXAMPLE / target).exists() for target in links(README))
