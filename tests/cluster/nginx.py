"""An image of Debian's nginx, which serves a page slowly, and the online file that lies in a volume."""

from pathlib import Path

from . import image
from .images import Image, debian_root

PACKAGES = "curl,nginx-light,procps,python3"
"""More than nginx needs: as the example's images, so that the root is made once."""
PAGE = "/srv/page/index.html"
# About a fifth of a second for each page, so that some are always on their way.
CONFIGURATION = """
daemon off;
error_log stderr;
events {}
http {
    access_log off;
    server {
        listen 8080;
        add_header Pod $hostname;
        location = /index.html { root /srv/page; limit_rate 100k; }
        location = /online { root /www; }
    }
}
"""
COMMAND = ("nginx", "-c", "/etc/nginx/test.conf")


def nginx(folder: Path) -> Image:
    made = Image("localhost/nginx:test", folder / "nginx.tar")
    page, configuration = folder / "nginx.html", folder / "nginx.conf"
    page.write_text("hello " * 5000)
    configuration.write_text(CONFIGURATION)
    files = image.layer({PAGE: page, COMMAND[-1]: configuration}, folders={"srv/page": 0o755})
    image.write(*made, [debian_root(folder, PACKAGES).read_bytes(), files])
    return made
