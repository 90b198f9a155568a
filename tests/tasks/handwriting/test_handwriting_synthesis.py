"""Writing by hand: scores against a walk, texts and seeds, states, a hand to go on in, files, what is refused."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

import rnnkit
from commandline import command, good
from drawings import inks, sketches
from rnnkit.data.attachments import Attachments
from rnnkit.data.ink.reading import read_ink
from rnnkit.errors import UserError
from rnnkit.heads.pen import PenSampler
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import PenRows, PenStream
from rnnkit.tasks import HandwritingSynthesis
from rnnkit.tasks.handwriting import handwriting_synthesis

Opened = Callable[[str], Any]
Trained = Callable[[str], Path]
TEXT, SKETCH = "handwriting-synthesis", "handwriting-synthesis-sketches"


@pytest.mark.parametrize("case", [TEXT, SKETCH])
def test_nats_are_those_of_a_walk_along_the_ink(case: str, opened: Opened) -> None:
    run, (row,) = opened(case), inks(1, 3)
    scores = run.evaluate([row])
    moves = torch.from_numpy(run.hand.pen.frames(run.hand.pen.read(row["ink"], Attachments(), "")))
    tokens = torch.from_numpy(run.hand.encode(row["text"] if case == TEXT else "")).long()
    with torch.no_grad():
        context = run.model.read(SequenceBatch.full(tokens[None]))
        state, x, total = run.model.first_state(context), torch.zeros(1, 3), 0.0
        for move in moves:
            made, state = run.model.step(x, state, context)
            total += float(run.model.head.nll(made.steps, move[None]))
            x = move[None, :3]
    assert scores["nats_per_point"] == pytest.approx(total / len(moves), rel=1e-4)
    assert (scores["points"], scores["inks"]) == (len(moves), 1)
    plain = [run.hand.plain.nats(moves.numpy()).mean(), run.hand.plain.single_nats(moves.numpy()).mean()]
    baseline = scores["baseline"]
    both = [baseline["nats_per_point"], baseline["others"]["one normal distribution"]["nats_per_point"]]
    assert both == pytest.approx(plain)


def test_what_is_written_depends_on_the_text_the_seed_and_the_bias_alone(opened: Opened) -> None:
    run = opened(TEXT)
    one, other = run.predict(["lo", "ol"])
    assert run.predict("ol") == [other]
    assert run.predict("lo", seed=2) != [one] != run.predict("lo", bias=3)
    assert run.predict("lo", bias=80) == run.predict("lo", bias=80) != [one]
    assert all(len(stroke) for stroke in one)


def test_pieces_side_by_side_are_what_each_row_writes(opened: Opened) -> None:
    """In any order of asking, and to where each is done; empty lines are written, too."""
    run = opened(TEXT)
    texts = ["l", "lolol", "oo"]
    alone = [
        list(_answers(run.start([text]).run(PenSampler(), [_seeds(3)[n]], run.limits())))
        for n, text in enumerate(texts)
    ]
    rows = PenRows(run.start(texts).run(PenSampler(), _seeds(3), run.limits()), 3)
    for number in (2, 0, 1):
        found = list(rows.row(number))
        assert [done for _, done in found] == [False] * (len(alone[number]) - 1) + [True]
        np.testing.assert_allclose([answer for answer, _ in found], alone[number], atol=1e-4, rtol=1e-4)
    (answer,) = run.respond(["lo ol\n\n\nlo " + "l " * 40], rnnkit.configuration.build(run.prediction, {}), {})
    pieces = [line for line in answer.shown() if line.startswith("#")]
    assert pieces == ["# lo\n", "# ol\n", "# \n", "# \n", "# lo\n", *["# l\n"] * 40]


def _answers(run: Any) -> Any:
    for answers, done in run:
        yield answers[0].tolist()
        if bool(done[0]):
            return


def test_a_text_ends(opened: Opened) -> None:
    """Whatever an untrained network does: a limit for each character, after which the stroke ends."""
    run = opened(TEXT)
    most = run.limits().most
    for text in ("l", "lololo"):
        (strokes,) = run.predict(text, bias=0)
        assert sum(map(len, strokes)) <= most * (len(text) + 1) + 2


def test_a_stream_goes_on_from_what_was_saved(opened: Opened, tmp_path: Path) -> None:
    run = opened(TEXT)
    whole = [a[0] for a, _ in itertools.islice(_run(run.stream("lolo"), 1), 6)]
    stream = run.stream("lolo")
    begun = [a[0] for a, _ in itertools.islice(_run(stream, 1), 4)]
    stream.save(tmp_path / "pen", {"of": "a test"})
    found, facts = PenStream.load(run.model, tmp_path / "pen")
    assert facts == {"of": "a test"}
    generator = torch.Generator().manual_seed(1)
    torch.rand(5 * 4, generator=generator, dtype=torch.float64)
    rest = [a[0] for a, _ in itertools.islice(found.run(PenSampler(), [generator]), 2)]
    torch.testing.assert_close(torch.stack([*begun, *rest]), torch.stack(whole), atol=1e-5, rtol=1e-5)


def _run(stream: PenStream, seed: int) -> Any:
    return stream.run(PenSampler(), [torch.Generator().manual_seed(seed)])


def test_ink_that_was_read_leaves_the_state_of_having_written_it(opened: Opened) -> None:
    run = opened(TEXT)
    stream, heard = run.stream("lolo"), run.stream("lolo")
    moves = torch.cat([answers.clone() for answers, _ in itertools.islice(_run(stream, 1), 5)])
    heard.read(moves)
    generators = [torch.Generator().manual_seed(2) for _ in range(2)]
    after, other = (
        next(iter(one.run(PenSampler(), [generator])))[0].clone()
        for one, generator in zip((stream, heard), generators, strict=True)
    )
    torch.testing.assert_close(after, other, atol=1e-5, rtol=1e-5)


def test_rows_side_by_side_are_rows_alone(opened: Opened) -> None:
    run = opened(TEXT)
    texts = ["l", "lolol", "oo"]
    together = list(run.start(texts).run(PenSampler(), _seeds(3), run.limits()))
    for row, text in enumerate(texts):
        alone = list(run.start([text]).run(PenSampler(), [_seeds(3)[row]], run.limits()))
        for (one, done), (other, own) in zip(together, alone, strict=False):
            torch.testing.assert_close(one[row], other[0], atol=1e-4, rtol=1e-4)
            assert bool(done[row]) == bool(own[0])


def _seeds(count: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in range(count)]


def test_a_hand_is_gone_on_in(opened: Opened, trained: Trained, tmp_path: Path) -> None:
    folder, run = trained(TEXT), opened(TEXT)
    (plain,), (primed,) = run.predict("lo"), run.predict("lo", prime=str(folder / "valid.csv"))
    assert primed != plain
    assert run.predict("lo", prime=str(folder / "valid.csv"), prime_row=2) != [primed]
    done = command("predict", folder / "run", "lo", "--prime", folder / "valid.csv", "--prime-row", "999")
    assert done.code == 2
    assert "expected a row 999" in done.err
    kept = str(tmp_path / "hand")
    assert run.predict("lo", prime=str(folder / "valid.csv"), keep_hand=kept) == [primed]
    assert run.predict("lo", hand=kept) == [primed]
    with pytest.raises(UserError, match="leave one out"):
        run.predict("lo", hand=kept, prime="x")
    with pytest.raises(UserError, match="name that with --prime"):
        run.predict("lo", keep_hand=kept)
    with pytest.raises(UserError, match="name the table with --prime"):
        run.predict("lo", prime_row=2)
    with pytest.raises(UserError, match="is of another"):
        opened(SKETCH).predict(hand=kept)
    other = trained("handwriting-recognition") / "run"
    with pytest.raises(UserError, match="expected a file"):
        run.predict("lo", hand=str(other / "nothing"))


def test_what_a_recogniser_reads_is_not_chosen_without_one(opened: Opened, trained: Trained) -> None:
    with pytest.raises(UserError, match="name one with --recogniser"):
        opened(TEXT).evaluate(trained(TEXT) / "valid.csv", written=5)


def test_what_to_try_first_is_what_the_run_takes(opened: Opened) -> None:
    assert (opened(TEXT).tried, opened(SKETCH).tried) == ('"…"', "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "expected a text to write, got an empty one"),
        ("  \n ", "expected a text to write, got an empty one"),
        ("lé", "expected characters that the training texts have, lo; got 'é'"),
        ("l😀", "got '😀'"),
        ("xoyz x日", "got 'x', 'y', 'z', '日'; leave them out"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 50))), "'专' and others; leave them out"),
        ("日本" * 5000, "got '日', '本'; leave"),
        ("👩‍👩‍👧", "expected characters that the training texts have"),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_line(given: str, said: str, trained: Trained) -> None:
    done = command("predict", trained(TEXT) / "run", given, "--json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_capitals_and_accents_that_training_has_not_are_said(
    opened: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    run = opened(TEXT)
    assert run.predict("Lö") == run.predict("lo")
    assert "writes L as l, ö as o" in capsys.readouterr().err


def test_a_row_that_cannot_be_written_is_named(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_text("id,text\n1,lo\n2,q\n3,o\n")
    run = trained(TEXT) / "run"
    done = command("predict", run, "--file", tmp_path / "texts.csv")
    assert done.code == 2
    assert "row 3" in done.err or "row 2" in done.err
    assert [
        row["id"] for row in good("predict", run, "--file", tmp_path / "texts.csv", "--bad-rows", "skip").table
    ] == [
        "1",
        "3",
    ]


def test_ten_thousand_words_begin_at_once(opened: Opened) -> None:
    """Piece by piece, each when it is asked for."""
    run = opened(TEXT)
    (answer,) = run.respond(["lo ol " * 5000], rnnkit.configuration.build(run.prediction, {}), {})
    shown = answer.shown()
    first = list(itertools.islice(shown, 60))
    assert first[0] == "# lo\n"
    assert sum(line.startswith("# ") for line in first) > 1
    assert answer._strokes is None


def test_files_hold_what_was_written(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained(TEXT) / "run"
    monkeypatch.chdir(tmp_path)
    flags = [part for ending in ("svg", "png", "json") for part in ("--write", f"page.{ending}")]
    done = good("predict", run, "lo ol\n\nlo", *flags, "--samples", "2", "--json")
    for number, answer in enumerate(done.objects, 1):
        name = "page" if number == 1 else f"page-{number}"
        strokes = json.loads(Path(f"{name}.json").read_text())
        assert len(read_ink(strokes, Attachments(), "")) == len(answer["strokes"])
        for one, other in zip(strokes, answer["strokes"], strict=True):
            np.testing.assert_allclose(one, other, atol=0.05)
        root = ElementTree.fromstring(Path(f"{name}.svg").read_text())
        paths = [element for element in root.iter() if element.tag.endswith("}path")]
        assert len(paths) == len(strokes)
        animations = [element for path in paths for element in path]
        assert {element.get("attributeName") for element in animations} == {"stroke-dashoffset", "stroke-opacity"}
        with Image.open(f"{name}.png") as picture:
            assert np.asarray(picture.convert("L")).min() < 128


def test_files_that_cannot_be_written_are_refused_first(trained: Trained, tmp_path: Path) -> None:
    run = trained(TEXT) / "run"
    for name, said in (("page.gif", ".svg, .png, .json"), ("nowhere/page.svg", "nowhere")):
        done = command("predict", run, "lo", "--write", tmp_path / name)
        assert (done.code, done.out) == (2, "")
        assert said in done.err


def test_a_recogniser_reads_it_beside_the_real_ink(trained: Trained) -> None:
    folder, reader = trained(TEXT), trained("handwriting-recognition") / "run"
    (scores,) = good("evaluate", folder / "run", folder / "valid.csv", "--recogniser", reader, "--json").objects
    assert scores["texts_read"] == 20
    assert scores["character_error_rate"] >= 0
    (own,) = good("evaluate", reader, folder / "valid.csv", "--json").objects
    assert abs(scores["real_character_error_rate"] - own["character_error_rate"]) < 30
    (few,) = good(
        "evaluate", folder / "run", folder / "valid.csv", "--recogniser", reader, "--written", "7", "--json"
    ).objects
    assert few["texts_read"] == 7
    done = command("evaluate", folder / "run", folder / "valid.csv", "--recogniser", folder / "run")
    assert done.code == 2
    assert "takes a run of handwriting-recognition over ink" in done.err


def test_sketches_take_no_text(trained: Trained) -> None:
    run = trained(SKETCH) / "run"
    answers = good("predict", run, "--samples", "3", "--json").objects
    assert [answer["text"] for answer in answers] == ["", "", ""]
    assert answers[0]["strokes"] != answers[1]["strokes"]
    assert good("predict", run, "--seed", "2", "--json").objects == answers[1:2]
    for arguments, said in (
        (["predict", run, "lo"], "this run draws sketches"),
        (["evaluate", run, run.parent / "valid.tsv", "--recogniser", "x"], "this run draws sketches"),
    ):
        done = command(*arguments)
        assert done.code == 2
        assert said in done.err


@pytest.mark.parametrize(
    ("few", "rows", "chosen"),
    [(500_000, sketches(16, 0), (0.3, 0.5)), (20, sketches(16, 0), (0.1, 0.0)), (500_000, inks(16, 0), (0.1, 0.0))],
)
def test_much_is_dropped_of_few_sketches(
    few: int, rows: list[Any], chosen: tuple[float, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handwriting_synthesis, "FEW", few)
    HandwritingSynthesis(hidden=8, reader=8, steps=1, batch=2).fit(rows, out=tmp_path / "run")
    model = json.loads((tmp_path / "run" / "config.json").read_text())["model"]
    assert (model["dropout"], model["weight_drop"]) == chosen


def test_fine_tuning_measures_the_ink_of_another_device(trained: Trained, tmp_path: Path) -> None:
    rows = [
        {"text": row["text"], "ink": json.dumps([[[10 * x, 10 * y] for x, y in s] for s in json.loads(row["ink"])])}
        for row in inks(16, 0)
    ]
    before = rnnkit.load(trained(TEXT) / "run")
    task = HandwritingSynthesis(steps=1, validations=1, batch=2)
    after = task.fit(rows, out=tmp_path / "mine", start_from=trained(TEXT) / "run")
    assert after.hand.pen.unit == pytest.approx(10 * before.hand.pen.unit, rel=0.3)
    assert after.hand.known == before.hand.known


@pytest.mark.parametrize("ink", ["[]", "[[]]", "gone.json", "[[[1, null]]]"])
def test_ink_without_points_is_named_by_its_row(ink: str, tmp_path: Path) -> None:
    rows = [*inks(16, 0), {"ink": ink, "text": "lo"}]
    with pytest.raises(UserError, match="row 17"):
        HandwritingSynthesis(steps=1).fit(rows, out=tmp_path / "run")


def test_a_column_of_texts_may_not_be_empty_in_places(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'text' is empty"):
        HandwritingSynthesis(steps=1).fit([*inks(16, 0), {**inks(1, 1)[0], "text": ""}], out=tmp_path / "run")
