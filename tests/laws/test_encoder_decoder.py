"""Laws of every attention, every decoder, and the model over them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.attention import ATTENTIONS
from rnnkit.cores import CORES
from rnnkit.decoders import DECODERS
from rnnkit.encoders import ENCODERS, Embedding
from rnnkit.heads import Categorical
from rnnkit.models import EncoderDecoder
from rnnkit.models.encoder_decoder import seen_again
from rnnkit.models.registry import KINDS
from rnnkit.sequence import Pair, SequenceBatch
from tolerances import tolerance

EXACT, GRADIENT = tolerance(torch.float64), tolerance(torch.float64, "gradient")
WIDTH, HIDDEN, ANSWERS = 5, 6, 7


def network(name: str, source: str = "embedding") -> EncoderDecoder:
    torch.manual_seed(0)
    core = CORES["bidirectional"](WIDTH, 4)
    decoder = DECODERS[name](WIDTH, HIDDEN, core.output_size)
    head = Categorical(decoder.output_size, ANSWERS)
    encoder = ENCODERS[source](KINDS, WIDTH)
    return EncoderDecoder(encoder, core, Embedding(ANSWERS, WIDTH), decoder, head).double().eval()


def pair() -> Pair:
    """Sources of lengths 4, 2 and 3, and what was written of them, of lengths 6, 1 and 0."""
    g = torch.Generator().manual_seed(1)
    source = SequenceBatch(torch.randint(KINDS, (3, 4), generator=g), torch.tensor([4, 2, 3]))
    return Pair(source, SequenceBatch(torch.randint(ANSWERS, (3, 6), generator=g), torch.tensor([6, 1, 0])))


def row_of(sequence: SequenceBatch, row: int) -> SequenceBatch:
    return SequenceBatch.full(sequence.data[row : row + 1, : int(sequence.lengths[row])])


def gradients(model: EncoderDecoder, total: Tensor) -> list[Tensor]:
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    found = torch.autograd.grad(total, learned, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for g, p in zip(found, learned, strict=True)]


@pytest.mark.parametrize("name", DECODERS)
def test_steps_are_the_sequence_call_in_outputs_states_and_gradients(name: str) -> None:
    model, given = network(name), pair()
    whole, after = model(given)
    context = model.read(given.source)
    state, total = model.first_state(context), whole.steps.data.new_zeros(())
    for t in range(6):
        inside = t < given.written.lengths
        made, moved = model.step(given.written.data[:, t], state, context)
        state = states.where(inside, moved, state)
        torch.testing.assert_close(made.steps[inside], whole.steps.data[inside, t], **EXACT)
        torch.testing.assert_close(made.weights[inside], whole.weights[inside, t], **EXACT)
        total = total + made.steps[inside].square().sum()
    for one, other in zip(states.leaves(state), states.leaves(after), strict=True):
        torch.testing.assert_close(one, other, **EXACT)
    at_once = whole.steps.data[given.written.mask].square().sum()
    for one, other in zip(gradients(model, at_once), gradients(model, total), strict=True):
        torch.testing.assert_close(one, other, **GRADIENT)


@pytest.mark.parametrize("name", DECODERS)
def test_rows_in_company_are_rows_alone(name: str) -> None:
    model, given = network(name), pair()
    targets = torch.randint(ANSWERS, (3, 6), generator=torch.Generator().manual_seed(2))
    losses, after = model.losses(given, targets)
    found, _ = model(given)
    for row in range(3):
        own = Pair(row_of(given.source, row), row_of(given.written, row))
        length = own.written.data.shape[1]
        alone, end = model.losses(own, targets[row : row + 1, :length])
        torch.testing.assert_close(losses[row : row + 1], alone, **EXACT)
        for one, other in zip(states.leaves(after), states.leaves(end), strict=True):
            # A coverage is as wide as the memory with its padding.
            torch.testing.assert_close(one[row : row + 1, : other.shape[1]], other, **EXACT)
        features, _ = model(own)
        torch.testing.assert_close(found.steps.data[row : row + 1, :length], features.steps.data, **EXACT)


@pytest.mark.parametrize("name", DECODERS)
def test_a_padding_of_nan_in_a_source_changes_nothing(name: str) -> None:
    model, given = network(name, "frames"), pair()
    data = torch.randn(3, 4, KINDS, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    clean = SequenceBatch(data, given.source.lengths)
    dirty = clean.with_data(data.masked_fill(~clean.mask[:, :, None], torch.nan))
    targets = torch.zeros(3, 6, dtype=torch.int64)
    one, other = (model.losses(Pair(source, given.written), targets)[0] for source in (clean, dirty))
    torch.testing.assert_close(one, other, **EXACT)
    for a, b in zip(gradients(model, one.sum()), gradients(model, other.sum()), strict=True):
        torch.testing.assert_close(a, b, **GRADIENT)


@pytest.mark.parametrize("name", DECODERS)
def test_a_frozen_model_and_several_rows_of_a_source_answer_as_one_row_does(name: str) -> None:
    model, given = network(name), pair()
    context = model.read(given.source)
    first = model.first_state(context)
    x = torch.tensor([1, 2, 3, 4, 5, 6])
    rows = torch.tensor([0, 0, 1, 1, 2, 2])
    with torch.no_grad():
        live = model.freeze().streams_from(states.rows(first, rows))
        together = [live.step(x, None, context), live.step(x.flip(0), None, context)]
        for place, row in enumerate(rows.tolist()):
            own = model.read(row_of(given.source, row))
            state = model.first_state(own)
            places = own["memory"].data.shape[1]
            for given_now, found in zip((x, x.flip(0)), together, strict=True):
                wanted, state = model.step(given_now[place : place + 1], state, own)
                torch.testing.assert_close(found.steps[place : place + 1], wanted.steps, **EXACT)
                torch.testing.assert_close(found.weights[place : place + 1, :places], wanted.weights, **EXACT)
        live.restore(states.rows(first, rows))
        torch.testing.assert_close(live.step(x, None, context).steps, together[0].steps, **EXACT)


@pytest.mark.parametrize("name", DECODERS)
def test_the_spec_describes_the_state_and_a_run_goes_on_from_it(name: str) -> None:
    model, given = network(name), pair()
    context = model.read(given.source)
    grows = name == "covering"  # its coverage is as wide as the memory that it meets
    for state in [model.init_state(3), *([] if grows else [model.first_state(context)])]:
        assert [(3, *leaf.row) for leaf in model.state_spec()] == [tuple(leaf.shape) for leaf in states.leaves(state)]
        assert [leaf.dtype for leaf in model.state_spec()] == [leaf.dtype for leaf in states.leaves(state)]
    given = Pair(given.source, SequenceBatch.full(given.written.data))
    whole, after = model(given)
    left, middle = model(given._replace(written=SequenceBatch.full(given.written.data[:, :2])))
    rest = given._replace(written=SequenceBatch.full(given.written.data[:, 2:]))
    right, end = model(rest, middle, context)
    joined = torch.cat([left.steps.data, right.steps.data], dim=1)
    torch.testing.assert_close(joined, whole.steps.data, **EXACT)
    for one, other in zip(states.leaves(end), states.leaves(after), strict=True):
        torch.testing.assert_close(one, other, **EXACT)


@pytest.mark.parametrize("name", DECODERS)
def test_gradcheck(name: str) -> None:
    model, given = network(name), pair()
    memory = torch.randn(3, 4, 8, dtype=torch.float64, requires_grad=True)
    x = torch.randn(3, 6, WIDTH, dtype=torch.float64, requires_grad=True)

    def function(memory: Tensor, x: Tensor) -> tuple[Tensor, ...]:
        context = model.decoder.prepare(SequenceBatch(memory, given.source.lengths))
        state = model.decoder.begin(model.init_state(3), context)
        made, after = model.decoder(SequenceBatch(x, given.written.lengths), state, context)
        return (made.steps.data[given.written.mask], *states.leaves(after))

    assert torch.autograd.gradcheck(function, (memory, x), fast_mode=True)


def by_hand(name: str, attention: Any, query: Tensor, place: Tensor) -> Tensor:
    """A place's score for a query."""
    if name == "multiplicative":
        found: Tensor = query @ attention.keys.weight @ place / math.sqrt(len(query))
        return found
    inner = attention.queries.weight @ query + attention.queries.bias + attention.keys.weight @ place
    return (attention.wanted.weight @ torch.tanh(inner))[0]


