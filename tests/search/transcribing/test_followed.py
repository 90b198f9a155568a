"""Texts that are followed: the best of each source, and equal texts as one, beside plain loops."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest
import torch

from rnnkit.search.transcribing.followed import Followed, Ways, best_of_each


def drawn(seed: int, count: int = 40, sources: int = 5) -> Followed:
    g = torch.Generator().manual_seed(seed)
    source = torch.randint(sources, (count,), generator=g).sort().values
    name = 10 * source + torch.randint(4, (count,), generator=g)
    log_probs = -10 * torch.rand(count, generator=g, dtype=torch.float64)
    number = torch.arange(count)
    return Followed(source, log_probs, torch.zeros_like(log_probs), name, number, (number, ((number[:, None],),)))


@pytest.mark.parametrize("seed", range(5))
def test_equal_texts_become_one_that_came_as_the_likeliest_did(seed: int) -> None:
    given = drawn(seed)
    found = given.distinct()
    groups: dict[int, list[int]] = defaultdict(list)
    for row, name in enumerate(given.name.tolist()):
        groups[name].append(row)
    assert sorted(found.name.tolist()) == sorted(groups)
    assert found.source.tolist() == sorted(found.source.tolist())
    for row, name in enumerate(found.name.tolist()):
        own = groups[name]
        best = max(own, key=lambda place: float(given.log_probs[place]))
        assert int(found.way[row]) == int(found.state[0][row]) == int(found.state[1][0][0][row]) == best
        total = math.log(sum(math.exp(float(given.log_probs[place])) for place in own))
        assert float(found.log_probs[row]) == pytest.approx(total)


@pytest.mark.parametrize("width", [1, 3, 100])
def test_the_best_of_each_source(width: int) -> None:
    given = drawn(7)
    scores = torch.randn(40, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    least = torch.tensor([-torch.inf, 0.5, -torch.inf, torch.inf, -1.0], dtype=torch.float64)
    rows, columns = best_of_each(scores, given.source, 5, width, least)
    wanted = []
    for source in range(5):
        own = [
            (float(scores[row, column]), row, column)
            for row in range(40)
            for column in range(6)
            if given.source[row] == source and scores[row, column] > least[source]
        ]
        wanted += [(row, column) for _, row, column in sorted(own, reverse=True)[:width]]
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == wanted


def test_texts_share_what_they_began_with_and_equal_ones_have_one_name() -> None:
    ways, state = Ways(2), (torch.zeros(2),)
    zeros = torch.zeros(2, dtype=torch.float64)
    first = Followed(torch.tensor([0, 0]), zeros, zeros, torch.tensor([0, 0]), torch.tensor([-1, -1]), state)
    names, own = ways.longer(first, torch.tensor([5, 5]), 3, torch.tensor([0.5, 0.25]))
    assert names[0] == names[1] >= 2
    assert own[0] != own[1]
    longer = first._replace(name=names, way=own)
    names, own = ways.longer(longer, torch.tensor([6, 7]), 4, torch.tensor([1.0, 1.0]))
    assert names[0] != names[1]
    assert [(one.token, one.start, one.stop, one.confidence) for one in ways.tokens(int(own[1]))] == [
        (5, 3, 4, 0.25),
        (7, 4, 5, 1.0),
    ]
