"""What is looked at again in boxes is what lies in them, whatever their size and whatever else is in the batch."""

from __future__ import annotations

import pytest
import torch

from rnnkit.heads.boxes.glimpses import AROUND, POINTS, Glimpses

APART = 4


@pytest.fixture
def glimpses() -> Glimpses:
    torch.manual_seed(0)
    made = Glimpses(3, 2, apart=APART, width=16)
    with torch.no_grad():
        made.second.weight.normal_()
    return made


def test_points_lie_over_the_box_in_rows(glimpses: Glimpses) -> None:
    # Features that say where they are, in pixels: between them they are linear, so a point's are its own place.
    side = 24
    along = (torch.arange(side) + 0.5) * APART
    down, across = torch.meshgrid(along, along, indexing="ij")
    features = torch.stack([across, down, torch.ones_like(down)])
    boxes = torch.tensor([[48.0, 40.0, 20.0, 10.0], [50.0, 50.0, 40.0, 40.0]])
    found = glimpses._at_points(features, boxes)
    assert found.shape == (2, POINTS * POINTS, 3)
    for own, (x, y, width, height) in zip(found, boxes.tolist(), strict=True):
        torch.testing.assert_close(own[:, :2].mean(dim=0), torch.tensor([x, y]))
        steps = own.reshape(POINTS, POINTS, 3)
        torch.testing.assert_close(steps[0, 1, 0] - steps[0, 0, 0], torch.tensor(AROUND * width / POINTS))
        torch.testing.assert_close(steps[1, 0, 1] - steps[0, 0, 1], torch.tensor(AROUND * height / POINTS))


def test_each_box_is_seen_in_its_own_picture(glimpses: Glimpses) -> None:
    features = torch.randn(3, 3, 6, 6)
    rows, boxes = torch.tensor([2, 0, 2, 1]), torch.rand(4, 4) * 20 + 10
    together = glimpses(features, rows, boxes)
    for number, row in enumerate(rows.tolist()):
        alone = glimpses(features[row : row + 1], torch.zeros(1, dtype=torch.int64), boxes[number : number + 1])
        torch.testing.assert_close(alone[0], together[number])
    assert glimpses(features, rows[:0], boxes[:0]).shape == (0, 2)


def test_boxes_beyond_the_picture_and_huge_ones_have_scores(glimpses: Glimpses) -> None:
    boxes = torch.tensor([[-500.0, 20, 10, 10], [20, 20, 1e6, 1e6], [20, 20, 1e-3, 1e-3]])
    assert torch.isfinite(glimpses(torch.randn(1, 3, 6, 6), torch.zeros(3, dtype=torch.int64), boxes)).all()
