"""Every program of the cluster, compiled from pinned Go modules into a folder. Takes minutes, once per set of pins."""

import json
import shutil
import time
from pathlib import Path

from . import pins
from .processes import run

HERE = Path(__file__).resolve().parent
KUBERNETES_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
STRIPPED = "-s -w"
SPARED = "no_btrfs no_devmapper no_zfs"


def build(cache: Path) -> None:
    """Fills `cache`/bin, if that has not been done before."""
    binaries = cache / "bin"
    if (binaries / "complete").exists():
        return
    binaries.mkdir(parents=True, exist_ok=True)
    for component in (kubernetes, containerd, etcd, coredns, gvisor):
        begun = time.monotonic()
        component(cache)
        print(f"  {component.__name__} compiled: {time.monotonic() - begun:.0f} s", flush=True)
    (binaries / "complete").touch()


def kubernetes(cache: Path) -> None:
    """k8s.io/kubernetes points at its own staging folder for forty modules; each of them is published, too."""
    downloaded = _download("k8s.io/kubernetes", pins.KUBERNETES)
    lines = Path(downloaded["GoMod"]).read_text().splitlines()
    staged = dict.fromkeys((line.split()[0] for line in lines if "=> ./staging" in line), pins.STAGING)
    staged["k8s.io/sample-cli-plugin"] = pins.SAMPLE_CLI_PLUGIN
    packages = [f"k8s.io/kubernetes/cmd/{program}" for program in KUBERNETES_PROGRAMS]
    module = go_module(
        cache,
        "kubernetes",
        f"-require=k8s.io/kubernetes@{pins.KUBERNETES}",
        *(f"-replace={name}={name}@{version}" for name, version in staged.items()),
        *(f"-tool={package}" for package in packages),
    )
    version = "k8s.io/component-base/version"
    major, minor, _ = pins.KUBERNETES.lstrip("v").split(".")
    known = {"gitVersion": pins.KUBERNETES, "gitMajor": major, "gitMinor": minor}
    flags = " ".join([STRIPPED, *(f"-X {version}.{name}={value}" for name, value in known.items())])
    go_build(module, f"{cache}/bin/", *packages, flags=flags)
    pause = Path(downloaded["Dir"]) / "build/pause/linux/pause.c"
    run("gcc", "-static", "-Os", "-DVERSION=test", "-o", cache / "bin/pause", pause)


def containerd(cache: Path) -> None:
    name = "github.com/containerd/containerd/v2"
    packages = [f"{name}/cmd/{program}" for program in ("containerd", "ctr", "containerd-shim-runc-v2")]
    module = go_module(cache, "containerd", f"-require={name}@{pins.CONTAINERD}", *(f"-tool={package}" for package in packages))
    go_build(module, f"{cache}/bin/", *packages)


def etcd(cache: Path) -> None:
    name = "go.etcd.io/etcd/server/v3"
    go_build(go_module(cache, "etcd", f"-require={name}@{pins.ETCD}", f"-tool={name}"), f"{cache}/bin/etcd", name)


def coredns(cache: Path) -> None:
    module = go_module(cache, "coredns", f"-require=github.com/coredns/coredns@{pins.COREDNS}")
    shutil.copy(HERE / "coredns.go", module / "main.go")
    go_build(module, f"{cache}/bin/coredns", ".")


def gvisor(cache: Path) -> None:
    """gVisor's shim gives itself the OOM score -999 and gives up without CAP_SYS_RESOURCE: compiled with another one."""
    name = "gvisor.dev/gvisor"
    source = cache / "src/gvisor-source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(_download(name, pins.GVISOR)["Dir"], source)
    run("chmod", "-R", "u+w", source)
    manager = source / "pkg/shim/v1/manager.go"
    original = manager.read_text()
    changed = original.replace("oomScoreMax = -999", "oomScoreMax = 1")
    if changed == original:
        raise ValueError(f"gVisor {pins.GVISOR} sets the OOM score of its shim elsewhere")
    manager.write_text(changed)
    tools = (f"-tool={name}/runsc", f"-tool={name}/shim")
    module = go_module(cache, "gvisor", f"-require={name}@{pins.GVISOR}", f"-replace={name}={source}", *tools)
    go_build(module, f"{cache}/bin/", f"{name}/runsc")
    go_build(module, f"{cache}/bin/containerd-shim-runsc-v1", f"{name}/shim")


def _download(name: str, version: str) -> dict[str, str]:
    """Where Go put a module: `Dir` and `GoMod` among others."""
    found: dict[str, str] = json.loads(run("go", "mod", "download", "-json", f"{name}@{version}", cwd=Path("/")))
    return found


def go_module(cache: Path, name: str, *edits: str) -> Path:
    folder = cache / "src" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text(f"module {name}\n\ngo 1.26\n")
    run("go", "mod", "edit", *edits, cwd=folder)
    return folder


def go_build(module: Path, out: str, *packages: str, flags: str = STRIPPED, tags: str = SPARED, cgo: bool = False) -> None:
    environment = {"CGO_ENABLED": str(int(cgo)), "GOFLAGS": "-mod=mod"}
    run("go", "mod", "tidy", cwd=module, environment=environment)
    run("go", "build", "-trimpath", "-tags", tags, "-ldflags", flags, "-o", out, *packages, cwd=module, environment=environment)
