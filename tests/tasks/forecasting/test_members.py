"""Several networks in one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnkit
from rnnkit.errors import UserError
from rnnkit.tasks import Forecasting
from rnnkit.tasks.forecasting.judged.forecasts import Origins, forecast
from tiny import tides

SMALL: dict[str, Any] = {
    "horizon": 4, "seasonality": 6, "look_back": 12, "segment": 4, "hidden": 8, "embedding": 8, "steps": 20, "batch": 8,
    "validations": 1,
}  # fmt: skip


ROWS = [{**row, "value": str(float(row["value"]) + 50)} for row in tides(20, 0)]
"""far above 0, below which no quantile is"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return Forecasting(**SMALL, members=3).fit(ROWS, out=tmp_path_factory.mktemp("members") / "run")


def test_quantiles_are_averaged_and_then_corrected(model: Any) -> None:
    series = model.fitted.input.arrays(model.histories, 4)
    ends = Origins(np.arange(len(series)), series.lengths)
    members = [forecast(member, series, ends) for member in model.model.members]
    assert not np.allclose(members[0].quantiles, members[1].quantiles)
    mean, quantiles = (np.mean([getattr(one, name) for one in members], axis=0) for name in ("mean", "quantiles"))
    width = np.mean([one.width for one in members], axis=0)
    wanted = model.calibration.corrected(replace(members[0], mean=mean, quantiles=quantiles, width=width))
    found = model.after(model.histories)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-5)
    np.testing.assert_allclose(found.quantiles, wanted.quantiles, rtol=1e-5)
    assert model.calibration.shares.any()


def test_a_run_of_several_is_a_run_like_others(model: Any, tmp_path: Path) -> None:
    again = rnnkit.load(model.folder)
    assert [one.mean for one in again.predict()] == [one.mean for one in model.predict()]
    assert again.stream("s3").push(10.0).mean
    assert "3 recurrent networks" in (model.folder / "README.md").read_text()
    still = Forecasting(steps=1, validations=1, learning_rate=1e-30)
    other = still.fit(ROWS, out=tmp_path / "run", start_from=model.folder)
    for one, its in zip(model.model.parameters(), other.model.parameters(), strict=True):
        torch.testing.assert_close(one, its, rtol=0, atol=1e-6)


def test_layers_may_be_dilated(tmp_path: Path) -> None:
    model = Forecasting(**{**SMALL, "segment": 2}, dilations="1,2,3", residual=True).fit(ROWS, out=tmp_path / "run")
    assert model.model.core.dilations == (1, 2, 3)
    assert rnnkit.load(tmp_path / "run").predict()[0].mean == model.predict()[0].mean
    for options, words in (
        ({"dilations": "1,0"}, "--dilations takes whole numbers from 1 to 10,000 parted by commas, got '1,0'"),
        ({"dilations": ""}, "--dilations takes"),
        ({"dilations": "1,2", "layers": 3}, "--dilations has one for each of --layers, got 1,2 and 3; change one"),
    ):
        with pytest.raises(UserError, match=words):
            Forecasting(**SMALL, **options).fit(ROWS, out=tmp_path / "other")
