"""Why an answer was given: of every task that parts add up, and of made-up texts, in which one word decides, what is
shown from Python, on the command line and as a page."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.special import expit

from commandline import command
from rnnkit.checkpoint import write_text
from rnnkit.errors import UserError
from rnnkit.inspection import attribution, page
from rnnkit.tasks import SentimentAnalysis, TextClassification
from rnnkit.tasks.classification.text_classifier import TextClassifier
from tiny import TINY

SMALL: dict[str, Any] = {"hidden": 8, "embedding": 8, "batch": 8, "learning_rate": 0.02, "validations": 2}
GOOD, BAD, PLAIN = ("fine", "lovely", "warm"), ("grim", "dull", "cold"), ("the", "day", "was", "and", "sea")


def texts(count: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """Texts of plain words with one of a kind among them, that word, and its kind."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        words = list(chance.choices(PLAIN, k=chance.randint(2, 8)))
        planted = chance.choice(GOOD if number % 2 else BAD)
        words.insert(chance.randrange(len(words)), planted)
        made.append((" ".join(words), planted, "good" if number % 2 else "bad"))
    return made


def table(path: Path, count: int = 200, label: str = "{}") -> str:
    rows = [f"{text}\t{label.format(kind)}\n" for text, _, kind in texts(count)]
    return str(write_text(path, "text\tlabel\n" + "".join(rows)) or path)