@pytest.mark.parametrize("name", ATTENTIONS)
def test_attention_is_its_equation_whatever_the_padding(name: str) -> None:
    torch.manual_seed(0)
    attention = ATTENTIONS[name](HIDDEN, 4).double()
    data, lengths = torch.randn(3, 5, 4, dtype=torch.float64), torch.tensor([5, 2, 0])
    queries = torch.randn(3, 2, HIDDEN, dtype=torch.float64)
    clean = SequenceBatch(data, lengths)
    dirty = clean.with_data(data.masked_fill(~clean.mask[:, :, None], torch.nan))
    seen, weights = attention(queries, dirty, attention.prepare(dirty))
    for row, length in enumerate([5, 2, 0]):
        for q in range(2):
            scores = [by_hand(name, attention, queries[row, q], data[row, s]) for s in range(length)]
            own = torch.stack(scores).softmax(dim=0) if scores else torch.zeros(0, dtype=torch.float64)
            torch.testing.assert_close(weights[row, q, :length], own, **EXACT)
            torch.testing.assert_close(seen[row, q], own @ data[row, :length], **EXACT)
            assert not weights[row, q, length:].any()


def test_what_does_not_fit_together_is_refused() -> None:
    core = CORES["bidirectional"](WIDTH, 4)
    decoder = DECODERS["plain"](WIDTH + 1, HIDDEN, core.output_size)
    with pytest.raises(ValueError, match="the decoder takes width 6, its inputs have 5"):
        EncoderDecoder(Embedding(9, WIDTH), core, Embedding(ANSWERS, WIDTH), decoder, Categorical(HIDDEN, ANSWERS))


