"""Trained networks that write: what can be asked of them, and inputs of every kind."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import rnnkit
from commandline import command, good
from rnnkit.checkpoint import load, save
from rnnkit.data.attachments import Attachments
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.examples.pairs import Sources
from rnnkit.errors import UserError
from rnnkit.inspection.pictures.attention import draw_alignment, draw_looks
from rnnkit.search import Beam
from rnnkit.tasks import ImageCaptioning
from rnnkit.tasks.sequence_to_sequence.captioning.caption_options import build_captioner, choose_sizes
from rnnkit.tasks.sequence_to_sequence.options import WriterModel
from rnnkit.tasks.sequence_to_sequence.writing import Search, written_of
from rnnkit.training import Training
from tiny import TINY

Opened = Callable[[str], Any]
WRITERS = ["translation", "translation-words", "summarization", "image-captioning"]
OF_TEXTS = WRITERS[:3]


def given(case: str) -> str:
    return TINY[case].inputs[0]


@pytest.mark.parametrize("case", WRITERS)
def test_the_n_best_are_different_and_in_order_and_the_first_is_the_answer(case: str, opened: Opened) -> None:
    (answer,) = opened(case).predict(given(case), n_best=4, length_penalty=0)
    listed = answer.alternatives
    assert listed[0] == {"text": answer.text, "log_probability": pytest.approx(answer.log_probability, abs=1e-5)}
    assert len(listed) == 4
    chances = [other["log_probability"] for other in listed]
    assert chances == sorted(chances, reverse=True)
    assert opened(case).predict(given(case))[0].alternatives == []


@pytest.mark.parametrize("case", ["translation", "summarization"])
def test_words_are_wanted_and_kept_out(case: str, opened: Opened) -> None:
    trained = opened(case)
    wanted, free = ("vaca", "duerme") if case == "translation" else ("lost", "won")
    (plain,) = trained.predict(given(case))
    (holding,) = trained.predict(given(case), must=(wanted,), longest=12)
    assert wanted in holding.text.split()
    first = plain.text.split()[0] if plain.text else free
    (without,) = trained.predict(given(case), must_not=(first,))
    assert first not in without.text.split()
    (ruled,) = trained.predict(given(case), no_repeat=1, shortest=4)
    tokens = trained.target.tokens.encode(ruled.text).tolist()
    assert len(set(tokens)) == len(tokens)


def test_a_word_without_tokens_is_refused(opened: Opened) -> None:
    with pytest.raises(UserError, match="no token for 'zebra'"):
        opened("translation-words").predict(given("translation"), must=("zebra",))


@pytest.mark.parametrize("case", WRITERS)
def test_a_run_together_with_itself_writes_as_alone(case: str, opened: Opened) -> None:
    trained = opened(case)
    (alone,) = trained.predict(given(case))
    (together,) = trained.predict(given(case), together=(str(trained.folder),))
    assert together.text == alone.text
    assert together.log_probability == pytest.approx(alone.log_probability, abs=1e-4)


def test_runs_with_other_tokens_do_not_write_together(opened: Opened) -> None:
    other = str(opened("translation-words").folder)
    with pytest.raises(UserError, match="runs that write together have the same tokens"):
        opened("translation").predict("the cat", together=(other,))


@pytest.mark.parametrize("case", WRITERS)
def test_where_a_network_looked_is_written_as_numbers_and_as_a_picture(
    case: str, opened: Opened, tmp_path: Path
) -> None:
    run, inputs = opened(case).folder, TINY[case].inputs[:2]
    good("predict", run, *inputs, "--attention", tmp_path / "a.json")
    good("predict", run, *inputs, "--attention", tmp_path / "a.png")
    for name in ("a", "a-2"):
        found = json.loads((tmp_path / f"{name}.json").read_text())
        weights = np.array(found["weights"])
        assert weights.shape == (len(found["written"]), len(found["source"]))
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-4)
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert picture.size[0] > 100
    if case in OF_TEXTS:
        found = json.loads((tmp_path / "a.json").read_text())
        assert "".join(found["source"]).replace(" ", "") == given(case).replace(" ", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--attention", "a.gif"], "ends in .png or .json"),
        (["--attention", "a.png", "--file", "x.csv"], "leave --file out"),
        (["--together", "r", "--coverage", "0.2"], "leave --together out"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], said: str, opened: Opened) -> None:
    given = [] if "--file" in options else ["a"]
    done = command("predict", opened("translation").folder, *given, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


STRANGE = [
    "", "   ", "\t", "x", "ß" * 300, "a\x00b\x07\x1b[31m", "שלום עולם", "مرحبا بالعالم", "日本語の文", "👩‍👩‍👧‍👦 🏳️‍🌈",
    "é é", "<unk> <end> </s>", "the " * 3000,
]  # fmt: skip


@pytest.mark.parametrize("case", OF_TEXTS)
def test_texts_of_every_kind_have_an_answer_each_in_their_place(case: str, opened: Opened) -> None:
    trained = opened(case)
    answers = trained.predict(STRANGE, longest=8)
    assert len(answers) == len(STRANGE)
    for text, answer in zip(STRANGE, answers, strict=True):
        if not text.strip():
            assert (answer.text, answer.log_probability) == ("", 0.0)
        else:
            alone = trained.predict(text, longest=8)[0]
            assert answer.text == alone.text
            json.dumps(answer.to_json())


def test_empty_lines_keep_their_place(opened: Opened) -> None:
    done = good("predict", opened("translation").folder, "-", stdin="the old cat eats\n\nthe red dog sleeps\n")
    first, empty, last = done.out.splitlines()
    assert empty == ""
    assert [first, last] == [a.text for a in opened("translation").predict(["the old cat eats", "the red dog sleeps"])]


def test_a_long_text_is_cut_and_it_is_said_where(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    trained = opened("translation-words")
    long = " ".join(["the old cat"] * 200 + ["eats"])
    trained.predict(long, longest=5)
    said = capsys.readouterr().err
    assert "a text of 601 tokens is cut after 400, at '" in said
    assert trained.predict(" ".join(long.split()[:400]), longest=5) == trained.predict(long, longest=5)


def test_a_hundred_thousand_characters_are_answered(opened: Opened) -> None:
    assert len(opened("translation").predict("a" * 100_000, longest=3, beam=1)) == 1


def test_words_of_the_source_are_written_that_no_training_text_has(opened: Opened) -> None:
    """A copied word has a number after the vocabulary's, and comes out as it went in."""
    trained = opened("summarization")
    column, target = trained.fitted.input, trained.target
    text = "it was late when Zxq won"
    ((own, *_), copied) = column.sources([text]).own, column.sources([text]).copied
    assert [word.strip() for word in own] == ["Zxq"]
    assert target.tokens.count in copied.values
    tokens = target.tokens.encode_beside("Zxq won", own)
    assert tokens[0] == target.tokens.count
    assert target.tokens.decode(tokens.tolist(), own) == "Zxq won"