@pytest.fixture(scope="module")
def forward(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    folder = tmp_path_factory.mktemp("forward")
    options = {**SMALL, "direction": "forward", "pooling": "last+max", "steps": 100}
    return SentimentAnalysis(**options).fit(table(folder / "t.tsv"), out=folder / "r")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    folder = tmp_path_factory.mktemp("both")
    return TextClassification(**SMALL, pooling="attention", steps=60).fit(table(folder / "t.tsv"), out=folder / "r")


@pytest.fixture(params=["forward", "both"])
def run(request: pytest.FixtureRequest) -> TextClassifier:
    found: TextClassifier = request.getfixturevalue(request.param)
    return found


def test_the_planted_word_has_the_largest_share(run: TextClassifier) -> None:
    found = 0
    for text, planted, kind in texts(20, 1):
        explanation = run.explain(text)
        (reason,) = explanation.reasons
        assert reason.label == explanation.of.answer["label"] == kind
        assert reason.attribution.complete
        assert sum(row.share for row in reason.rows) == pytest.approx(1)
        found += max(reason.rows, key=lambda row: row.adds).part == planted
    assert found >= 19


def test_words_with_large_parts_are_missed_more(run: TextClassifier) -> None:
    dropped = {"largest": 0.0, "smallest": 0.0}
    for text, _, _ in texts(20, 2):
        explanation = run.explain(text)
        (reason,) = explanation.reasons
        parts = reason.attribution.parts
        for name, chosen in (("largest", max(parts)), ("smallest", min(parts, key=abs))):
            words = list(explanation.of.parts)
            del words[parts.index(chosen)]
            (without,) = run.explain(" ".join(words), reason.label).reasons
            dropped[name] += reason.attribution.score - without.attribution.score
    assert dropped["largest"] > dropped["smallest"] + 10


def test_probabilities_are_those_of_the_prediction(run: TextClassifier) -> None:
    text = "the sea was grim"
    (answer,) = run.predict([text])
    for label in ("good", "bad"):
        explanation = run.explain(text, label)
        (reason,) = explanation.reasons
        assert (explanation.of.answer, reason.label) == (answer.to_json(), label)
        assert reason.probability == answer.probabilities[label]
        assert float(expit(reason.attribution.score)) == pytest.approx(reason.probability, rel=1e-4)
        assert float(expit(reason.attribution.baseline)) == pytest.approx(reason.without)
    one, other = (run.explain(text, label).reasons[0].attribution.parts for label in ("good", "bad"))
    # Of two labels, what speaks for one speaks against the other.
    assert one == pytest.approx([-part for part in other], abs=0.02 * sum(map(abs, one)))


def test_the_answer_after_each_word_where_there_is_one(forward: TextClassifier, both: TextClassifier) -> None:
    explanation = forward.explain("the sea was grim")
    followed = [(answer.label, answer.probability) for _, answer in forward.follow("the sea was grim")]
    assert explanation.of.after == [row.after for row in explanation.reasons[0].rows] == followed
    assert both.explain("the sea was grim").of.after is None


def test_text_is_shown_as_it_was_written(both: TextClassifier) -> None:
    text = "  The sea,\n was   <grim> & 'cold'!"
    explanation = both.explain(text)
    assert [text[start:end] for start, end in explanation.of.places] == explanation.of.parts
    assert Shown(page([explanation])).text == [text]


def test_each_of_several_labels_is_explained(tmp_path: Path) -> None:
    task = TextClassification(**SMALL, steps=60, multi_label=True)
    trained = task.fit(table(tmp_path / "t.tsv", label="{} any"), out=tmp_path / "r")
    reasons = {reason.label: reason for reason in trained.explain("the sea was lovely").reasons}
    assert set(reasons) == {"good", "any"}
    parts = reasons["good"].attribution.parts
    assert parts.index(max(parts)) == 3
    # Where nothing is likely enough, the likeliest is explained.
    with torch.no_grad():
        trained.model.head.linear.bias.sub_(100)
    explanation = trained.explain("the sea was lovely")
    assert explanation.of.answer["label"] == []
    assert len(explanation.reasons) == 1


def test_bad_input(both: TextClassifier) -> None:
    for text in ("", " \n"):
        with pytest.raises(UserError, match="expected a text with words"):
            both.explain(text)
    with pytest.raises(UserError, match="one of bad, good; got 'ugly'"):
        both.explain("the sea", "ugly")


UNEXPLAINED = (
    "forecasting", "stock-prediction", "anomaly-detection", "speech-recognition", "handwriting-recognition",
    "music-composition", "handwriting-synthesis", "speech-synthesis",
)  # fmt: skip
EXPLAINED = {"text-generation": "the cat", "call-analysis": [("agent", "shall i book rome"), ("caller", "yes")]}


def asked(case: str, folder: Path, run: Any) -> Any:
    """An input of a case."""
    task = TINY[case].task
    return EXPLAINED.get(task) or (
        TINY[case].inputs[0] if TINY[case].inputs else run.read([str(folder / "asked.csv")])[0]
    )


@pytest.mark.parametrize("case", [case for case in TINY if TINY[case].task not in UNEXPLAINED])
def test_of_every_task_parts_add_up(case: str, trained: Callable[[str], Path], opened: Callable[[str], Any]) -> None:
    run = opened(case)
    explanation = run.explain(asked(case, trained(case), run))
    assert explanation.reasons
    assert len(explanation.of.vectors) == len(explanation.of.parts) == len(explanation.of.places)
    for reason in explanation.reasons:
        found = reason.attribution
        assert expit(found.score) == pytest.approx(reason.probability, abs=1e-3)
        if found.complete:
            assert sum(found.parts) == pytest.approx(found.score - found.baseline, rel=0.02, abs=1e-3)
        assert all(map(math.isfinite, found.parts))
    assert json.loads(json.dumps(explanation.to_json()))["text"] == explanation.of.text


class Shown(HTMLParser):
    """What a browser makes of a page, as far as it matters here."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.titles: list[str] = []
        self.text: list[str] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.titles += [given["title"] or ""] if "title" in given else []
        if given.get("class") == "text":
            self.text.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text[-1] += data


def test_a_page_shows_texts_and_does_not_run_them(forward: TextClassifier) -> None:
    attack = """</p><script>alert(1)</script> "><img src=x onerror='alert(2)'> &lt; grim"""
    explanation = forward.explain(attack)
    label = "<b>bad</b>"
    reasons = [
        replace(reason, label=label, rows=[replace(row, after=(label, 0.5)) for row in reason.rows])
        for reason in explanation.reasons
    ]
    renamed = replace(explanation, reasons=reasons)
    html = page([renamed, forward.explain("a lovely day")])
    found = Shown(html)
    assert found.text == [attack, "a lovely day"]
    assert not {"script", "img", "b"} & set(found.tags)
    assert "http" not in html
    assert "prefers-color-scheme: dark" in html
    assert len(found.titles) == len(explanation.of.parts) + 3
    assert all(re.fullmatch(r"[+-]\d+\.\d{3} \(\d+\.\d%\)", title) for title in found.titles)
    assert found.tags.count("table") == 2


def test_a_table_without_colours(forward: TextClassifier, both: TextClassifier) -> None:
    code, out, err = command("explain", both.folder, "the sea was [red]grim\x1b[31m", "--label", "bad")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("bad: ")
    assert "with nothing known of any part" in lines[0]
    assert lines[2].split()[2] == "the"
    assert re.match(r"the parts add up but for \d\.\d\d% of the difference, after \d+ steps$", lines[-1])
    assert "\x1b" not in out
    _, out, _ = command("explain", forward.folder, "the sea was grim", "--label", "good")
    assert out.startswith("good: ")
    assert re.search(r"grim +\d+\.\d% bad$", out, flags=re.MULTILINE)


def test_colours_on_a_terminal(both: TextClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, out, _ = command("explain", both.folder, "the sea was lovely [bold]")
    assert "\x1b[38;2;0;0;0;48;2;96;165;250mlovely\x1b[0m" in out, "the strongest word's ground is the strongest blue"
    assert "[bold]" in re.sub(r"\x1b\[[\d;]*m", "", out)
    _, plain, _ = command("explain", both.folder, "the sea was lovely", "--plain")
    monkeypatch.setenv("NO_COLOR", "1")
    _, without, _ = command("explain", both.folder, "the sea was lovely")
    assert plain == without
    assert "\x1b" not in plain


def test_json_and_a_page(forward: TextClassifier, tmp_path: Path) -> None:
    file = tmp_path / "why.html"
    code, out, err = command("explain", forward.folder, "the sea was grim", "a lovely day", "--json", "--html", file)
    assert (code, err) == (0, "")
    first, second = map(json.loads, out.splitlines())
    assert second["text"] == "a lovely day"
    assert [word["word"] for word in first["words"]] == ["the", "sea", "was", "grim"]
    (reason,) = first["reasons"]
    missing = sum(reason["parts"]) - (reason["log_odds"] - reason["baseline_log_odds"])
    assert abs(missing) < 0.01 * abs(reason["log_odds"] - reason["baseline_log_odds"])
    assert reason["complete"]
    assert [step["label"] for step in first["after_each_word"]][-1] == "bad"
    assert Shown(file.read_text()).text == ["the sea was grim", "a lovely day"]


def test_what_cannot_be_explained(both: TextClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "why.html"
    for arguments, words in (
        ((both.folder, ""), "expected a text with words"),
        ((both.folder, "x", "--label", "ugly"), "one of bad, good"),
        ((both.folder,), "INPUT"),
        ((tmp_path / "none", "x"), "expected a run folder"),
    ):
        code, out, err = command("explain", *arguments, "--html", file)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert words in err
    assert not file.exists()
    code, _, err = command("explain", both.folder, "x", "--html", tmp_path / "no" / "why.html")
    assert (code, len(err.splitlines())) == (2, 1)
    monkeypatch.setattr(attribution, "TOLERANCE", 0.0)
    _, out, _ = command("explain", both.folder, "the sea was grim")
    assert "after 2048 steps; that is not under" in out
    assert "INPUT…" in command("explain", "--help").out
