"""Runs of earlier releases, as the present one reads them.

Format 1 (0.1) had everything in `config.json`, and what was learned of columns in a file of each family's own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rnnkit.errors import UserError

FILES = (
    "config.json", "weights.safetensors", "tokenizer.json", "baseline.safetensors", "baseline.json", "metrics.jsonl",
    "README.md", "loss.png", "reach.png", "confusion.png", "reliability.png", "lexicon.json", "checkpoints",
    "tensorboard", "tokens", "baseline-act.safetensors", "baseline-intents.safetensors",
    "baseline-sentiment.safetensors", "baseline-topics.safetensors", "series.json", "series",
)  # fmt: skip
"""what a run of format 1 may have left"""
SECTIONS = ("task", "data", "model", "training")
TAGGERS = ("tagging", "intent-and-slots")


def config(saved: dict[str, Any]) -> dict[str, Any]:
    """A run's task and options, of whatever format."""
    if saved["rnnkit_run"] == 1:
        return {name: saved.get(name) for name in SECTIONS}
    if saved.get("task") == "audio-classification" and isinstance(saved.get("model"), dict):
        return {**saved, "model": {"convolve": "time", **saved["model"]}}  # as all did before there was a choice
    return saved


def result(saved: dict[str, Any]) -> dict[str, Any]:
    """What came of a run of format 1."""
    rest = {name: value for name, value in saved.items() if name not in (*SECTIONS, "result", "rnnkit_run")}
    own = dict(saved.get("result", {}))
    if "seconds" in own:
        own["training_seconds"] = own.pop("seconds")
    counts = {"labels": rest.pop("labels", {}), "tags": rest.pop("tags", {})}
    if saved["task"] == "call-analysis":
        slots = saved["baseline"]["majority"].get("per_span")
        rest["labels"] = {**counts["labels"], **({"words": {"O": 1}} if slots is not None else {})}
    elif saved["task"] in TAGGERS:
        rest["labels"] = {name: counts[name] for name in ("tags", "labels") if counts[name]}
    elif counts["labels"]:
        rest["labels"] = {"label": counts["labels"]}
    target = "labels" if saved["task"] in TAGGERS else "label"
    temperature = own.pop("temperature", None)
    rest["temperatures"] = {target: temperature} if temperature is not None and target in rest.get("labels", {}) else {}
    return {**rest, **own}


def columns(folder: Path, saved: dict[str, Any]) -> dict[str, Any]:
    """What a run of format 1 has learned of its columns. Raises `UserError` where that is damaged."""
    path = folder / ("series.json" if "series" in saved["task"] else "lexicon.json")
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if "series" in saved["task"]:
            frames = {part: known[part] for part in ("channels", "frames")}
            return {"input": frames, "targets": {"label": known["labels"]}}
        if saved["task"] == "call-analysis":
            names = known["names"]
            slots = {"words": names["slots"]["tags"]} if names["slots"] else {}
            return {"input": {**known, "speakers": names["speakers"]}, "targets": {**names["turns"], **slots}}
        if saved["task"] in TAGGERS:
            labels = {"labels": known["labels"]} if known["labels"] else {}
            return {"input": known, "targets": {"tags": known["tags"], **labels}}
        return {"input": known, "targets": {"label": known["labels"]}}
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"expected what a run knows of its columns at {path}, but it is damaged; train anew") from None
