"""What Python gives: one input or a list of them, of every task, and what is neither is refused in one line."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import TASKS
from tiny import TINY

Opened = Callable[[str], Any]
Trained = Callable[[str], Path]
CASES = list(TINY)
FRAME = pl.DataFrame({"text": ["good day", "bad"]})


def one_of(case: str) -> Any:
    """An input."""
    return TINY[case].inputs[0] if TINY[case].over_texts else np.ones((7, TINY[case].channels), dtype=np.float32)


@pytest.mark.parametrize("case", CASES)
def test_one_input_or_many_whatever_holds_them(case: str, opened: Opened) -> None:
    trained, one = opened(case), one_of(case)
    alone = trained.predict(one)
    assert len(alone) == (len(one) if TINY[case].a_value else 1)
    for several in ([one], (one for _ in range(1)), iter([one]), (one,)):
        assert trained.predict(several) == alone
    assert trained.predict([]) == []
    if TINY[case].over_texts:
        assert trained.predict(np.array([one])) == trained.predict(pl.Series([one])) == alone
        if not (
            "captioning" in case or "object" in case or "ink" in case or "handwriting" in case or TINY[case].of_bytes
        ):  # names, strokes
            assert trained.predict("") is not None
    else:
        assert trained.predict(torch.from_numpy(one)) == alone


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "wrong",
    [None, [None], 5, [5], [float("nan")], b"good", [b"good"], Path("x"), {"text": "x"}, ["a\ud800"], FRAME, [FRAME]],
    ids=repr,
)  # fmt: skip
def test_what_is_no_input_is_refused_in_one_line(case: str, wrong: Any, opened: Opened) -> None:
    for ask in (opened(case).predict, opened(case).explain):
        with pytest.raises(UserError, match="expected") as found:
            ask(wrong)
        assert len(str(found.value).splitlines()) == 1


@pytest.mark.parametrize("case", CASES)
def test_an_option_that_there_is_not_is_refused(case: str, opened: Opened) -> None:
    with pytest.raises(UserError, match="there is no option 'nonsense'"):
        opened(case).predict([one_of(case)], nonsense=1)


def test_calls_are_turns_and_turns_are_texts_or_speakers_and_texts(opened: Opened) -> None:
    analyst = opened("call-analysis")
    (alone,) = analyst.predict("yes")
    assert len(alone) == 1
    assert analyst.predict(("caller", "yes"))[0][0].speaker == "caller"
    assert [len(call) for call in analyst.predict([["yes", (None, "is it")], ["yes"]])] == [2, 1]
    for wrong in ([["yes"], "yes"], [[5]], [("caller", None)]):
        with pytest.raises(UserError, match="expected"):
            analyst.predict(wrong)


@pytest.mark.parametrize("case", CASES)
def test_data_is_paths_frames_or_dictionaries(case: str, opened: Opened, trained: Trained, tmp_path: Path) -> None:
    found, folder, run = TINY[case], trained(case), opened(case)
    file = folder / f"valid{found.suffix}"
    assert run.evaluate(file) == run.evaluate([str(file)])
    task = TASKS[found.task](**found.all_options)
    wrongs: list[Any] = [5, [5], np.zeros(3), {"text": ["a"]}, None, []]
    wrongs += [FRAME, [{"text": "a"}]] if found.task == "text-generation" else []
    for wrong in wrongs:
        for ask in (run.evaluate, lambda data: task.fit(data, out=tmp_path / "out")):
            with pytest.raises(UserError, match="expected") as refused:
                ask(wrong)
            assert len(str(refused.value).splitlines()) == 1
    with pytest.raises(UserError, match="an empty name"):
        task.fit(file, out="")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_a_trained_model_is_pickled_copied_and_saved(
    case: str, opened: Opened, trained: Trained, tmp_path: Path
) -> None:
    run, one = opened(case), one_of(case)
    expected = run.predict([one])
    torch.save(run, tmp_path / "model.pt")
    pickled = pickle.dumps(run)
    for other in (pickle.loads(pickled), copy.deepcopy(run), torch.load(tmp_path / "model.pt", weights_only=False)):
        assert other.predict([one]) == expected


@pytest.mark.parametrize("case", [name for name in CASES if TINY[name].streams or "generation" in name])
def test_a_live_sequence_is_pickled_in_the_middle(case: str, opened: Opened) -> None:
    live = opened(case).stream()
    if TINY[case].task == "text-generation":  # a stream of tokens
        live.feed(torch.tensor([3, 4]))
        live.peek()
        for other in (pickle.loads(pickle.dumps(live)), copy.deepcopy(live)):
            assert torch.equal(other.peek()[0], live.peek()[0])
        return
    steps = ["the", "yes", "rome"] if TINY[case].over_texts else list(np.ones((9, 2), dtype=np.float32))
    steps = [np.full(900, 0.1)] * 3 if TINY[case].of_bytes else steps
    steps = [np.full((9, 9), 0.1)] * 3 if "video" in case else steps
    for step in steps[:-1]:
        live.push(step)
    others = [pickle.loads(pickle.dumps(live)), copy.deepcopy(live)]
    expected = live.push(steps[-1])
    assert [other.push(steps[-1]) for other in others] == [expected, expected]


@pytest.mark.parametrize("case", ["sentiment-analysis-forward", "tagging-forward", "call-analysis"])
def test_a_step_that_is_no_text_is_refused(case: str, opened: Opened) -> None:
    for wrong in (None, 5, ["word"]):
        with pytest.raises(UserError, match="expected a text"):
            opened(case).stream().push(wrong)


@pytest.mark.parametrize("case", ["series-classification-forward", "series-tagging-forward"])
def test_a_step_that_is_no_row_of_numbers_is_refused(case: str, opened: Opened) -> None:
    for wrong in (None, 5, "12", [1.0], [1.0, 2.0, 3.0], [1.0, float("nan")], [[1.0, 2.0]], ["a", "b"]):
        with pytest.raises(UserError, match="a step: expected"):
            opened(case).stream().push(wrong)


def test_a_reader_from_both_ends_has_no_live_sequence(opened: Opened) -> None:
    with pytest.raises(NotStreamable):
        opened("sentiment-analysis").stream()


def test_columns_that_begin_empty_and_names_that_are_taken_are_kept(opened: Opened) -> None:
    rows = [{"text": "fine", "note": None, "predicted": "a", "predicted_predicted": "b"}] * 150
    frame = pl.DataFrame([*rows, {**rows[0], "note": "x"}], infer_schema_length=None)
    answered = opened("sentiment-analysis").predict_rows(frame)
    assert answered["note"].to_list() == frame["note"].to_list()
    assert answered.columns == [*frame.columns, "predicted_predicted_predicted", "probability"]
    assert answered["predicted_predicted"][0] == "b"
