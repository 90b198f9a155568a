"""Laws of a network that writes texts which nobody aligned: in one call, piece by piece, whatever the other rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit.cores import CORES, Stack
from rnnkit.encoders import ConvolvedFrames, LinearFrames
from rnnkit.encoders.look_ahead import LookAhead
from rnnkit.errors import NotStreamable
from rnnkit.heads import CTC, Transduction
from rnnkit.heads.transduction import StatelessPrediction
from rnnkit.models import Transducer
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

F, D, H, V = 4, 5, 6, 7
LENGTHS = torch.tensor([23, 9, 1, 16])
EXACT = tolerance(torch.float64)
FRONTS: dict[str, Callable[[], Any]] = {
    "frames": lambda: LinearFrames(torch.zeros(F), torch.ones(F), D),
    "convolved": lambda: ConvolvedFrames(torch.zeros(F), torch.ones(F), D, layers=2, stride=2, kernel=3),
}
HEADS: dict[str, Callable[[], Any]] = {
    "ctc": lambda: CTC(H, V),
    "transduction": lambda: Transduction(H, StatelessPrediction(V, 3), V, joint=5, ctc_weight=0.5),
}
EVERY = [(front, head, ahead) for front in FRONTS for head in HEADS for ahead in (0, 3)]


def made(front: str, head: str, ahead: int) -> Transducer:
    torch.manual_seed(3)
    core: Stack = CORES["stack"](D, H)
    look = LookAhead(H, ahead) if ahead else None
    return Transducer(FRONTS[front](), core, HEADS[head](), ahead=look, dropout=0.5).double().eval()


def frames() -> Tensor:
    x = torch.randn(
        len(LENGTHS), int(LENGTHS.max()), F, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    return torch.where(torch.arange(x.shape[1])[None, :, None] < LENGTHS[:, None, None], x, torch.nan)


@pytest.mark.parametrize(("front", "head", "ahead"), EVERY)
@pytest.mark.parametrize("piece", [1, 5, 30])
@pytest.mark.parametrize("frozen", [False, True])
def test_pieces_are_the_whole(front: str, head: str, ahead: int, piece: int, frozen: bool) -> None:
    model, x = made(front, head, ahead), frames()
    whole, _ = model(SequenceBatch(x, LENGTHS))
    reader = model.freeze() if frozen else model
    state, found = model.init_state(len(x)), [list[Tensor]() for _ in LENGTHS]
    for start in range(0, x.shape[1], piece):
        chunk = x[:, start : start + piece]
        known, state = reader.push(SequenceBatch(chunk, (LENGTHS - start).clamp(0, chunk.shape[1])), state)
        for own, row in zip(found, known.rows(), strict=True):
            own.append(row)
    for own, row, wanted in zip(found, reader.finish(state).rows(), whole.rows(), strict=True):
        torch.testing.assert_close(torch.cat([*own, row]), wanted, **EXACT)


@pytest.mark.parametrize(("front", "head", "ahead"), EVERY)
def test_a_row_is_the_same_alone_as_in_company(front: str, head: str, ahead: int) -> None:
    model, x = made(front, head, ahead), frames()
    texts = SequenceBatch(torch.tensor([[1, 2, 2], [3, 0, 0], [0, 0, 0], [4, 5, 0]]), torch.tensor([3, 1, 0, 2]))
    losses, _ = model.losses(SequenceBatch(x, LENGTHS), texts)
    features, _ = model(SequenceBatch(x, LENGTHS))
    written = model.head.predict(features)
    for row, (length, count) in enumerate(zip(LENGTHS.tolist(), texts.lengths.tolist(), strict=True)):
        own = SequenceBatch.full(x[row : row + 1, :length])
        text = SequenceBatch(texts.data[row : row + 1, : max(count, 1)], texts.lengths[row : row + 1])
        torch.testing.assert_close(model.losses(own, text)[0][0], losses[row], **EXACT)
        assert model.head.predict(model(own)[0])[0] == written[row]
    losses.sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("head", HEADS)
def test_what_is_written_does_not_depend_on_the_pieces(head: str) -> None:
    model = made("frames", head, 0)
    features, _ = model(SequenceBatch(frames(), LENGTHS))
    whole, _ = model.head.emit(features, model.head.init_state(len(LENGTHS)))
    state, found = model.head.init_state(len(LENGTHS)), [list[Any]() for _ in LENGTHS]
    for start in range(0, features.data.shape[1], 4):
        chunk = features.data[:, start : start + 4]
        lengths = (LENGTHS - start).clamp(0, chunk.shape[1])
        written, state = model.head.emit(SequenceBatch(chunk, lengths), state)
        for own, new in zip(found, written, strict=True):
            own += [one._replace(time_step=one.time_step + start) for one in new]
    for own, wanted, tokens in zip(found, whole, model.head.predict(features), strict=True):
        assert [one.token for one in own] == [one.token for one in wanted] == tokens
        assert [one.time_step for one in own] == [one.time_step for one in wanted]
        assert [one.confidence for one in own] == pytest.approx([one.confidence for one in wanted])


def test_a_network_that_reads_from_both_ends_takes_no_pieces() -> None:
    model = Transducer(FRONTS["frames"](), CORES["bidirectional"](D, H), CTC(2 * H, V))
    with pytest.raises(NotStreamable, match="reads forward"):
        model.init_state(1)
