"""What a run says while it goes on: a progress bar, `metrics.jsonl`, TensorBoard events."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rnnkit.checkpoint import fits

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

logging.getLogger("tensorboard").setLevel(logging.ERROR)


class Journal:
    """One run's log. Only the first process keeps one; the others' `Journal(None)` says and writes nothing."""

    def __init__(self, folder: Path | None, step: int = 0) -> None:
        self._path = folder / "metrics.jsonl" if folder else None
        self.console = Console(stderr=True, quiet=folder is None)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        self._bar = Progress(*columns, *times, console=self.console, disable=folder is None, transient=True)
        self._task = self._bar.add_task("training", total=1.0)
        self._events: SummaryWriter | None = None
        if folder:
            # Imported here: it takes a second that only training has.
            from torch.utils.tensorboard import SummaryWriter

            self._events = SummaryWriter(str(folder / "tensorboard"), purge_step=step)
        if self._path:
            kept = [line for line in read(self._path) if line.get("step", 0) <= step]
            self._path.write_text("".join(json.dumps(line) + "\n" for line in kept))

    def __enter__(self) -> Journal:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        if self._events:
            self._events.close()

    def progress(self, share: float, text: str) -> None:
        """Moves the progress bar, and shows a text beside it."""
        self._bar.update(self._task, completed=share, description=text)

    def say(self, text: str) -> None:
        """A line of log on standard error."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def write(self, kind: str, step: int, values: dict[str, Any]) -> None:
        """A line of `metrics.jsonl`; its numbers go to TensorBoard too, under `kind/`."""
        if not self._path or not self._events:
            return
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "step": step, **values}) + "\n")
        for name, value in values.items():
            if isinstance(value, (int, float)):
                self._events.add_scalar(f"{kind}/{name}", value, step)


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a `metrics.jsonl`, up to one that is none, as a kill may leave at the end."""
    found: list[dict[str, Any]] = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                values = json.loads(line)
            except (ValueError, RecursionError):
                break
            if not fits(values, {"kind": str, "step": int, "loss": float}):
                break
            found.append(values)
    return found
