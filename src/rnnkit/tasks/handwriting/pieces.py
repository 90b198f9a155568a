"""Texts as a network writes them: piece by piece, some side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import torch

from rnnkit.heads.pen import PenSampler
from rnnkit.streaming.pen_stream import PenRows, PenStream
from rnnkit.tasks.handwriting.answers import Point, WrittenPiece
from rnnkit.tasks.handwriting.options import Writing
from rnnkit.tasks.handwriting.texts import Piece, pieces_of

if TYPE_CHECKING:
    from rnnkit.tasks.handwriting.scribe import Scribe

AT_ONCE = 16
"""pieces of a text that are written side by side"""


def written(
    scribe: Scribe, text: str, request: Writing, primed: PenStream | None, sample: int
) -> Iterator[WrittenPiece]:
    """A text, piece by piece, each with numbers of its own from the seed; or a sketch. Some pieces are written side
    by side: of one alone, calling the network takes most of the time."""
    pieces = pieces_of(text, scribe.hand) if scribe.writes else iter([Piece("", True)])
    seed = torch.Generator().manual_seed(request.penning.seed + sample)
    while some := list(itertools.islice(pieces, AT_ONCE)):
        chances = [torch.Generator().manual_seed(int(torch.randint(2**31, (1,), generator=seed))) for _ in some]
        yield from _side_by_side(scribe, some, chances, PenSampler(request.penning.bias), primed)


def _side_by_side(
    scribe: Scribe, pieces: list[Piece], chances: list[torch.Generator], sampler: PenSampler, primed: PenStream | None
) -> Iterator[WrittenPiece]:
    """Some pieces; of an empty one, an empty line, there are no points."""
    own = [number for number, piece in enumerate(pieces) if piece.text or not scribe.writes]
    made: dict[int, Iterator[Point]] = {}
    if own:
        stream = scribe.start([pieces[number].text for number in own], primed)
        lifted = stream.begun
        rows = PenRows(stream.run(sampler, [chances[number] for number in own], scribe.limits()), len(own))
        made = {number: points_of(scribe, rows.row(row), lifted=lifted) for row, number in enumerate(own)}
    for number, piece in enumerate(pieces):
        yield WrittenPiece(piece.text, made.get(number, iter(())), starts_line=piece.starts_line)


def points_of(scribe: Scribe, answers: Iterable[tuple[list[float], bool]], *, lifted: bool) -> Iterator[Point]:
    """The points of a row's answers, from 0 on; a pen that is `lifted`, since it has written before, first goes to
    where the text begins."""
    unit, x, y = scribe.hand.pen.unit, 0.0, 0.0
    if not lifted:
        yield 0.0, 0.0, False
    for (right, up, ends, _), done in answers:
        if not lifted:
            x, y = x + right * unit, y + up * unit
        lifted = False
        yield x, y, bool(ends) or done
