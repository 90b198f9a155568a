"""Classifiers that are initialised with a language model, or with word vectors."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
import torch

import rnnkit
from rnnkit.errors import Interrupted, UserError
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks import SentimentAnalysis, TextGeneration
from rnnkit.tasks.classification.text_classifier import TextClassifier
from rnnkit.tasks.language_modelling.generator import TextGenerator
from rnnkit.tasks.records import TextRecord

LEVELS = ("word", "character", "subword", "ngram")
STILL = {"steps": 1, "learning_rate": 1e-30, "batch": 8}
GOOD, BAD = "it was a fine, warm day", "the sea was cold 😀 and dull"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("start")
    rows = [(GOOD if n % 2 else BAD) + " again" * (n % 5) for n in range(60)]
    (made / "texts.txt").write_text("\n".join(rows * 2) + "\n", encoding="utf-8")
    table = "".join(f"{row}\t{'good' if row.startswith(GOOD) else 'bad'}\n" for row in rows)
    (made / "table.tsv").write_text("text\tlabel\n" + table, encoding="utf-8")
    return made


def language_model(folder: Path, level: str, **options: Any) -> TextGenerator:
    out = folder / f"lm-{level}-{'-'.join(options)}"
    if out.is_dir():
        return TextGenerator.load(out)
    small = {"hidden": 6, "embedding": 4, "steps": 4, "batch": 4, "sequence": "line", "validations": 1, "baseline": 2}
    return TextGeneration(**{**small, **options}, level=level).fit(str(folder / "texts.txt"), out=out)


@pytest.mark.parametrize("level", LEVELS)
def test_it_begins_with_the_features_of_the_language_model(folder: Path, level: str, tmp_path: Path) -> None:
    model = language_model(folder, level)
    task = SentimentAnalysis(**STILL)
    trained = task.fit(str(folder / "table.tsv"), out=tmp_path / "r", start_from=model.folder)
    texts = [f" {GOOD} ", "Never seen 漢字", BAD]
    vectorizer = trained.fitted.input
    batch = vectorizer.encode(map(vectorizer.cut, texts)).batch(torch.arange(3).numpy())
    tokens = [torch.tensor([0, *model.tokenizer.encode(text.strip())]) for text in texts]
    assert batch.lengths.tolist() == [len(own) for own in tokens] == [len(vectorizer.cut(text)) for text in texts]
    with torch.inference_mode():
        made, _ = trained.model.core(trained.model.encoder(batch))
        wanted, _ = model.model(SequenceBatch.of(tokens))
    assert torch.equal(made.data, wanted.data)


def test_two_residual_layers_of_a_tied_model(folder: Path, tmp_path: Path) -> None:
    model = language_model(folder, "word", layers=2, residual=True, tied=True, cell="gru")
    trained = SentimentAnalysis(**STILL).fit(str(folder / "table.tsv"), out=tmp_path / "r", start_from=model.folder)
    tokens = torch.tensor([[0, *model.tokenizer.encode(GOOD)]])
    batch = trained.fitted.input.encode([trained.fitted.input.cut(GOOD)]).batch(torch.arange(1).numpy())
    with torch.inference_mode():
        made, _ = trained.model.core(trained.model.encoder(batch))
        assert torch.equal(made.data, model.model(SequenceBatch.full(tokens))[0].data)


@pytest.fixture(scope="module")
def run(folder: Path) -> TextClassifier:
    task = SentimentAnalysis(steps=40, learning_rate=0.05, batch=8)
    source = language_model(folder, "word").folder
    return task.fit(str(folder / "table.tsv"), out=folder / "run", start_from=source)


def test_it_learns_follows_and_is_loaded_again(run: TextClassifier, folder: Path) -> None:
    assert run.config["model"]["pooling"] == "last+max+mean"
    again = rnnkit.load(run.folder)
    assert again.predict([GOOD, BAD, ""]) == run.predict([GOOD, BAD, ""])
    assert [answer.label for answer in run.predict([GOOD, BAD])] == ["good", "bad"]
    steps = list(run.follow(GOOD))
    assert steps[0][0] == ""
    assert "".join(word for word, _ in steps) == GOOD
    explained = run.explain(GOOD)
    assert [row.part for row in explained.reasons[0].rows] == [word for word, _ in steps]
    assert steps[-1][1].probability == pytest.approx(run.predict([GOOD])[0].probability, abs=1e-6)
    assert run.evaluate(str(folder / "table.tsv"))["accuracy"] == 1


def test_what_was_learned_elsewhere_learns_more_slowly(run: TextClassifier, folder: Path, tmp_path: Path) -> None:
    source = language_model(folder, "word")
    task = SentimentAnalysis(steps=1, learning_rate=0.1, batch=8, clip=0, weight_decay=0)
    made = task.fit(str(folder / "table.tsv"), out=tmp_path / "r", start_from=source.folder)
    share = made.result["rate_shares"]["core."]
    moved = (made.model.core.cells[0].weight_ih - source.model.core.cells[0].weight_ih).detach().abs().max()
    # Adam's first step is the rate, whatever the gradient; a run of one step warms up no further than its floor.
    assert 0 < share < 1
    assert float(moved) == pytest.approx(0.1 * share * 0.01, rel=0.05)


@pytest.mark.parametrize(("texts", "share"), [(100, 0.2), (20_000, 1.0)])
def test_of_many_texts_it_learns_at_the_full_rate(texts: int, share: float, folder: Path) -> None:
    source = language_model(folder, "word").folder
    records = [TextRecord(GOOD, {"label": (label,)}, "") for label in ("good", "bad")] * (texts // 2)
    start = SentimentAnalysis().start_from(source, records)
    assert start.rate_shares == {"encoder.": share, "core.": share}
    assert start.fitted.targets["label"].names == ["bad", "good"]
    assert (start.task.model.network.direction, start.task.data.words.cut) == ("forward", "tokens")


def test_it_is_fine_tuned_again(run: TextClassifier, folder: Path, tmp_path: Path) -> None:
    made = SentimentAnalysis(**STILL).fit(str(folder / "table.tsv"), out=tmp_path / "r", start_from=run.folder)
    for one, other in zip(run.model.parameters(), made.model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert made.result["rate_shares"] == {}


def test_resuming_is_no_interruption(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rnnkit.training import loop

    source = language_model(folder, "word").folder
    options: dict[str, Any] = {"steps": 12, "batch": 8}
    whole = SentimentAnalysis(**options).fit(str(folder / "table.tsv"), out=tmp_path / "whole", start_from=source)
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", -1.0)
    monkeypatch.setattr(loop, "SHARE_OF_CHECKPOINTS", 0.0)
    step, count = loop._step, iter(range(100))

    def stopping(*arguments: Any) -> Any:
        if next(count) == 5:
            raise Interrupted("now")
        return step(*arguments)

    monkeypatch.setattr(loop, "_step", stopping)
    with pytest.raises(Interrupted):
        SentimentAnalysis(**options).fit(str(folder / "table.tsv"), out=tmp_path / "cut", start_from=source)
    monkeypatch.setattr(loop, "_step", step)
    resumed = SentimentAnalysis().fit([], out=tmp_path / "cut", resume=True)
    for one, other in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hidden": 7}, "has --hidden 6, got 7; leave --hidden out with --from"),
        ({"direction": "both"}, "has --direction forward, got both; leave --direction out"),
        ({"cut": "spaces"}, "has --cut tokens, got spaces"),
        ({"vectors": "v.txt"}, "has --vectors None, got v.txt"),
        ({"embedding": 5, "cell": "lstm"}, "has --embedding 4, got 5"),
    ],
)
def test_what_the_language_model_fixes(options: dict[str, Any], words: str, folder: Path, tmp_path: Path) -> None:
    source = language_model(folder, "word").folder
    with pytest.raises(UserError, match=words):
        SentimentAnalysis(**options).fit(str(folder / "table.tsv"), out=tmp_path / "r", start_from=source)
    assert not (tmp_path / "r").exists()


def test_models_that_cannot_be_begun_with(folder: Path, tmp_path: Path) -> None:
    one_hot = language_model(folder, "character", embedding=0)
    with pytest.raises(UserError, match="has --embedding 0"):
        SentimentAnalysis(**STILL).fit(str(folder / "table.tsv"), out=tmp_path / "r", start_from=one_hot.folder)


def vectors(path: Path, lines: list[str]) -> str:
    data = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return str(path)


def test_it_begins_with_vectors_from_a_file(folder: Path, tmp_path: Path) -> None:
    file = vectors(tmp_path / "v.txt.gz", ["fine 1 2 3", "Cold -1 0.5 2e-1", "other 0 0 0"])
    made = SentimentAnalysis(**STILL, hidden=4, vectors=file).fit(str(folder / "table.tsv"), out=tmp_path / "r")
    assert made.config["model"]["embedding"] == 3
    assert made.result["vectors"]["words"] == 2
    Path(file).unlink()
    model, vectorizer = rnnkit.load(made.folder).model.eval(), made.fitted.input
    read = model.encoder(vectorizer.encode([["Fine", "COLD"]]).batch(torch.arange(1).numpy())).data[0]
    torch.testing.assert_close(read, torch.tensor([[1.0, 2, 3], [-1, 0.5, 0.2]]))
    others = [place for place in range(len(vectorizer.words)) if vectorizer.words[place] not in ("fine", "cold")]
    given = torch.tensor([[1.0, 2, 3], [-1, 0.5, 0.2]])
    assert 0.7 < float(model.encoder.weight[others].detach().std() / given.std()) < 1.4
    again = SentimentAnalysis(**STILL).fit(str(folder / "table.tsv"), out=tmp_path / "again", start_from=made.folder)
    assert again.config["model"]["embedding"] == 3
    card = (made.folder / "README.md").read_text()
    assert f"the word vectors of {file}, which has 2 of the {len(vectorizer.words) - 2} words" in card


def test_vectors_of_another_width_than_was_asked_for(folder: Path, tmp_path: Path) -> None:
    file = vectors(tmp_path / "v.txt", ["fine 1 2 3"])
    with pytest.raises(UserError, match="have width 3, got --embedding 4; leave --embedding out"):
        SentimentAnalysis(**STILL, vectors=file, embedding=4).fit(str(folder / "table.tsv"), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()