def test_a_picture_may_be_a_path_an_array_or_opened(opened: Opened, tmp_path: Path) -> None:
    trained, name = opened("image-captioning"), given("image-captioning")
    picture = Image.open(io.BytesIO(Attachments().read(name)))
    picture.save(tmp_path / "p.png")
    answers = trained.predict([name, tmp_path / "p.png", np.asarray(picture), picture])
    assert len({answer.text for answer in answers}) == 1
    assert answers[1].image == str(tmp_path / "p.png")
    with pytest.raises(UserError, match=r"expected a picture in '.*none\.png', but there is no file"):
        trained.predict(tmp_path / "none.png")


def test_the_captions_of_a_picture_are_read_together_and_each_is_learned(opened: Opened) -> None:
    trained, name = opened("image-captioning"), given("image-captioning")
    rows = [{"image": name, "caption": text} for text in ("a red square", "something red", "a square")]
    scores = trained.evaluate(rows)
    assert scores["examples"] == 1
    records = trained.task.records([rows])
    pairs = trained.task.encode(records, trained.fitted)
    assert (len(pairs), pairs.count) == (3, 1)
    assert pairs.references == [["a red square", "something red", "a square"]]


def test_pairs_are_kept_whole_in_batches_and_on_disk(opened: Opened, tmp_path: Path) -> None:
    trained = opened("summarization")
    rows = [{"text": f"it was late when {name} won and all", "summary": f"{name} won"} for name in ("Bo", "Al", "Cy")]
    pairs = trained.task.encode(trained.task.records([rows]), trained.fitted)
    pairs.save(tmp_path / "p" / "pairs.safetensors")
    again = type(pairs).load(tmp_path / "p" / "pairs.safetensors")
    assert again.references == pairs.references
    assert [list(own) for own in again.sources.own] == [list(own) for own in pairs.sources.own]
    for one, other in itertools.product((pairs.batch(np.array([2, 0])),), (again.take(np.array([2, 0])),)):
        batch = other.batch(np.arange(2))
        for mine, its in zip(one.tensors, batch.tensors, strict=True):
            assert mine.tolist() == its.tolist()
        assert (batch.pair.written.data < pairs.vocabulary).all()
        assert (batch.targets >= pairs.vocabulary).any()


@pytest.mark.parametrize("case", WRITERS)
def test_each_pair_of_data_is_scored_as_prediction_scores_its_own(case: str, opened: Opened, trained: Any) -> None:
    model, found = opened(case), TINY[case]
    (best,) = model.predict(given(case), length_penalty=0)
    columns = [model.task.input_column, model.target.column]
    scored = model.evaluate([dict(zip(columns, (given(case), best.text or "x"), strict=True))], pairs=True)["pairs"]
    tokens = model.target.tokens.encode(best.text)
    if best.text and len(tokens) < 10:  # not cut off before its end
        assert scored[0]["log_probability"] == pytest.approx(best.log_probability, abs=2e-4)
    assert scored[0]["target"] == (best.text or "x")
    file = trained(case) / f"valid{found.suffix}"
    lines = good("evaluate", model.folder, file, "--pairs").out.splitlines()
    assert len(lines) == len(good("evaluate", model.folder, file, "--pairs", "--json").objects[0]["pairs"])


