"""Pieces of series and their next steps: what is asked for where, and that no piece reads what it must not."""

from __future__ import annotations

import numpy as np

from rnnkit.data.batches.next_steps import StepArrays, StepBatches


def arrays() -> StepArrays:
    """Two series of two channels, in which a value says where it is; one value is missing."""
    lengths, learned = [12, 5], [9, 5]
    values = np.concatenate([1000 * n + 10.0 * np.arange(t)[:, None] + [0, 1] for n, t in enumerate(lengths)])
    seen = np.ones(values.shape, bool)
    seen[4, 1] = False
    return StepArrays(values.astype(np.float32), seen, np.array([0, 12, 17]), np.array(learned))


def test_a_step_learns_the_next_and_nothing_that_was_held_out() -> None:
    series = arrays()
    for number in range(20):
        batch = StepBatches(series, 4, 8, 1).at((number,))
        steps = batch.inputs.data[..., 0] % 1000 / 10
        first = (batch.inputs.data[..., 0] < 1000).all(dim=1)
        for row, length in enumerate(batch.inputs.lengths.tolist()):
            target = batch.targets["next"][row]
            assert 1 <= length <= 4
            assert target[length:].isnan().all()
            last = int(steps[row, length - 1])
            assert last + 1 < (9 if first[row] else 5)
            known = target[:length].isfinite()
            assert (target[:length][known] == 10).all()
            begin = int(steps[row, 0])
            missing = {(3 - begin, 1), (4 - begin, 1)} if first[row] else set()
            wanted = [
                (step, channel) not in missing for step in range(length) for channel in range(2)
            ]  # fmt: skip
            assert known.flatten().tolist() == wanted
            assert batch.scale is not None
            assert batch.scale[row] == sum(wanted)


def test_batches_follow_from_their_numbers() -> None:
    first, again = (StepBatches(arrays(), 4, 8, 1) for _ in range(2))
    for cursor in ((0,), (7,)):
        assert all(a.equal(b) or (a.isnan() == b.isnan()).all() for a, b in zip(
            first.at(cursor).tensors, again.at(cursor).tensors, strict=True))  # fmt: skip
    assert not first.at((0,)).inputs.data.equal(first.at((1,)).inputs.data)
    assert first.after((3,)) == (4,)


def test_what_was_held_out_is_asked_for_once() -> None:
    held_out = arrays().held_out(2, 100)
    targets = held_out.targets["next"]
    assert int(targets.isfinite().sum()) == 2 * 3  # steps 9, 10 and 11 of the first series, two channels each
    values = held_out.inputs.data[..., 0][targets.isfinite()[..., 0]] / 10
    assert sorted(values.tolist()) == [8, 9, 10]  # from the step before each
    assert len(arrays().held_out(1, 2).inputs.lengths) == 2
