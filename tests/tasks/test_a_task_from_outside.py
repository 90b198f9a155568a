"""A task that another package declares, in one file of at most sixty lines, has the whole command line."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from commandline import good

SOURCE = Path(__file__).parents[1] / "outside" / "urgency.py"
WORDS = {"now": ("now", "help", "broken", "fire"), "later": ("someday", "idea", "maybe", "nice")}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with messages, and on Python's path a package that adds the task by an entry point."""
    package = tmp_path / "site"
    about = package / "urgency-1.0.dist-info"
    about.mkdir(parents=True)
    (package / "urgency.py").write_text(SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: urgency\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[rnnkit.tasks]\nurgency = urgency:Urgency\n")
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.chdir(tmp_path)
    chance = random.Random(0)
    with open("mail.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "urgency"])
        for n in range(120):
            label = chance.choice(list(WORDS))
            rows.writerow([n, f"please {chance.choice(WORDS[label])} {chance.choice(('sir', 'all'))}", label])
    return tmp_path


def test_it_is_one_short_file() -> None:
    assert len(SOURCE.read_text(encoding="utf-8").splitlines()) <= 60


def test_it_trains_evaluates_predicts_follows_and_explains(here: Path) -> None:
    assert "urgency" in good("tasks").out
    assert "--hidden" in good("train", "urgency", "--help").out
    good("train", "urgency", "mail.csv", "--out", "run", "--steps", "40", "--hidden", "6")
    scores = json.loads(good("evaluate", "run", "mail.csv", "--json").out)
    assert scores["accuracy"] > 0.9
    assert scores["baseline"]["accuracy"] > 0.9
    assert good("predict", "run", "please help sir").out.split()[-1] == "now"
    steps = [
        json.loads(line) for line in good("predict", "run", "please help sir", "--follow", "--json").out.splitlines()
    ]
    assert [step["word"] for step in steps] == ["please", "help", "sir"]
    rows = list(csv.DictReader(good("predict", "run", "--file", "mail.csv").out.splitlines()))
    assert list(rows[0]) == ["id", "text", "urgency", "predicted", "probability"]
    assert [row["id"] for row in rows] == [str(n) for n in range(120)]
    explained = json.loads(good("explain", "run", "please help sir", "--json").out)
    assert max(zip(explained["reasons"][0]["parts"], ("please", "help", "sir"), strict=True))[1] == "help"
    good("train", "urgency", "mail.csv", "--out", "finer", "--from", "run", "--steps", "5")
