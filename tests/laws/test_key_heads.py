"""Laws of heads over chords: a probability of each of the 2^K chords, which samples have, too."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from contract_laws import LENGTHS, ROWS, STEPS, poisoned
from rnnkit.heads.keys import KEY_HEADS, ChordSampler
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

WIDTH, KEYS = 5, 4
EXACT = tolerance(torch.float64)
EVERY_HEAD = pytest.mark.parametrize("name", KEY_HEADS)
EVERY_CHORD = torch.tensor(list(itertools.product((0.0, 1.0), repeat=KEYS)), dtype=torch.float64)


def built(name: str) -> Any:
    torch.manual_seed(0)
    head: Any = KEY_HEADS[name](WIDTH, KEYS)
    head = head.double().eval()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-1.5, 1.5))
    return head


def features(rows: int = 3) -> Tensor:
    return torch.randn(rows, WIDTH, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def probabilities(head: Any, row: Tensor) -> Tensor:
    """Of every chord, `(2^K,)`."""
    with torch.no_grad():
        found: Tensor = (-head.nll(row.expand(len(EVERY_CHORD), -1), EVERY_CHORD)).exp()
    return found


@EVERY_HEAD
def test_the_probabilities_of_all_chords_are_one(name: str) -> None:
    head = built(name)
    for row in features():
        torch.testing.assert_close(probabilities(head, row).sum(), torch.tensor(1.0, dtype=torch.float64), **EXACT)


@EVERY_HEAD
def test_a_chord_is_as_likely_as_its_keys_are_one_by_one(name: str) -> None:
    """p(key k | lower keys), from the probabilities of all chords, is what the head multiplies."""
    head, row = built(name), features(1)[0]
    whole = probabilities(head, row)
    for chord, probability in zip(EVERY_CHORD, whole, strict=True):
        product = torch.tensor(1.0, dtype=torch.float64)
        for key in range(KEYS):
            alike = (EVERY_CHORD[:, :key] == chord[:key]).all(dim=1)
            product = product * whole[alike & (EVERY_CHORD[:, key] == chord[key])].sum() / whole[alike].sum()
        torch.testing.assert_close(product, probability, **EXACT)


@EVERY_HEAD
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_samples_have_the_density(name: str, temperature: float) -> None:
    head, draws = built(name), 20_000
    row = features(1)
    generators = [torch.Generator().manual_seed(seed) for seed in range(draws)]
    chords = head.sample(row.expand(draws, -1), ChordSampler(temperature), generators)
    numbers = (chords @ torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)).long()
    found = torch.bincount(numbers, minlength=16) / draws
    wanted = probabilities(head, row[0]) if temperature == 1 else colder(head, row, temperature)
    error = (found - wanted).abs() / (wanted * (1 - wanted) / draws).sqrt()
    assert error.max() < 5


def colder(head: Any, row: Tensor, temperature: float) -> Tensor:
    """The probabilities of all chords where each key's odds given the lower ones are divided by a temperature."""
    whole, made = probabilities(head, row[0]), torch.ones(len(EVERY_CHORD), dtype=torch.float64)
    for number, chord in enumerate(EVERY_CHORD):
        for key in range(KEYS):
            alike = (EVERY_CHORD[:, :key] == chord[:key]).all(dim=1)
            odds = (
                whole[alike & (EVERY_CHORD[:, key] == 1)].sum() / whole[alike & (EVERY_CHORD[:, key] == 0)].sum()
            ).log()
            made[number] *= (odds * (2 * chord[key] - 1) / temperature).sigmoid()
    return made


@EVERY_HEAD
def test_what_is_known_stays_and_weighs_what_it_is_likely(name: str) -> None:
    """Averaged over what is drawn, the weight of the known keys is their probability."""
    head, draws, row = built(name), 20_000, features(1)
    known = torch.tensor([-1, 1, -1, 0])
    generators = [torch.Generator().manual_seed(seed) for seed in range(draws)]
    chords, weights = head.draw(row.expand(draws, -1), ChordSampler(), generators, known.expand(draws, -1))
    assert (chords[:, 1] == 1).all()
    assert (chords[:, 3] == 0).all()
    fits = (EVERY_CHORD[:, 1] == 1) & (EVERY_CHORD[:, 3] == 0)
    whole = probabilities(head, row[0])
    assert weights.exp().mean().item() == pytest.approx(whole[fits].sum().item(), rel=0.05)
    both = (chords[:, 0] == 1) & (chords[:, 2] == 1)
    wanted = whole[fits & (EVERY_CHORD[:, 0] == 1) & (EVERY_CHORD[:, 2] == 1)].sum() / whole[fits].sum()
    assert (weights.exp()[both].sum() / weights.exp().sum()).item() == pytest.approx(wanted.item(), abs=0.03)


@EVERY_HEAD
def test_a_row_is_drawn_from_its_own_generator(name: str) -> None:
    head, rows = built(name), features(4)

    def drawn(chosen: list[int]) -> Tensor:
        generators = [torch.Generator().manual_seed(row) for row in chosen]
        found: Tensor = head.sample(rows[chosen], ChordSampler(), generators)
        return found

    assert torch.equal(drawn([0, 1, 2, 3])[[2]], drawn([2]))


@EVERY_HEAD
def test_cold_draws_are_the_likeliest_and_silent_keys_are_silent(name: str) -> None:
    head, rows = built(name), features(6)
    generators = [torch.Generator().manual_seed(0) for _ in rows]
    assert torch.equal(head.sample(rows, ChordSampler(0.0), generators), head.likeliest(rows))
    assert not head.sample(rows, ChordSampler(silent=(1, 2)), generators)[:, [1, 2]].any()


@EVERY_HEAD
def test_losses_are_each_rows_own_whatever_the_padding(name: str) -> None:
    head = built(name)
    g = torch.Generator().manual_seed(2)
    data = torch.randn(ROWS, STEPS, WIDTH, dtype=torch.float64, generator=g)
    chords = torch.randint(0, 2, (ROWS, STEPS, KEYS), generator=g).double()
    sequence = SequenceBatch(poisoned(data, LENGTHS).requires_grad_(), LENGTHS)
    losses = head.loss(sequence, chords)
    (gradient,) = torch.autograd.grad(losses.sum(), sequence.data)
    assert gradient[sequence.mask].isfinite().all()
    assert not head.predict(sequence)[~sequence.mask].any()
    for row, length in enumerate(LENGTHS.tolist()):
        own = head.nll(data[row, :length], chords[row, :length]).sum()
        torch.testing.assert_close(losses[row], own, **EXACT)


@EVERY_HEAD
def test_answers_go_in_next_and_end_nothing(name: str) -> None:
    head = built(name)
    assert head.feedback(EVERY_CHORD) is EVERY_CHORD
    assert not head.done(EVERY_CHORD).any()
    assert head.done(EVERY_CHORD).shape == (len(EVERY_CHORD),)
