"""Laws of networks that label whole sequences: in one call, time step by time step, whatever the other rows."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.cells import CELLS
from rnnkit.cores import Bidirectional, Stack
from rnnkit.encoders import Embedding, LinearFrames, SubwordEmbedding
from rnnkit.errors import NotStreamable
from rnnkit.heads import MultiLabelClassifier, SoftmaxClassifier
from rnnkit.models import Classifier
from rnnkit.pooling import POOLINGS, FinalStates
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

V, D, H, C = 11, 5, 6, 3
EVERY_POOLING = pytest.mark.parametrize("pooling", POOLINGS)
EVERY_CELL = pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])
EVERY_ENCODER = pytest.mark.parametrize("encoder", ["embedding", "words", "numbers"])


def made(cell: str, pooling: str, encoder: str, *, both: bool = False, several: bool = False) -> Classifier:
    torch.manual_seed(0)
    build = CELLS[cell]
    encoders = {
        "embedding": lambda: Embedding(V, D),
        "words": lambda: SubwordEmbedding(V, 4, D, word_dropout=0.5),
        "numbers": lambda: LinearFrames(torch.ones(4), torch.full((4,), 2.0), D, noise=0.5, gain_noise=0.5),
    }
    inner = encoders[encoder]()
    core = Bidirectional([(build(D, H), build(D, H))]) if both else Stack([build(D, H), build(H, H)])
    pool = FinalStates(2 * H) if both and pooling == "last" else POOLINGS[pooling](core.output_size)
    head = (MultiLabelClassifier if several else SoftmaxClassifier)(2 * core.output_size, C)
    model = Classifier(inner, core, [pool, POOLINGS["mean"](core.output_size)], head, dropout=0.5)
    model = model.double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.5, 0.5))
    return model


def inputs(encoder: str, rows: int, time_steps: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    words = torch.randint(V, (rows, time_steps), generator=generator)
    if encoder == "embedding":
        return words
    if encoder == "numbers":
        return torch.randn(rows, time_steps, 4, generator=generator, dtype=torch.float64)
    # A word's n-grams follow from the word; 0 is none.
    return torch.stack([words + 1, words, words % 5, words % 3], dim=2)


@EVERY_ENCODER
@EVERY_POOLING
@EVERY_CELL
def test_stepping_is_the_whole(cell: str, pooling: str, encoder: str) -> None:
    model = made(cell, pooling, encoder)
    x = inputs(encoder, 4, 7)
    whole, after = model(SequenceBatch.full(x))
    state = model.init_state(4)
    for t in range(7):
        features, state = model.step(x[:, t], state)
        torch.testing.assert_close(features, model(SequenceBatch.full(x[:, : t + 1]))[0], **tolerance(torch.float64))
    torch.testing.assert_close(features, whole, **tolerance(torch.float64))
    for one, other in zip(states.leaves(after), states.leaves(state), strict=True):
        torch.testing.assert_close(one, other, **tolerance(torch.float64))


@EVERY_POOLING
@EVERY_CELL
def test_a_sequence_may_be_cut_anywhere(cell: str, pooling: str) -> None:
    model = made(cell, pooling, "words")
    x = inputs("words", 4, 7)
    whole, _ = model(SequenceBatch.full(x))
    _, middle = model(SequenceBatch(x[:, :4], torch.tensor([4, 4, 4, 4])))
    empty, middle = model(SequenceBatch(x[:, :2], torch.zeros(4, dtype=torch.int64)), middle)
    torch.testing.assert_close(empty, model(SequenceBatch.full(x[:, :4]))[0], **tolerance(torch.float64))
    rest, _ = model(SequenceBatch.full(x[:, 4:]), middle)
    torch.testing.assert_close(rest, whole, **tolerance(torch.float64))


@pytest.mark.parametrize("both", [False, True])
@EVERY_ENCODER
@EVERY_POOLING
def test_padding_and_other_rows_change_nothing(pooling: str, encoder: str, both: bool) -> None:
    model = made("lstm", pooling, encoder, both=both)
    x, lengths = inputs(encoder, 5, 9), torch.tensor([9, 1, 5, 0, 4])
    together, _ = model(SequenceBatch(x, lengths))
    assert together.isfinite().all()
    for row, length in enumerate(lengths.tolist()):
        alone, _ = model(SequenceBatch(x[row : row + 1, : max(length, 1)], lengths[row : row + 1]))
        torch.testing.assert_close(together[row : row + 1], alone, **tolerance(torch.float64))


@EVERY_POOLING
def test_states_survive_as_bytes(pooling: str) -> None:
    model = made("lstm", pooling, "words")
    _, state = model(SequenceBatch.full(inputs("words", 2, 3)))
    spec = model.state_spec()
    back = states.from_bytes(states.to_bytes(state, spec), spec, model.init_state(2))
    for one, other in zip(states.leaves(state), states.leaves(back), strict=True):
        assert torch.equal(one, other)


@EVERY_POOLING
def test_gradients(pooling: str) -> None:
    pool = POOLINGS[pooling](3).double()
    lengths = torch.tensor([4, 1, 3])
    data = torch.randn(3, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda d: pool(SequenceBatch(d, lengths))[0], (data,), fast_mode=True)


def test_both_ends_are_what_the_directions_end_with() -> None:
    model = made("lstm", "last", "embedding", both=True)
    x, lengths = inputs("embedding", 3, 6), torch.tensor([6, 2, 4])
    features, (core, _) = model(SequenceBatch(x, lengths))
    (ahead, back) = core[0]
    torch.testing.assert_close(features[:, : 2 * H], torch.cat([ahead[0], back[0]], dim=1), **tolerance(torch.float64))


@pytest.mark.parametrize(("pooling", "both"), [("max", True), ("last", True)])
def test_what_reads_from_both_ends_has_no_step(pooling: str, both: bool) -> None:
    model = made("gru", pooling, "words", both=both)
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        model.init_state(1)


def test_heads_are_the_probabilities_that_their_losses_say() -> None:
    torch.manual_seed(0)
    features = torch.randn(4, 7)
    one = SoftmaxClassifier(7, C)
    targets = torch.tensor([0, 2, 1, 1])
    log_probs = one.log_probs(features)
    torch.testing.assert_close(log_probs.exp().sum(1), torch.ones(4))
    torch.testing.assert_close(-log_probs[range(4), targets], one.loss(features, targets))
    several = MultiLabelClassifier(7, C)
    wanted = torch.tensor([[0.0, 1, 1], [0, 0, 0], [1, 1, 1], [1, 0, 0]])
    probabilities = several.log_probs(features).exp()
    by_hand = -(probabilities.where(wanted > 0, 1 - probabilities)).log().sum(1)
    torch.testing.assert_close(several.loss(features, wanted), by_hand)


def test_weights_and_smoothing_change_the_loss_as_they_say() -> None:
    features, targets = torch.randn(5, 7), torch.tensor([0, 1, 2, 1, 0])
    plain, weighted = SoftmaxClassifier(7, C), SoftmaxClassifier(7, C, weights=torch.tensor([1.0, 3.0, 1.0]))
    weighted.load_state_dict(plain.state_dict())
    ratio = weighted.loss(features, targets) / plain.loss(features, targets)
    torch.testing.assert_close(ratio, torch.tensor([1.0, 3.0, 1.0, 3.0, 1.0]))
    smooth = SoftmaxClassifier(7, C, smoothing=0.3)
    smooth.load_state_dict(plain.state_dict())
    mean = -plain.log_probs(features).mean(1)
    torch.testing.assert_close(smooth.loss(features, targets), 0.7 * plain.loss(features, targets) + 0.3 * mean)


def test_unknown_words_are_learned_by_hiding_known_ones() -> None:
    encoder = SubwordEmbedding(V, 0, D, word_dropout=1.0)
    words = torch.tensor([[[7, 7], [3, 3]]])
    hidden = encoder.train()(SequenceBatch.full(words)).data
    assert torch.equal(hidden[0], encoder.weight[1].expand(2, D))
    assert torch.equal(encoder.eval()(SequenceBatch.full(words)).data[0], encoder.weight[[7, 3]])


def test_ngrams_are_left_out_while_training_alone() -> None:
    encoder = SubwordEmbedding(V, 3, D, ngram_dropout=0.5)
    words = torch.tensor([[[n, 7, 1, 2] for n in range(1, 401)]])
    one, other, none = (encoder.spelling[rows].mean(0) for rows in ([1], [2], [0]))
    kinds = torch.stack([encoder.weight[7] + part for part in (one, other, (one + other) / 2, 0 * none)])
    made = encoder.train()(SequenceBatch.full(words)).data[0]
    found = torch.cdist(made, kinds).min(dim=1)
    assert found.values.max() < 1e-5
    assert torch.bincount(found.indices, minlength=4).min() > 60
    torch.testing.assert_close(encoder.eval()(SequenceBatch.full(words)).data[0], kinds[2].expand(400, D))
