"""Laws of a network over turns under a network over a call: in one go, turn by turn, whatever the other rows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.cells import CELLS
from rnnkit.cores import Bidirectional, Stack
from rnnkit.encoders import SubwordEmbedding
from rnnkit.errors import NotStreamable, UserError
from rnnkit.heads import LinearChainCRF, MultiLabelClassifier, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import Conversation, Turns
from rnnkit.pooling import POOLINGS
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Stream
from tolerances import tolerance

V, D, H, C, S = 11, 5, 4, 3, 2
CALLS = torch.tensor([4, 1, 3])
ONE = torch.tensor([1])
LENGTHS = torch.tensor([3, 9, 0, 1, 5, 2, 2, 7])


def made(*, both: bool = False, chain: bool = True) -> Conversation:
    torch.manual_seed(0)
    cell = CELLS["lstm"]
    reader = Bidirectional([(cell(D, H), cell(D, H))])
    vector = 2 * 2 * H + 2
    core = Bidirectional([(cell(vector, H), cell(vector, H))]) if both else Stack([cell(vector, H)])
    width = core.output_size + vector
    head = LinearChainCRF if chain else SoftmaxTagger
    heads = {"act": head(width, C), "intents": MultiLabelClassifier(width, 4), "sentiment": SoftmaxClassifier(width, 2)}
    pools: list[nn.Module] = [POOLINGS["max"](2 * H), POOLINGS["mean"](2 * H)]
    words = SubwordEmbedding(V, 6, D, word_dropout=0.5, dropout=0.5)
    model = Conversation(words, reader, pools, nn.Embedding(4, 2), core, heads, head(2 * H + width, S), dropout=0.5)
    model = model.double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.5, 0.5))
    return model


def turns() -> tuple[SequenceBatch, Tensor, dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(1)
    count = len(LENGTHS)
    words = torch.randint(1, V, (count, 9), generator=generator)
    data = torch.stack([words, words, words % 5, words % 3], dim=2)
    data[torch.arange(9) >= LENGTHS[:, None]] = 0
    targets = {
        "act": torch.randint(C, (count,), generator=generator),
        "intents": torch.randint(2, (count, 4), generator=generator).double(),
        "sentiment": torch.tensor([0, 1, -1, 0, -1, 1, 1, 0]),
        "words": torch.randint(S, (count, 9), generator=generator),
    }
    return SequenceBatch(data, LENGTHS), torch.randint(4, (count,), generator=generator), targets


def of_call(number: int) -> slice:
    ends = CALLS.cumsum(0).tolist()
    return slice(ends[number] - int(CALLS[number]), ends[number])


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize("both", [False, True])
def test_other_rows_and_padding_change_no_loss_and_no_features(both: bool, chain: bool) -> None:
    model, (words, speakers, targets) = made(both=both, chain=chain), turns()
    together, _ = model.losses(Turns(words, speakers, CALLS), targets)
    features, _ = model(Turns(words, speakers, CALLS))
    for number in range(len(CALLS)):
        own = of_call(number)
        most = int(LENGTHS[own].max())
        alone = SequenceBatch(words.data[own, :most], LENGTHS[own])
        few = {name: target[own] for name, target in targets.items()}
        few["words"] = few["words"][:, :most]
        one = Turns(alone, speakers[own], CALLS[number : number + 1])
        torch.testing.assert_close(together[number], model.losses(one, few)[0][0], **tolerance(torch.float64))
        single, _ = model(one)
        length = int(CALLS[number])
        torch.testing.assert_close(
            features.turns.data[number, :length], single.turns.data[0], **tolerance(torch.float64)
        )


def test_turn_by_turn_is_the_whole() -> None:
    model, (words, speakers, _) = made(), turns()
    whole, _ = model(Turns(words, speakers, CALLS))
    by_turn = {int(n): own for chosen, group in whole.groups for n, own in zip(chosen, group.rows(), strict=True)}
    for number in range(len(CALLS)):
        state = model.init_state(1)
        for t, turn in enumerate(range(len(LENGTHS))[of_call(number)]):
            most = max(int(LENGTHS[turn]), 1)
            one = SequenceBatch(words.data[turn : turn + 1, :most], LENGTHS[turn : turn + 1])
            (features, groups), state = model.step(Turns(one, speakers[turn : turn + 1], ONE), state)
            wanted = whole.turns.data[number, t]
            torch.testing.assert_close(features[0], wanted, **tolerance(torch.float64))
            (own,) = [group.rows()[0] for _, group in groups]
            torch.testing.assert_close(own, by_turn[turn], **tolerance(torch.float64))


def test_a_turn_without_a_sentiment_has_no_loss_of_it() -> None:
    model, (words, speakers, targets) = made(), turns()
    some, none = targets["sentiment"], torch.full_like(targets["sentiment"], -1)
    first, _ = model.losses(Turns(words, speakers, CALLS), {"sentiment": some})
    assert first.sum() > 0
    assert not model.losses(Turns(words, speakers, CALLS), {"sentiment": none})[0].any()


def test_what_reads_a_call_from_both_ends_has_no_step() -> None:
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        made(both=True).init_state(1)


def test_widths_must_fit() -> None:
    cell: Any = CELLS["gru"]
    reader = Bidirectional([(cell(D, H), cell(D, H))])
    with pytest.raises(UserError, match="the core takes width 3, but a turn's vector has 10"):
        Conversation(
            SubwordEmbedding(V, 0, D),
            reader,
            [POOLINGS["max"](2 * H)],
            nn.Embedding(2, 2),
            Stack([cell(3, H)]),
            {},
            None,
        )


def test_live_is_step_by_step() -> None:
    model, (words, speakers, _) = made().float(), turns()
    live = model.freeze().streams(1)
    for number in range(len(CALLS)):
        live.restore(model.init_state(1))
        state = model.init_state(1)
        for turn in range(len(LENGTHS))[of_call(number)]:
            length = int(LENGTHS[turn])
            one = SequenceBatch(words.data[turn : turn + 1, : max(length, 1)], LENGTHS[turn : turn + 1])
            (features, groups), state = model.step(Turns(one, speakers[turn : turn + 1], ONE), state)
            found, ((_, own),) = live.step(Turns(one, speakers[turn : turn + 1], ONE))
            torch.testing.assert_close(found, features)
            torch.testing.assert_close(own.rows()[0], groups[0].words.rows()[0])


def test_a_stream_gives_each_heads_answer_as_turns_come() -> None:
    model, (words, speakers, _) = made(), turns()
    whole, _ = model(Turns(words, speakers, CALLS))
    wanted = {name: head.filtered(whole.turns) for name, head in model.turn_heads.items() if head.reads == "steps"}
    first = of_call(0)
    stream = Stream(model, model.heads)
    for t, turn in enumerate(range(len(LENGTHS))[first]):
        if t == 2:
            stream = Stream.from_bytes(model, stream.to_bytes(), model.heads)
        one = SequenceBatch(words.data[turn : turn + 1, : max(int(LENGTHS[turn]), 1)], LENGTHS[turn : turn + 1])
        answers, groups = stream.push(Turns(one, speakers[turn : turn + 1], ONE))
        torch.testing.assert_close(answers["act"].exp()[0], wanted["act"][0, t], **tolerance(torch.float64))
        assert answers["intents"].shape == (1, 4)
        assert groups[0].words.lengths.tolist() == LENGTHS[turn : turn + 1].tolist()


def test_some_calls_may_step() -> None:
    model, (words, speakers, _) = made(), turns()
    live, before = model.freeze().streams(3), model.init_state(3)
    said = Turns(SequenceBatch(words.data[:2], LENGTHS[:2]), speakers[:2], ONE.repeat(2))
    rows = torch.tensor([2, 0])
    features, _ = live.step(said, rows)
    (wanted, _), after = model.step(said, states.rows(before, rows))
    torch.testing.assert_close(features, wanted, **tolerance(torch.float64))
    for leaf, own, old in zip(*map(states.leaves, (live.state, after, before)), strict=True):
        torch.testing.assert_close(leaf[rows], own, **tolerance(torch.float64))
        assert torch.equal(leaf[1], old[1])


def test_live_needs_a_core_from_left_to_right() -> None:
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        made(both=True).freeze()


@pytest.mark.parametrize("residual", [False, True])
def test_a_reader_is_its_core(residual: bool) -> None:
    cell: Any = CELLS["gru"]
    widths = [6, 6]
    core = Bidirectional([(cell(w, 3), cell(w, 3)) for w in widths], residual=residual).eval()
    row = torch.randn(5, 6)
    torch.testing.assert_close(core.freeze().read(row), core(SequenceBatch.full(row[None]))[0].data[0])
    assert core.freeze().read(row[:0]).shape == (0, 6)
