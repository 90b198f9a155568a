"""A detector's boxes come one after another as they come together, from the most certain on, and pictures do not change
each other."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnkit.cells import gru, lstm
from rnnkit.cores import Stack
from rnnkit.decoders.boxes import DenseBoxes, RecurrentBoxes
from rnnkit.encoders.pictures.scenes import CELL, NEAR, SceneEncoder
from rnnkit.heads.boxes.boxes import BoxHead
from rnnkit.heads.boxes.glimpses import Glimpses
from rnnkit.models.detector import ObjectDetector
from rnnkit.sequence import SequenceBatch

DECODERS = {
    "lstm": lambda: RecurrentBoxes(Stack([lstm(8, 6)]), most=3),
    "two layers of gru": lambda: RecurrentBoxes(Stack([gru(8, 6), gru(6, 6)]), most=3),
    "dense": lambda: DenseBoxes(8, 6, most=3),
    "residual": lambda: RecurrentBoxes(Stack([lstm(8, 8)], residual=True), most=3),
    "dense and residual": lambda: DenseBoxes(8, 8, most=3),
}


@pytest.fixture(params=DECODERS)
def model(request: pytest.FixtureRequest) -> ObjectDetector:
    torch.manual_seed(0)
    decoder = DECODERS[request.param]()
    head = BoxHead(decoder.output_size, 2, cell=CELL, typical=12.0, each=1.0)
    encoder = SceneEncoder(8, channels=4)
    glimpses = Glimpses(encoder.near_size, 2, apart=NEAR, width=8)
    made = ObjectDetector(encoder, decoder, head, glimpses).eval()
    with torch.no_grad():
        for parameter in made.parameters():  # what begins as nothing, too
            parameter.add_(torch.randn_like(parameter) * 0.05)
        head.linear.bias[0] = 0.0
        head.linear.weight[0] *= 8
    return made


def pictures(count: int, size: int = 64) -> SequenceBatch:
    return SequenceBatch.full(torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8))


def test_steps_are_the_sequence(model: ObjectDetector) -> None:
    with torch.no_grad():
        grid = model.encoder(pictures(2))
        whole = model.decoder(grid)
        read, state = model.decoder.look(grid), model.decoder.init_state(2 * 16)
        for step in range(3):
            features, state = model.decoder.step(read, state)
            torch.testing.assert_close(features.reshape(2, 16, -1), whole[:, :, step])


def test_a_grid_is_made_of_what_is_seen_at_places(model: ObjectDetector) -> None:
    batch = pictures(2)
    with torch.no_grad():
        places = model.encoder.places(batch)
        assert places.data.shape == (2, 64, 16)
        torch.testing.assert_close(model.encoder.from_places(places).data, model.encoder(batch).data)


def test_candidates_are_all_answers_down_to_the_first_doubtful_one(model: ObjectDetector) -> None:
    with torch.no_grad():
        looked = model.encoder.look(pictures(2))
        grid = model.encoder.from_fine(looked.fine)
        sure = model.head(model.decoder(grid))[..., 0].sigmoid().cummin(dim=2).values
        for least in (0.0, float(sure.median()), 1.1):
            found = model.candidates(looked, least)
            expected = (sure >= least).nonzero()
            places = torch.stack([found.rows, found.cells, found.steps], dim=1)
            assert sorted(places.tolist()) == expected.tolist()
            torch.testing.assert_close(found.confidences, sure[found.rows, found.cells, found.steps])
            assert len(found.boxes) == len(found.labels) == len(expected)


def test_pictures_do_not_change_each_other(model: ObjectDetector) -> None:
    batch = pictures(3)
    with torch.no_grad():
        together, _ = model(batch)
        for row in range(3):
            alone, _ = model(SequenceBatch.full(batch.data[row : row + 1]))
            torch.testing.assert_close(alone[0], together[row], rtol=1e-5, atol=1e-6)


def test_losses_are_learned_from_by_every_weight(model: ObjectDetector) -> None:
    targets: dict[str, Any] = {
        "boxes": torch.tensor([[[20.0, 20, 12, 12], [22, 24, 9, 9]]] * 2), "labels": torch.tensor([[0, 1], [1, -1]])
    }  # fmt: skip
    losses, state = model.losses(pictures(2), targets)
    assert (losses.shape, state) == ((2,), None)
    losses.sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_pictures_without_boxes_have_a_loss(model: ObjectDetector) -> None:
    nothing: dict[str, Any] = {"boxes": torch.zeros(2, 1, 4), "labels": torch.full((2, 1), -1)}
    losses, _ = model.train().losses(pictures(2), nothing)
    losses.sum().backward()
    assert torch.isfinite(losses).all()


def test_a_cell_sees_its_neighbours(model: ObjectDetector) -> None:
    grid = SequenceBatch.full(torch.randn(1, 16, 8))
    changed = grid.data.clone()
    changed[0, 5] += 1.0
    with torch.no_grad():
        moved = (model.decoder(SequenceBatch.full(changed)) != model.decoder(grid)).flatten(2).any(dim=2)[0]
    assert moved[5]
    assert moved[6]
    assert moved[10]
