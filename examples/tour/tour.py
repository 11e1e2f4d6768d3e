"""The examples that are walked through: what each needs, and what there is to be seen in it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from examples.tour import box, images, shop
from examples.tour.checks import Check
from tests.cluster import images as images_of_tests
from tests.cluster import richpod_image
from tests.cluster.images import Image

_OURS = (richpod_image.richpod, images_of_tests.toolkit)


class Tour(NamedTuple):
    folder: Path
    images: tuple[Callable[[Path], Image], ...]
    made: tuple[str, ...]
    """Namespaces that must not be there before."""
    checks: tuple[Check, ...]
    """In the order of the steps."""

    @property
    def readme(self) -> Path:
        return self.folder / "README.md"


TOURS = {
    "shop": Tour(
        images.SHOP,
        (images.shop, images.balancer, *_OURS),
        ("legacy-shop", "legacy-network", "richpod-system"),
        shop.CHECKS,
    ),
    "box": Tour(images.BOX, (images.box, *_OURS), ("legacy-box", "richpod-system"), box.CHECKS),
}
"""By the names that `make` gives them."""
