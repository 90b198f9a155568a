"""What is seen of frozen features is what tells labels of groups that are set aside."""

from __future__ import annotations

import numpy as np

from rnnkit.tasks.video.choosing import telling

CHANCE = np.random.default_rng(0)


def test_places_that_features_know_do_not_tell_what_happens_elsewhere() -> None:
    groups = [str(n // 5) for n in range(60)]
    moves = [n % 2 for n in range(60)]
    places = CHANCE.normal(0, 5, (12, 4))
    clips = [places[n // 5] + CHANCE.normal(0, 0.1 + move, (9, 4)) for n, move in enumerate(moves)]
    assert telling(clips, [str(move) for move in moves], groups) == "changes"


def test_where_what_is_seen_is_the_label_all_is_seen() -> None:
    labels = [n % 2 for n in range(60)]
    clips = [label + CHANCE.normal(0, 0.3, (9, 4)) for label in labels]
    assert telling(clips, [str(label) for label in labels], [str(n) for n in range(60)]) == "all"


def test_where_only_how_much_changes_tells_few_numbers_do_better_than_many() -> None:
    groups, moves = [str(n // 4) for n in range(48)], [n % 2 for n in range(48)]
    clips = []
    for move in moves:  # some of many features change, other ones each time
        steps = CHANCE.normal(0, 1, (9, 200)) * (CHANCE.random(200) < 0.05) * (1 + 0.6 * move)
        clips.append(np.cumsum(steps + CHANCE.normal(0, 0.01, steps.shape), axis=0))
    assert telling(clips, [str(move) for move in moves], groups) == "amount"
