"""What validations of boxes go by: boxes in their place, with their labels."""

from __future__ import annotations

import numpy as np
import pytest

from rnnkit.metrics.boxes import FoundBoxes, TrueBoxes
from rnnkit.targets import BoxLabels

TARGET = BoxLabels("label").fit([("cat", "cat", "dog", "cat")])
BOXES = np.array([[0.0, 0, 20, 20], [40, 0, 20, 20], [80, 0, 20, 20], [120, 0, 20, 20]])
TRUE = [TrueBoxes(BOXES, TARGET.each(["cat", "cat", "dog", "cat"]), 200, 100)]


def found(labels: list[int], moved: float = 0.0) -> list[FoundBoxes]:
    return [FoundBoxes.of_labels(BOXES + moved, np.full(4, 0.9), np.array(labels))]


def test_a_label_counts_as_much_as_it_has_boxes() -> None:
    assert TARGET.error(found([0, 0, 1, 0]), TRUE) == pytest.approx(0, abs=1e-9)
    assert TARGET.error(found([0, 0, 1, 0], moved=15), TRUE) == pytest.approx(1)
    # No dog is found, and of what is said to be a cat, from the first on, one is none.
    assert TARGET.error(found([0, 0, 0, 0]), TRUE) == pytest.approx(1 - 0.75 * (2 / 3 * 1 + 1 / 3 * 0.75), abs=0.02)


def test_a_label_that_training_has_not_counts_for_nothing_that_can_be_found() -> None:
    true = [TRUE[0]._replace(labels=np.array([0, 0, 1, 2]))]
    assert TARGET.seeing(["cow"]).error(found([0, 0, 1, 0]), true) == pytest.approx(0.25, abs=0.01)
    assert TARGET.error([FoundBoxes.none()], [TrueBoxes(BOXES[:0], np.zeros(0, np.int64), 9, 9)]) == 1


def test_pictures_in_which_all_is_right_are_no_mistakes() -> None:
    nothing = TrueBoxes(BOXES[:0], np.zeros(0, np.int64), 9, 9)
    said = [*found([0, 0, 1, 0]), FoundBoxes.none(), FoundBoxes.none()]
    (mistake,) = TARGET.worst(said, [TRUE[0], nothing, TRUE[0]], [()] * 3, [{"place": place} for place in "xyz"])
    assert mistake == {"place": "z", "label": "4 boxes", "predicted": "0, 0 of them right", "probability_of_label": 0.0}
