"""richpod's own two images, as the Dockerfile makes them: built by buildah, on a base of Debian's packages.

What this machine needs to reach package indexes is lent to the build and must be in no image; PLANTED stands for all of it.
"""

import hashlib
import os
import sys
from ast import literal_eval
from pathlib import Path
from tempfile import TemporaryDirectory

from . import image
from .images import PROJECT, Image, debian_root
from .processes import run

PLANTED = "planted.invalid"
INPUTS = ("Dockerfile", ".dockerignore", "LICENSE", "README.md", "certs", "pyproject.toml", "requirements.lock", "webhook")
BASE_PACKAGES = "apt,ca-certificates,python3,python3-venv,usr-is-merged"
UNCOMPILED = "--customize-hook=find $1/usr/lib -name '*.pyc' -delete"
"""As in the base that the Dockerfile names."""
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


def richpod(folder: Path, tag: str = "test") -> Image:
    """The image that every process of richpod runs from. Built again only if what it is made of has changed."""
    return _built(folder, ("install", "richpod"), tag)


def of_version(version: str, folder: Path) -> Image:
    """The same code as an image of another version, by which it is tagged."""
    built = richpod(folder)
    made = Image(f"localhost/richpod:{version}", folder / f"richpod-{version}.tar")
    module = "/opt/richpod/lib/python*/site-packages/webhook/__init__.py"
    compiled = f"python3 -m compileall -q -f --invalidation-mode unchecked-hash {module}"
    changed = f"sed -i 's/^__version__ = .*/__version__ = \"{version}\"/' {module} && {compiled}"
    with TemporaryDirectory() as temporary:
        recipe = Path(temporary) / "Dockerfile"
        recipe.write_text(f"FROM oci-archive:{built.archive}\nUSER 0\nRUN {changed}\nUSER 65532:65532\n")
        buildah = _buildah(folder, Path(temporary))
        run(*buildah, "build", "--isolation=chroot", f"--file={recipe}", f"--tag={made.name}", temporary)
        made.archive.unlink(missing_ok=True)
        run(*buildah, "push", "--quiet", made.name, f"oci-archive:{made.archive}:{made.name}")
        run(*buildah, "rmi", made.name)
    return made


def richpod_toolkit(folder: Path, tag: str = "test") -> Image:
    """The other target: what `images.toolkit` takes out of build/toolkit."""
    return _built(folder, ("toolkit", "richpod-toolkit"), tag)


def base(folder: Path) -> Path:
    """An OCI archive of a small Debian with Python and apt."""
    archive = folder / "richpod-base.tar"
    layer = debian_root(folder, BASE_PACKAGES, UNCOMPILED).read_bytes()
    image.write("localhost/richpod-base:test", archive, [layer])
    return archive


def _built(folder: Path, stages: tuple[str, str], tag: str) -> Image:
    """The last of the stages, from which it copies; both keep their layers in the folder for the next build."""
    made = Image(f"localhost/{stages[-1]}:{tag}", folder / f"{stages[-1]}-{tag}.tar")
    built_of, now = made.archive.with_suffix(".inputs"), _inputs()
    if not (built_of.exists() and built_of.read_text() == now):
        built_of.unlink(missing_ok=True)
        made.archive.unlink(missing_ok=True)
        with TemporaryDirectory() as temporary:
            _build(folder, stages, tag, made, Path(temporary))
        built_of.write_text(now)
    return made


def _build(folder: Path, stages: tuple[str, str], tag: str, made: Image, temporary: Path) -> None:
    buildah = _buildah(folder, temporary)
    options = ("--isolation=chroot", "--layers", f"--build-arg=BASE=oci-archive:{base(folder)}", *_lent(temporary))
    exempt = {name: f"{os.environ.get(name, '')},{PLANTED}" for name in ("no_proxy", "NO_PROXY")}
    run(*buildah, "rm", "--all")  # of a build that was killed
    for stage in stages:
        run(*buildah, "build", *options, f"--target={stage}", f"--tag=localhost/{stage}:{tag}", PROJECT, environment=exempt)
    run(*buildah, "push", "--quiet", made.name, f"oci-archive:{made.archive}:{made.name}")
    run(*buildah, "rmi", "--prune")


def _buildah(folder: Path, temporary: Path) -> tuple[str, ...]:
    """What it mounts is gone with its namespace of mounts."""
    store = (f"--root={folder}/buildah", f"--runroot={temporary}", "--storage-driver=overlay")
    return ("unshare", "--mount", "buildah", *store)


def _lent(temporary: Path) -> list[str]:
    """pip's settings on this machine, and the authorities it trusts. Proxies buildah lends itself."""
    said = (line.partition("=") for line in run(sys.executable, "-m", "pip", "config", "list").splitlines())
    settings = {key.rpartition(".")[2]: literal_eval(value).replace("\n", "\n  ") for key, _, value in said}
    trusted = settings.get("cert", AUTHORITIES)
    settings |= {"cert": AUTHORITIES, "trusted-host": f"{settings.get('trusted-host', '')} {PLANTED}"}
    file = temporary / "pip.conf"
    file.write_text("".join(["[global]\n", *(f"{key} = {value}\n" for key, value in settings.items())]))
    return [f"--secret=id=pip.conf,src={file}", f"--volume={trusted}:{AUTHORITIES}:ro"]


def _inputs() -> str:
    """A digest of all that an image is made of."""
    digest = hashlib.sha256(f"{BASE_PACKAGES}{UNCOMPILED}".encode())
    for given in INPUTS:
        path = PROJECT / given
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(PROJECT)} {file.stat().st_size} ".encode() + file.read_bytes())
    return digest.hexdigest()