@pytest.mark.parametrize("name", DECODERS)
def test_the_networks_own_answers_take_the_place_of_a_share_while_training(name: str) -> None:
    model, given = network(name), pair()
    targets = torch.randint(ANSWERS, (3, 6), generator=torch.Generator().manual_seed(2))
    plain, _ = model.losses(given, targets)
    model.scheduled_sampling = 0.95
    assert torch.equal(model.losses(given, targets)[0], plain)
    model.train()
    torch.manual_seed(0)
    mixed, _ = model.losses(given, targets)
    assert not torch.allclose(mixed[0], plain[0])
    torch.testing.assert_close(mixed[1:], plain[1:], **EXACT)  # of one time step and of none
    model.scheduled_sampling = 0.0
    torch.testing.assert_close(model.losses(given, targets)[0], plain, **EXACT)


def test_a_place_that_is_looked_at_again_costs_by_the_equation() -> None:
    model, given = network("covering"), pair()
    features, _ = model(given)
    found = seen_again(features)
    for row, length in enumerate(given.written.lengths.tolist()):
        total, before = 0.0, torch.zeros(4, dtype=torch.float64)
        for t in range(length):
            weights = features.weights[row, t]
            total += float(torch.minimum(weights, before).sum())
            before = before + weights
        assert float(found[row]) == pytest.approx(total)
    targets = torch.zeros(3, 6, dtype=torch.int64)
    plain, _ = model.losses(given, targets)
    model.coverage_loss = 2.0
    assert torch.equal(model.losses(given, targets)[0], plain)
    model.train()
    torch.testing.assert_close(model.losses(given, targets)[0], plain + 2 * found, **EXACT)


def test_coverage_is_what_was_looked_at_so_far() -> None:
    model, given = network("covering"), pair()
    context = model.read(given.source)
    state, looked = model.first_state(context), torch.zeros(3, 4, dtype=torch.float64)
    for t in range(3):
        made, state = model.step(given.written.data[:, t], state, context)
        looked = looked + made.weights
        torch.testing.assert_close(state[1], looked, **EXACT)
