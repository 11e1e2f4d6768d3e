"""An image of a small Java, and the server that tests debug."""

from pathlib import Path

from . import image
from .images import PROJECT, Image, debian_root
from .processes import run

PROGRAM = PROJECT / "tests/inpod/programs/Server.java"
MODULES = "java.base,jdk.httpserver,jdk.jdwp.agent"
COMMAND = ("/opt/java/bin/java", "-XX:+UseSerialGC", "-Xmx64m", "-cp", "/opt/server", "Server", "8080")


def java(folder: Path) -> Image:
    made = Image("localhost/java:test", folder / "java.tar")
    runtime, classes = folder / "java-runtime", folder / "java-classes"
    if not runtime.exists():
        partial = folder / "java-runtime.partial"
        run("rm", "-rf", partial)
        run("jlink", "--add-modules", MODULES, "--strip-debug", "--output", partial)
        partial.rename(runtime)
    run("javac", "-d", classes, PROGRAM)
    files = {f"opt/java/{path.relative_to(runtime)}": path for path in runtime.rglob("*") if path.is_file()}
    server = {f"opt/server/{path.name}": path for path in classes.glob("*.class")}
    root = debian_root(folder, "libstdc++6,procps")
    image.write(*made, [root.read_bytes(), image.layer({**files, **server}, folders={})])
    return made
