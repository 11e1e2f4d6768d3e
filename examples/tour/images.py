"""The images of the shop and of its balancer: Debian's packages, and the folder of each at the place it had on its machine."""

from pathlib import Path

from tests.cluster import image
from tests.cluster.images import Image, debian_root

SHOP = Path(__file__).parents[1] / "legacy-shop"
PACKAGES = "curl,nginx-light,procps,python3"
WRITTEN = ("orders/delivered", "orders/waiting", "run", "www")
"""Folders that the shop writes to."""


def shop(folder: Path) -> Image:
    return _made(folder, "shop", WRITTEN)


def balancer(folder: Path) -> Image:
    return _made(folder, "balancer")


def _made(folder: Path, name: str, written: tuple[str, ...] = ()) -> Image:
    """`written`: empty folders besides."""
    made = Image(f"localhost/legacy-{name}:1", folder / f"legacy-{name}.tar")
    source, target = SHOP / name, Path("srv") / name
    files = {str(target / file.relative_to(source)): file for file in sorted(source.rglob("*")) if file.is_file()}
    folders = {str(target / path): 0o755 for path in written}
    layers = [debian_root(folder, PACKAGES).read_bytes(), image.layer(files, folders=folders)]
    image.write(*made, layers)
    return made
