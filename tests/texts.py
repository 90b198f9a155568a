"""Text for tests: English that comes with Python, and a quick way to train on it."""

from __future__ import annotations

from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

from rnnkit.tasks import TextGeneration
from rnnkit.tasks.language_modelling.generator import TextGenerator

ENGLISH = "\n\n".join(topics[name] for name in sorted(topics))[:60_000]

SMALL = {"hidden": 12, "embedding": 6, "batch": 6, "chunk": 20, "steps": 12, "baseline": 3, "validations": 3}


def write(path: Path, characters: int = 12_000) -> str:
    """A text file of so many characters."""
    path.write_text(ENGLISH[:characters], encoding="utf-8")
    return str(path)


def fit(folder: Path, text: str, **options: Any) -> TextGenerator:
    """A small run, quickly."""
    how = {name: options.pop(name) for name in ("resume", "force", "start_from", "valid") if name in options}
    return TextGeneration(**{**SMALL, **options}).fit(text, out=folder, **how)
