"""What a program gives to a task or to a trained run, checked: texts, one or many of something, data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rnnkit.data.files import is_whole
from rnnkit.data.tables.table import Source, sources_of
from rnnkit.errors import UserError


def is_text(one: Any) -> bool:
    """Whether something is a text, and no half characters are in it."""
    return isinstance(one, str) and is_whole(one)


def is_texts(one: Any) -> bool:
    """Whether something is a sequence of texts, such as the words of one."""
    several = isinstance(one, Sequence) or getattr(one, "ndim", None) == 1
    return several and not isinstance(one, str | bytes) and all(map(is_text, one))


def text_of_input(one: Any) -> str:
    """A text. Raises `UserError` for what is none."""
    if not is_text(one):
        raise UserError(f"expected a text, got {shown(one)}")
    return str(one)


def one_or_many(
    inputs: Any, what: str, is_one: Callable[[Any], bool], is_alone: Callable[[Any], bool] | None = None
) -> list[Any]:
    """Inputs as a list, of which one may be given alone (`is_alone`, where not every one may). Raises `UserError`,
    saying `what` is meant, for what is none."""
    if (is_alone or is_one)(inputs):
        return [inputs]
    if hasattr(inputs, "columns"):
        raise UserError(f"expected {what} or a list of such, got {shown(inputs)}; predict_rows takes tables")
    if isinstance(inputs, str | bytes | Mapping) or not isinstance(inputs, Iterable):
        raise UserError(f"expected {what} or a list of such, got {shown(inputs)}")
    listed = list(inputs)
    for number, one in enumerate(listed, 1):
        if not is_one(one):
            raise UserError(f"expected {what}, got {shown(one)}, which is number {number} of {len(listed)}")
    return listed


def data_given(data: Any, why: str) -> list[Source]:
    """What a program names as data, as sources. Raises `UserError` for what is none, and, saying `why` there must be
    some, for nothing."""
    whole = isinstance(data, str | Sequence | Mapping) or hasattr(data, "columns") or hasattr(data, "__array__")
    found = sources_of(list(data) if isinstance(data, Iterable) and not whole else data)
    for source in found:
        if not (isinstance(source, str | list) or hasattr(source, "columns")):
            raise UserError(f"expected paths, a polars or pandas frame, or a list of dictionaries, got {shown(source)}")
    if not found:
        raise UserError(f"expected data {why}, got none; name a file, a frame or a list of dictionaries")
    return found


def frame_like(rows: list[Mapping[str, Any]], given: Any) -> Any:
    """Rows in the same kind of frame as was given, polars' or pandas', with its index where there is a row for each; as
    they are where it is none."""
    library = type(given).__module__.split(".")[0]
    if library == "polars":
        return type(given)(rows, infer_schema_length=None)  # a column may begin with many empty cells
    if library == "pandas":
        return type(given)(rows, index=given.index if len(rows) == len(given) else None)
    return rows


def is_frame(one: Any) -> bool:
    """Whether something is a frame of polars or pandas."""
    return hasattr(one, "columns") and type(one).__module__.split(".")[0] in ("polars", "pandas")


def paths_given(data: Any, why: str) -> list[str]:
    """The same, of text files alone."""
    found = data_given(data, why)
    if not all(isinstance(source, str) for source in found):
        raise UserError("expected paths of text files, got a table in memory; write its text to a file first")
    return found


def shown(one: Any) -> str:
    """What was given, in short."""
    said = ascii(one) if isinstance(one, str | bytes | float | int) else ""
    return f"{type(one).__name__} {said[:60]}".strip() if one is not None else "None"
