"""The shape of the code: who may import whom, which file talks to which world, what every feature must have."""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from webhook.admission.features import FEATURES, NAMES

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("webhook", "certs") for path in (ROOT / folder).rglob("*.py"))
LINES = 200


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """The modules a file imports when it runs; names imported from a package count as its modules where they are some."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else str(node.module)


MODULES = {module(path): path for path in SOURCES}
OURS = {name: sorted({i for i in imports(path) if i in MODULES}) for name, path in MODULES.items()}

# From the bottom up. A module may import what stands below it; what stands beside it only inside the layers marked so.
LAYERS: tuple[tuple[str, bool, str], ...] = (
    ("version", False, r"webhook"),
    ("certificates", True, r"certs(\..*)?"),
    ("contract", True, r"webhook\.(inpod(\..*)?|errors|health|installation|log|metrics|nearest|ports|printable|turn)"),
    ("serving", True, r"webhook\.serving(\.\w+)?"),
    ("images", True, r"webhook\.images(\.\w+)?"),
    ("policy", True, r"webhook\.policy(\.\w+)?"),
    ("cluster", True, r"webhook\.(answer|cluster|execution)"),
    (
        "words",
        True,
        r"webhook\.admission(\.(authorizer|conditions|conflicts|container|context|entries|envelope|hook_annotations|launcher|liveness|login|machine|patch|persist_annotation|pod|preview_entries"
        r"|qos|reserved|resources|shape|sidecar|state|stopping|toolkit|verdicts|workloads))?",
    ),
    ("feature", False, r"webhook\.admission\.features\.feature"),
    ("features", False, r"webhook\.admission\.features\.\w+"),
    ("order", False, r"webhook\.admission\.features"),
    ("advice", True, r"webhook\.admission\.(advice|annotations|choice|crowding|kubectl|placement)"),
    ("pipeline", False, r"webhook\.admission\.pipeline"),
    ("review", False, r"webhook\.admission\.review"),
    ("grants", True, r"webhook\.gateway(\.(errors|keys|metrics|world|grants(\.\w+)?))?"),
    ("upstreams", True, r"webhook\.gateway\.upstreams(\.\w+)?"),
    ("pods", True, r"webhook\.gateway\.pods(\.\w+)?"),
    ("replicas", True, r"webhook\.gateway\.replicas(\.\w+)?"),
    ("edges", True, r"webhook\.(admission|certificates|gateway|lxcfs)(\.\w+)?"),
    ("commands", True, r"webhook\.cli(\.\w+)*"),
    ("command", False, r"webhook\.__main__"),
)


def test_no_modules_import_each_other() -> None:
    """Raises CycleError with the circle."""
    assert list(TopologicalSorter(OURS).static_order())


def layer(name: str) -> int:
    return next(i for i, (_, _, pattern) in enumerate(LAYERS) if re.fullmatch(pattern, name))


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name: str) -> None:
    own = layer(name)
    for imported in OURS[name]:
        beside = LAYERS[own][1] and layer(imported) == own
        assert layer(imported) < own or beside or imported == name, f"{name} imports {imported}"


def test_features_never_import_each_other() -> None:
    for feature in NAMES:
        name = f"webhook.admission.features.{feature.replace('-', '_')}"
        others = [imported for imported in OURS[name] if imported.startswith("webhook.admission.features.")]
        assert others == ["webhook.admission.features.feature"]


PROCESSES = ("webhook.admission", "webhook.certificates", "webhook.gateway", "webhook.lxcfs")


@pytest.mark.parametrize("process", PROCESSES)
def test_processes_never_import_each_other(process: str) -> None:
    foreign = tuple({*PROCESSES, "webhook.cli"} - {process})
    for name, imported in OURS.items():
        if name.startswith(process):
            assert not [other for other in imported if other.startswith(foreign)]


def test_certs_knows_nothing_of_the_webhook() -> None:
    assert not [name for name, imported in OURS.items() if name.startswith("certs") if any("webhook" in i for i in imported)]


WORLDS = {
    "aiohttp": {"webhook.gateway.upstreams.upstream", "webhook.images.registry"},
    "kubernetes": {"webhook.cluster"},
    "websocket": {"webhook.cluster", "webhook.execution"},
    "jsonpatch": {"webhook.cli.dryrun"},
    "cryptography": {"certs.authority", "certs.certificate"},
}


@pytest.mark.parametrize("world", WORLDS)
def test_a_world_is_known_where_it_must_be_and_nowhere_else(world: str) -> None:
    found = {name for name, path in MODULES.items() if any(i.split(".")[0] == world for i in imports(path))}
    assert found == WORLDS[world]


def test_one_file_reads_the_environment() -> None:
    reading = re.compile(r"\bos\.(environ|getenv)|from os import .*environ")
    assert len([path for path in SOURCES if reading.search(path.read_text())]) <= 1


def test_the_trunk_reads_no_clock_no_chance_and_no_network() -> None:
    """Time, environment, randomness and network are arguments below the edges."""
    outside = {"asyncio", "datetime", "http", "os", "random", "secrets", "socket", "ssl", "subprocess", "time", "urllib", "uuid"}
    edges = next(i for i, (label, _, _) in enumerate(LAYERS) if label == "edges")
    for name, path in MODULES.items():
        if name.startswith("webhook.admission") and layer(name) < edges:
            assert not outside & {i.split(".")[0] for i in imports(path)}, name


def test_r30_nothing_hashes_or_signs_a_pod() -> None:
    """The policy alone is named by a hash."""
    found = {name for name, path in MODULES.items() if {"hashlib", "hmac"} & set(imports(path))}
    assert not [name for name in found if name.startswith("webhook.admission")]


def test_programs_inside_pods_need_only_the_standard_library() -> None:
    for name, path in MODULES.items():
        if name.startswith("webhook.inpod."):
            foreign = [i for i in imports(path) if i.split(".")[0] not in sys.stdlib_module_names]
            assert all(i.startswith("webhook.inpod") for i in foreign), name


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_feature_has_a_file_a_golden_folder_and_a_test(feature: object) -> None:
    name = feature.name  # type: ignore[attr-defined]
    file = name.replace("-", "_")
    assert (ROOT / "webhook/admission/features" / f"{file}.py").exists()
    assert (ROOT / "tests/admission/features" / f"test_{file}.py").exists()
    assert list((ROOT / "tests/golden" / name).glob("*.out.yaml"))


def test_the_folder_of_features_holds_features_only() -> None:
    files = {path.stem for path in (ROOT / "webhook/admission/features").glob("*.py")} - {"__init__", "feature"}
    assert files == {name.replace("-", "_") for name in NAMES}


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_a_file_is_about_one_thing(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LINES
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "every module says in its first line what it is about"
    assert not re.search(r"(^|_)(util|utils|helper|helpers|manager|common|misc)($|_)", path.stem)


# --- numbers and pages that are named ---


def files(*folders: str, endings: tuple[str, ...]) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.suffix in endings]


CODE = files("webhook", "certs", endings=(".py", ".c", ".h", ".mk"))
TESTS = files("tests", endings=(".py", ".yaml", ".c"))
_NUMBERS = r"s? (\d+(?:(?:, | to | and )\d+)*)"


def numbers(paths: list[Path], word: str, short: str) -> set[int]:
    """The numbers that they name, in prose and in names of tests."""
    found: set[int] = set()
    for path in paths:
        text = path.read_text()
        for run in re.findall(rf"(?i)\b{word}{_NUMBERS}", text):
            bounds = [int(n) for n in re.findall(r"\d+", run)]
            found |= set(range(bounds[-2], bounds[-1] + 1)) if " to " in run else set()
            found |= set(bounds)
        for name in re.findall(rf"def test_((?:{short}\d+_)+)", text):
            found |= {int(n) for n in re.findall(r"\d+", name)}
    return found


def listed(section: str) -> list[int]:
    page = (ROOT / "docs/requirements.md").read_text()
    part = page.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [int(number) for number in re.findall(r"^\| (\d+) \|", part, re.MULTILINE)]


@pytest.mark.parametrize(("section", "word", "short"), [("Requirements", "requirement", "r"), ("Traps", "trap", "trap_")])
def test_every_number_that_is_named_is_explained(section: str, word: str, short: str) -> None:
    explained = listed(section)
    assert explained == sorted(set(explained))
    assert numbers(CODE + TESTS, word, short) <= set(explained)


PROVED = {*range(1, 63), *range(66, 80), 82}


def test_every_requirement_on_admission_is_named_by_a_test() -> None:
    assert sorted(PROVED - numbers(TESTS, "requirement", "r")) == []


def test_pages_that_are_named_exist() -> None:
    """A reader finds every page that a comment sends him to."""
    for path in CODE:
        for page in re.findall(r"[\w./-]+\.md\b", path.read_text()):
            assert (ROOT / page).exists() or (ROOT / "docs" / page).exists(), f"{path.relative_to(ROOT)}: {page}"
