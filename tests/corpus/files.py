"""Which manifests are run: those of others beside this repository, where they are, and always our own."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "corpus"
OWN = Path(__file__).parent / "own"
PAGE = ROOT / "docs" / "corpus.md"

_ENDINGS = (".yaml", ".yml", ".json")
_NOT_MANIFESTS = ("LICENSES", "malformed")


def manifests(folder: Path) -> list[Path]:
    """The readable manifests below a folder, in a fixed order; none where there is no such folder."""
    found = (path for path in folder.rglob("*") if path.suffix in _ENDINGS)
    return sorted(path for path in found if not set(_NOT_MANIFESTS) & set(path.relative_to(folder).parts))


def malformed(folder: Path) -> list[Path]:
    """The files that no YAML loader reads."""
    return sorted(path for path in (folder / "malformed").glob("*") if path.suffix in _ENDINGS)


def every(folder: Path) -> list[Path]:
    return manifests(folder) + malformed(folder)


def name(path: Path) -> str:
    """A file's name in reports: below its corpus, the same on every machine."""
    return path.relative_to(SHARED if path.is_relative_to(SHARED) else OWN.parent).as_posix()
