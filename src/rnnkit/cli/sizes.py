"""How long a run took, and how large it is."""

from __future__ import annotations

from typing import Any

from rich.console import Console


def say_sizes(config: dict[str, Any], console: Console) -> None:
    """One line."""
    result = config["result"]
    seconds = ", ".join(f"{name.replace('_', ' ')} {value:.1f} s" for name, value in config["seconds"].items())
    sizes = f"{result['steps']:,} steps, {result['epochs']:.1f} epochs, {result['parameters']:,} parameters"
    console.print(f"{seconds}; {sizes}", soft_wrap=True)