def test_placeholders_survive_where_they_are(opened: Opened) -> None:
    answers = opened("translation").predict(
        ["the old {name} eats", "the red dog sleeps"], keep_tokens=("{name}", "<x>"), longest=20, beam=8
    )
    assert "{name}" in answers[0].text
    assert "{name}" not in answers[1].text


def test_sentences_are_answered_one_by_one(opened: Opened) -> None:
    model = opened("translation")
    parts = ["The old cat eats.", "The red dog sleeps."]
    (whole,) = model.predict(" ".join(parts), sentences="en")
    each = model.predict(parts)
    assert whole.text == " ".join(answer.text for answer in each)
    assert whole.log_probability == pytest.approx(sum(answer.log_probability for answer in each))
    assert model.predict("", sentences="en")[0].text == ""


@pytest.mark.parametrize("case", WRITERS)
def test_the_rows_of_a_table_are_answered_as_the_options_ask(case: str, opened: Opened, tmp_path: Path) -> None:
    model = opened(case)
    table = tmp_path / "t.jsonl"
    table.write_text(json.dumps({model.task.input_column: given(case)}) + "\n")
    (row,) = good("predict", model.folder, "--file", table, "--n-best", 3, "--no-repeat", 1, "--json").objects
    (wanted,) = model.predict(given(case), n_best=3, no_repeat=1)
    assert [other["text"] for other in row["alternatives"]] == [other["text"] for other in wanted.alternatives]
    assert row["predicted"] == wanted.text


@pytest.mark.parametrize("case", WRITERS)
def test_how_long_answers_may_be_does_not_depend_on_the_right_ones(case: str, opened: Opened) -> None:
    model = opened(case)
    columns = [model.task.input_column, model.target.column]
    both = [model.evaluate([dict(zip(columns, (given(case), text), strict=True))]) for text in ("a", "a " * 60)]
    assert both[0]["mean_words"] == both[1]["mean_words"]


def test_patches_are_kept_with_a_run_and_go_on_with_it(tmp_path: Path) -> None:
    rows = [{"image": row["image"], "caption": row["caption"]} for row in TINY["image-captioning"].rows(20, 0)]
    task = ImageCaptioning(size=32, hidden=8, embedding=8, steps=1)
    task.fit(rows, out=tmp_path / "a")
    task.fit(rows[:12], out=tmp_path / "b", start_from=tmp_path / "a")
    one, other = (tmp_path / run / "patches.safetensors" for run in "ab")
    assert one.read_bytes() == other.read_bytes()
    assert one.name in json.loads((tmp_path / "a" / "manifest.json").read_text())["files"]
    narrow = {name: tensor[:5] for name, tensor in load(one, "patches")[0].items()}
    for damage in (lambda: save(one, "patches", narrow, {}), one.unlink):
        damage()
        with pytest.raises(UserError, match=r"patches\.safetensors"):
            rnnkit.load(tmp_path / "a")


def test_the_length_of_a_caption_goes_by_the_grid_that_the_network_sees() -> None:
    torch.manual_seed(0)
    model = build_captioner(choose_sizes(WriterModel(hidden=16, embedding=8), Training(), 8)[0], 5, 300)
    sources = Sources(Ragged.of([np.zeros((9, 5), np.float16)]))
    ((found, *_),) = written_of([model], sources, Search(Beam(1, shortest=30)), 40)
    assert len(found.tokens) >= 30


@pytest.mark.parametrize("options", [{"sentences": "en"}, {"keep_tokens": ("{x}",)}])
def test_what_is_of_texts_alone_is_refused_of_pictures(options: dict[str, Any], opened: Opened) -> None:
    with pytest.raises(UserError, match="inputs that are texts"):
        opened("image-captioning").predict(given("image-captioning"), **options)


def test_pictures_have_nothing_to_copy(tmp_path: Path) -> None:
    rows = [{"image": row["image"], "caption": row["caption"]} for row in TINY["image-captioning"].rows(20, 0)]
    with pytest.raises(UserError, match="--copied takes a source of words"):
        ImageCaptioning(size=32, hidden=8, embedding=8, steps=1, copied=True).fit(rows, out=tmp_path / "r")


def test_words_of_every_script_and_marks_of_mathematics_are_drawn_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["US$", "$5_$", "日本", "[/x]", "a" * 200]
    draw_alignment(np.full((5, 5), 0.2), words, words, tmp_path / "a.png")
    draw_looks(np.full((5, 4), 0.25), np.zeros((3, 16, 16), np.uint8), words, tmp_path / "l.png")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "l.png"}
    assert capsys.readouterr().err == ""
