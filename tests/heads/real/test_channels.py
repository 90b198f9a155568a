"""A head over several numbers: each is as a head over it alone has it."""

from __future__ import annotations

import torch

from rnnkit.heads.real import Gaussian, RealChannels
from rnnkit.sequence import SequenceBatch


def test_each_number_is_one_of_its_own_and_padding_is_nothing() -> None:
    torch.manual_seed(0)
    head = RealChannels(5, 3, 4, Gaussian())
    lengths = torch.tensor([6, 2])
    features = SequenceBatch(torch.randn(2, 6, 5), lengths)
    targets = torch.randn(2, 6, 3)
    targets[0, 1, 2] = torch.nan
    wanted = torch.zeros(2)
    for row, length in enumerate(lengths.tolist()):
        for channel in range(3):
            own = head.linear(features.data[row, :length]).relu()[:, 4 * channel : 4 * channel + 4]
            wanted[row] += head.head.nll(own, targets[row, :length, channel]).sum()
    torch.testing.assert_close(head.loss(features, targets), wanted)
    changed = torch.where(features.mask[..., None], features.data, 7.0)
    torch.testing.assert_close(head.loss(SequenceBatch(changed, lengths), targets), wanted)
    means = head.predict(features)
    assert means.shape == (2, 6, 3)
    assert not means[1, 2:].any()
    head.loss(features, targets).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in head.parameters() if parameter.grad is not None)
