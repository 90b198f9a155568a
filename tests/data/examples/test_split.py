"""Which examples validate: folds that are fair to every label, shares that need no chance, and too few of both."""

from __future__ import annotations

import pytest

from rnnkit.data.examples import split
from rnnkit.errors import UserError


def test_folds_are_fair_to_every_label() -> None:
    labels = [str(n % 3) if n % 7 else "rare" for n in range(100)]
    for count in (2, 5, 10):
        dealt = split.folds(labels, count).tolist()
        for label in set(labels):
            own = [fold for fold, other in zip(dealt, labels, strict=True) if other == label]
            sizes = [own.count(fold) for fold in range(count)]
            assert max(sizes) - min(sizes) <= 1
        held_out = [split.by_fold(range(100), labels, 0.1, f"{number + 1}/{count}")[1] for number in range(count)]
        assert sorted(example for fold in held_out for example in fold) == list(range(100))
    assert len(split.by_fold(range(100), labels, 0.1, None)[1]) == 10


@pytest.mark.parametrize("fold", ["0/5", "6/5", "1/1", "2", "a/b", "1/5/2"])
def test_folds_that_are_none(fold: str) -> None:
    with pytest.raises(UserError, match="--fold takes a number of a number"):
        split.by_fold(range(20), ["a"] * 20, 0.1, fold)


def test_a_share_of_each_label() -> None:
    labels = ["a"] * 20 + ["b"] * 10
    learned, held_out = split.by_label(range(30), labels, 0.1)
    assert [labels[number] for number in held_out] == ["a", "a", "b"]
    assert sorted([*learned, *held_out]) == list(range(30))
    assert split.by_order("abcdef", 0.5) == (["a", "c", "e"], ["b", "d", "f"])


def test_too_few_to_hold_out() -> None:
    few = "expected enough to hold out one in 10 for validation, got 3; give more, name some with --valid"
    with pytest.raises(UserError, match=few):
        split.by_label(range(3), "abc", 0.1)
    with pytest.raises(UserError, match=few):
        split.by_order(range(3), 0.1)
    with pytest.raises(UserError, match="1 series are too few to hold some out"):
        split.by_fold(range(1), ["a"], 0.1, None)


def test_no_group_is_in_both_parts() -> None:
    groups = [f"s{n // 3}" for n in range(30)]
    learned, held_out = split.by_group(range(30), groups, 0.2, "speaker")
    assert {groups[n] for n in learned} & {groups[n] for n in held_out} == set()
    assert {groups[n] for n in held_out} == {"s2", "s7"}
    assert sorted([*learned, *held_out]) == list(range(30))
    assert {groups[n] for n in split.by_group(range(9), groups[:9], 0.1, "speaker")[1]} == {"s1"}
    with pytest.raises(UserError, match="expected several groups to hold some out, got 1 in --group speaker"):
        split.by_group(range(3), groups[:3], 0.2, "speaker")
