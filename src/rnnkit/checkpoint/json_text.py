"""JSON that every reader takes: numbers that are none, which JSON has no word for, are null."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any


def json_text(
    value: Any, *, indent: int | None = None, ascii_only: bool = False, default: Callable[[Any], Any] | None = None
) -> str:
    """A value as JSON; `default` makes something that JSON knows of what it does not, such as a date.

    >>> json_text({"loss": float("nan"), "labels": ["né"]})
    '{"loss": null, "labels": ["né"]}'
    """
    return json.dumps(_plain(value), indent=indent, ensure_ascii=ascii_only, allow_nan=False, default=default)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _plain(own) for name, own in value.items()}
    return [_plain(own) for own in value] if isinstance(value, (list, tuple)) else value
