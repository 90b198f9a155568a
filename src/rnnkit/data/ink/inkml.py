"""InkML (W3C Recommendation, 20 September 2011): the traces of a file, as points of X and Y."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown

Element = ElementTree.Element
ORDER = ("X", "Y")
"""the channels of traces that no format is given for"""
ID = "{http://www.w3.org/XML/1998/namespace}id"
SPACE = regex.compile(r"\s*")
VALUE = regex.compile(r"""([!'"]?)\s*(\*|\?|[TF]|[-+]?\#[0-9A-Fa-f]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)""")


def traces_of(text: str | bytes) -> list[list[list[float]]]:
    """The traces that a pen drew while it was down, in the file's order: each a list of points `[x, y]`. Raises
    `BadRow` of what is no InkML or is damaged."""
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadRow(f"expected InkML, but it is no XML, or damaged ({error})") from None
    if _name(root) != "ink":
        raise BadRow(f"expected InkML, whose outermost element is ink; got {_name(root)!r}")
    formats = _Formats(root)
    traces = [trace for trace in root.iter() if _name(trace) == "trace" and trace.get("type") != "penUp"]
    return [points_of(trace.text or "", formats.of(trace)) for trace in traces]


def points_of(text: str, channels: tuple[str, ...] = ORDER) -> list[list[float]]:
    """A trace's points `[x, y]`: values in the order of `channels`, each as it is (`!`), a difference (`'`) or a
    difference of differences (`"`), or `*` for the one before; a prefix holds until another one comes.

    >>> points_of("1125 18432,'23'43,3-5")
    [[1125.0, 18432.0], [1148.0, 18475.0], [1151.0, 18470.0]]
    """
    running = [_Channel() for _ in channels]
    x, y = (channels.index(name) for name in ORDER)
    points = []
    for number, point in enumerate(part for part in text.split(",") if part.strip()):
        values = [channel.read(*one) for channel, one in zip(running, _values(point), strict=False)]
        if len(values) <= max(x, y):
            raise BadRow(f"expected points of channels {' '.join(channels)}, but point {number + 1} is {shown(point)}")
        points.append([values[x], values[y]])
    return points


def _values(point: str) -> Iterator[tuple[str, str]]:
    """The prefix and the value of each channel. Raises `BadRow` of what is none."""
    place = SPACE.match(point).end()  # type: ignore[union-attr]
    while place < len(point):
        found = VALUE.match(point, place)
        if found is None:
            raise BadRow(f"expected numbers in a trace, got {shown(point)}")
        yield found[1], found[2]
        place = SPACE.match(point, found.end()).end()  # type: ignore[union-attr]


@dataclass
class _Channel:
    """A channel's last value, and by how much it changed."""

    prefix: str = "!"
    value: float = 0.0
    speed: float = 0.0
    change: float = 0.0

    def read(self, prefix: str, said: str) -> float:
        """The next value. `*` goes on as before: the same value, difference, or difference of differences."""
        self.prefix = prefix or self.prefix
        if said in "TF?":  # truth values, and none
            return 0.0
        number = None if said == "*" else _number(said)
        if self.prefix == '"':
            self.change = self.change if number is None else number
            self.speed += self.change
            self.value += self.speed
        elif self.prefix == "'":
            self.speed = self.speed if number is None else number
            self.value += self.speed
        elif number is not None:
            self.value, self.speed = number, number - self.value
        return self.value


def _number(said: str) -> float:
    sign, _, digits = said.partition("#")
    return float(f"{sign}{int(digits, 16)}") if digits else float(said)


class _Formats:
    """Which channels a trace has: those of its context, or of the file's first format."""

    def __init__(self, root: Element) -> None:
        self._known: dict[str, Element] = {}
        self._first: Element | None = None
        for element in root.iter():
            if ID in element.attrib or "id" in element.attrib:
                self._known[element.attrib.get(ID) or element.attrib["id"]] = element
            if _name(element) == "traceFormat" and self._first is None:
                self._first = element

    def of(self, trace: Element) -> tuple[str, ...]:
        """The channels of a trace, those that every point has first. Raises `BadRow` where X or Y is not among them."""
        reference = trace.get("contextRef", "").lstrip("#")
        found = self._below(self._known.get(reference), 4) if reference else None
        found = self._first if found is None else found
        if found is None:
            return ORDER
        often, sometimes = list[str](), list[str]()
        for element in found:
            kind = _name(element)
            named = often if kind == "channel" else sometimes
            inner = element if kind == "intermittentChannels" else [element]
            named += [part.get("name", "") for part in inner if _name(part) == "channel"]
        channels = (*often, *sometimes) or ORDER
        if not set(ORDER) <= set(channels):
            raise BadRow(f"expected InkML with channels X and Y, got {' '.join(channels)}")
        return channels

    def _below(self, element: Element | None, depth: int) -> Element | None:
        """The format that a context or an ink source has, or one that it refers to, so many references deep."""
        if element is None or not depth:
            return None
        for inner in element.iter():
            if _name(inner) == "traceFormat":
                return inner
        for inner in element.iter():
            for name in ("traceFormatRef", "inkSourceRef", "contextRef"):
                found = self._below(self._known.get(inner.get(name, "").lstrip("#")), depth - 1)
                if found is not None:
                    return found
        return None


def _name(element: Element) -> str:
    """An element's name without its name space; a comment has none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
