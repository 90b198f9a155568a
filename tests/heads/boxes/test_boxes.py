"""Boxes are matched as brute force says, overlap as areas do, and learned whatever stands beside them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from rnnkit.heads.boxes.boxes import BoxHead, centres_of, generalised_overlap
from rnnkit.heads.boxes.matching import LATER, OUTSIDE, matched


def cost_of(found: np.ndarray, true: np.ndarray, late: int) -> float:
    apart = np.abs(found - true) / np.concatenate([true[2:], true[2:]])
    outside = bool((apart[:2] > 0.5).any())
    return float(OUTSIDE * outside + LATER * late + min(apart.sum(), LATER / 2))


@pytest.mark.parametrize("seed", range(20))
def test_matched_as_the_cheapest_of_all_ways(seed: int) -> None:
    chance = np.random.default_rng(seed)
    count, most = int(chance.integers(1, 5)), int(chance.integers(1, 5))
    found, true = (
        np.concatenate([chance.uniform(0, 20, (n, 2)), chance.uniform(4, 20, (n, 2))], axis=1) for n in (most, count)
    )
    steps, numbers = matched(found, true)
    pairs = min(count, most)
    ways = [
        sum(cost_of(found[step], true[number], step) for step, number in zip(some, others, strict=True))
        for some in itertools.combinations(range(most), pairs)
        for others in itertools.permutations(range(count), pairs)
    ]
    own = sum(cost_of(found[step], true[number], step) for step, number in zip(steps, numbers, strict=True))
    assert own == pytest.approx(min(ways))


def test_what_is_found_first_is_taken_where_both_would_do() -> None:
    true = np.array([[10.0, 10, 8, 8]])
    steps, _ = matched(np.array([[12.0, 12, 8, 8], [10, 10, 8, 8]]), true)
    assert steps.tolist() == [0]
    steps, _ = matched(np.array([[30.0, 12, 8, 8], [10, 10, 8, 8]]), true)
    assert steps.tolist() == [1]


def test_overlap_counts_pixels() -> None:
    one, other = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    one[5:15, 4:24], other[10:30, 14:34] = True, True
    boxes = torch.tensor([[14.0, 10, 20, 10], [24, 20, 20, 20]])
    union, around = (one | other).sum(), 25 * 30
    expected = (one & other).sum() / union - (around - union) / around
    assert float(generalised_overlap(boxes[:1], boxes[1:])) == pytest.approx(float(expected))
    assert float(generalised_overlap(boxes[:1], boxes[:1])) == pytest.approx(1)
    assert -1 < float(generalised_overlap(boxes[:1], boxes[1:] + torch.tensor([900.0, 0, 0, 0]))) < -0.9


@pytest.fixture
def head() -> BoxHead:
    torch.manual_seed(0)
    return BoxHead(6, 2, cell=16, typical=10.0, each=2.0)


def test_padding_and_other_pictures_change_nothing(head: BoxHead) -> None:
    answers = torch.randn(3, 16, 2, 7)
    boxes, labels = torch.rand(3, 4, 4) * 50 + 4, torch.tensor([[0, 1, 1, -1], [1, -1, -1, -1], [-1, -1, -1, -1]])
    together = head.loss(answers, boxes, labels)
    for row in range(3):
        own = int((labels[row] >= 0).sum())
        alone = head.loss(answers[row : row + 1], boxes[row : row + 1, :own], labels[row : row + 1, :own])
        torch.testing.assert_close(alone, together[row : row + 1])


def test_the_right_answer_costs_next_to_nothing(head: BoxHead) -> None:
    centres = centres_of(16, 16)
    boxes, labels = torch.tensor([[[20.0, 25, 12, 9], [28, 18, 7, 14], [60, 60, 10, 10]]]), torch.tensor([[0, 1, 1]])
    answers = torch.zeros(1, 16, 2, 7)
    answers[..., 0] = -20
    for cell, step, number in ((5, 0, 0), (5, 1, 1), (15, 0, 2)):
        own = answers[0, cell, step]
        own[0] = 20
        own[1:3] = (boxes[0, number, :2] - centres[cell]) / 16
        own[3:5] = (boxes[0, number, 2:] / 10).log()
        own[5 + int(labels[0, number])] = 20
    assert float(head.loss(answers, boxes, labels)) < 1e-4
    # The same answers in the other order cost as much, since boxes are matched; a label that is another costs.
    swapped = answers.clone()
    swapped[0, 5] = answers[0, 5].flip(0)
    assert float(head.loss(swapped, boxes, labels)) < 1e-4
    assert float(head.loss(answers, boxes, 1 - labels)) > 10
    # What training has no label for has a place all the same.
    assert float(head.loss(answers, boxes, labels + 2)) < 1e-4


def test_more_boxes_than_a_cell_has_answers_leave_out_the_smallest(head: BoxHead) -> None:
    boxes = torch.tensor([[[8.0, 8, 3, 3], [8, 8, 9, 9], [7, 7, 8, 8]]])
    answers = torch.zeros(1, 16, 2, 7, requires_grad=True)
    loss = head.loss(answers, boxes, torch.zeros(1, 3, dtype=torch.int64))
    assert torch.isfinite(loss).all()
    loss.sum().backward()
    assert answers.grad is not None
    assert torch.isfinite(answers.grad).all()
