"""The images of the examples: Debian's packages, and the folder of each at the place it had on its machine."""

from pathlib import Path

from tests.cluster import image
from tests.cluster.images import Image, debian_root

EXAMPLES = Path(__file__).parents[1]
SHOP, BOX = EXAMPLES / "legacy-shop", EXAMPLES / "legacy-box"
PACKAGES = "curl,nginx-light,procps,python3"
WRITTEN = ("orders/delivered", "orders/waiting", "run", "www")
"""Folders that the shop writes to."""
BOX_PACKAGES = "apt,bash,cron,curl,dbus,login,openssh-server,procps,python3,rsyslog,systemd-sysv"
_DOWNLOAD = 'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download --quiet at'
BOX_HOOKS = (
    '--customize-hook=rm "$1"/etc/ssh/ssh_host_*',
    f'--customize-hook=mkdir "$1/srv/packages"; cd "$1/srv/packages"; {_DOWNLOAD}',
)


def shop(folder: Path) -> Image:
    return _made(folder, "shop", debian_root(folder, PACKAGES), SHOP / "shop", "srv/shop", WRITTEN)


def balancer(folder: Path) -> Image:
    return _made(folder, "balancer", debian_root(folder, PACKAGES), SHOP / "balancer", "srv/balancer")


def box(folder: Path) -> Image:
    return _made(folder, "box", debian_root(folder, BOX_PACKAGES, *BOX_HOOKS), BOX / "machine", ".")


def _made(folder: Path, name: str, root: Path, source: Path, place: str, written: tuple[str, ...] = ()) -> Image:
    """`place`: where the files of `source` lie in the image; `written`: empty folders below it besides."""
    made = Image(f"localhost/legacy-{name}:1", folder / f"legacy-{name}.tar")
    files = {str(Path(place) / file.relative_to(source)): file for file in sorted(source.rglob("*")) if file.is_file()}
    folders = {str(Path(place) / path): 0o755 for path in written}
    image.write(*made, [root.read_bytes(), image.layer(files, folders=folders)])
    return made
