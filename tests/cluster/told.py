"""What a container of a pod prints in all its lives, with the node's time of each line: also while the pod goes, and afterwards.

The kubelet removes its log files with the pod; they are linked elsewhere before.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from .access import Cluster
from .processes import until


class Line(NamedTuple):
    """`at`: seconds since the epoch, of the clock that tests have too; `life`: 0 before the first restart."""

    at: float
    life: int
    text: str


@dataclass(frozen=True)
class Told:
    """Of the container `main`, where nothing else is said."""

    cluster: Cluster
    namespace: str
    pod: str
    container: str = "main"

    def lines(self) -> list[Line]:
        """All so far. What is printed just before its file is removed is told if this was called since the file was made."""
        kept = self._keep()
        return [line for file in sorted(kept.iterdir(), key=_life) for line in _lines(file)]

    def texts(self) -> list[str]:
        return [line.text for line in self.lines()]

    def wait(self, text: str, times: int = 1, seconds: float = 60) -> Line:
        """The line that says exactly this, when it has been said so often."""
        try:
            until(f'"{text}" of {self.pod}', lambda: self.texts().count(text) >= times, seconds)
        except TimeoutError as error:
            error.add_note("\n".join(self.texts()))
            raise
        return [line for line in self.lines() if line.text == text][times - 1]

    def _keep(self) -> Path:
        """The folder with all files of the container so far."""
        assert self.cluster.layout is not None
        run = self.cluster.layout.run
        kept = run / "kept-logs" / self.namespace / self.pod / self.container
        kept.mkdir(parents=True, exist_ok=True)
        for file in (run / "pod-logs").glob(f"{self.namespace}_{self.pod}_*/{self.container}/*.log"):
            with suppress(FileExistsError, FileNotFoundError):
                (kept / file.name).hardlink_to(file)
        return kept


def _life(file: Path) -> int:
    return int(file.stem)


def _lines(file: Path) -> list[Line]:
    """Each is `TIME STREAM F TEXT`, as the container runtime interface has it; one that is being written is left out."""
    whole = [line.split(" ", 3) for line in file.read_text(errors="replace").split("\n")[:-1]]
    return [Line(datetime.fromisoformat(at[:26] + "+00:00").timestamp(), _life(file), text) for at, _, _, text in whole]
