"""What the README and docs/shapes.md show runs: Python, and commands (with a few steps instead of their time); what
shapes.md says is printed is printed."""

from __future__ import annotations

import json
import math
import random
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import clips
from drawings import inks, letters
from rnnkit.cli.main import main
from rnnkit.data.columns.series import ONE, Columns, read_series
from rnnkit.tasks import TextGeneration
from sounds import file_of
from speech import RATE, sentence_of, spoken
from texts import ENGLISH, write

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)

SHAPES = (ROOT / "docs" / "shapes.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", SHAPES, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "train.txt", 30_000)
    (tmp_path / "valid.txt").write_text(ENGLISH[30_000:33_000], encoding="utf-8")
    rows = [f"{'good' if n % 2 else 'bad'}\tit was {'a gripping' if n % 2 else 'no good'} film {n}" for n in range(80)]
    words = [f"the {'cat' if n % 2 else 'dog'} sat .\tDET NOUN VERB PUNCT" for n in range(40)]
    (tmp_path / "sentences.tsv").write_text("\n".join(["words\ttags", *words]) + "\n", encoding="utf-8")
    trips = [f"from boston to denver\tO B-from O B-to\t{'flight' if n % 2 else 'fare'}" for n in range(40)]
    (tmp_path / "flights.tsv").write_text("\n".join(["text\tslots\tintent", *trips]) + "\n", encoding="utf-8")
    turns = [
        f"c{n // 4}\t{'yes please' if n % 2 else 'i lost my card'}\t{'yes' if n % 2 else 'loss'}" for n in range(80)
    ]
    (tmp_path / "calls.tsv").write_text("\n".join(["call\ttext\tact", *turns]) + "\n", encoding="utf-8")
    waves = [(n, step, math.sin(step * (1 + n % 2))) for n in range(30) for step in range(60)]
    machines = [f"m{n},{'worn' if n % 2 else 'fine'},{x},{-x}" for n, _, x in waves]
    (tmp_path / "machines.csv").write_text("\n".join(["series,label,current,voltage", *machines]) + "\n")
    gestures = [f"v{n},{step},{'wave' if n % 2 else 'rest'},{x},{-x}" for n, step, x in waves]
    (tmp_path / "gestures.csv").write_text("\n".join(["video,frame,label,x,y", *gestures]) + "\n")
    pairs = [f"a {'dog' if n % 2 else 'cat'} runs\tein {'hund' if n % 2 else 'kater'} rennt" for n in range(40)]
    (tmp_path / "pairs.tsv").write_text("\n".join(["source\ttarget", *pairs]) + "\n", encoding="utf-8")
    mails = [f"please send the report number {n} to all of us\treport number {n}" for n in range(40)]
    (tmp_path / "mails.tsv").write_text("\n".join(["text\tsummary", *mails]) + "\n", encoding="utf-8")
    news = ["the storm , so feared , passed by\t11000011" for _ in range(40)]
    (tmp_path / "news.tsv").write_text("\n".join(["text\tkeep", *news]) + "\n", encoding="utf-8")
    (tmp_path / "photos").mkdir()
    for colour in ("red", "blue", "green"):
        for n in range(8):
            Image.new("RGB", (40, 30 + n), colour).save(tmp_path / "photos" / f"{colour}{n or ''}.png")
    captions = [f"{path.name}\ta {path.stem} picture" for path in sorted((tmp_path / "photos").iterdir())] * 2
    (tmp_path / "captions.tsv").write_text("\n".join(["image\tcaption", *captions]) + "\n", encoding="utf-8")
    pictures = [{"id": n, "file_name": path.name} for n, path in enumerate(sorted((tmp_path / "photos").iterdir()))]
    boxes = [{"image_id": one["id"], "category_id": one["id"] % 2, "bbox": [3, 4, 20, 22]} for one in pictures]
    kinds = [{"id": 0, "name": "plain"}, {"id": 1, "name": "masked"}]
    faces = {"images": pictures, "annotations": boxes, "categories": kinds}
    (tmp_path / "faces.coco.json").write_text(json.dumps(faces))
    closes = [f"{2000 + n // 336}-{1 + n // 28 % 12:02}-{1 + n % 28:02},{50 + n % 7 + n % 3}" for n in range(300)]
    (tmp_path / "prices.csv").write_text("\n".join(["date,close", *closes]) + "\n")
    shops = [(f"shop{n}", day, 10 + n + day % 7) for n in range(4) for day in range(1, 100)]
    for name, chosen in (("sales.csv", range(1, 90)), ("later.csv", range(90, 100))):
        dated = [
            f"{shop},2024-{1 + day // 29:02}-{1 + day % 29:02},{value}" for shop, day, value in shops if day in chosen
        ]
        (tmp_path / name).write_text("\n".join(["series,time,value", *dated]) + "\n")
    hours = [
        f"2024-01-{1 + n // 24:02} {n % 24:02}:00,{20 + 2 * math.sin(n / 4):.2f},{int(n == 390)}" for n in range(400)
    ]
    for name, lines, columns in (
        ("normal.csv", hours[:200], 2),
        ("live.csv", hours[200:], 2),
        ("labelled.csv", hours[200:], 3),
    ):
        cells = [",".join(line.split(",")[:columns]) for line in ["time,value,anomaly", *lines]]
        (tmp_path / name).write_text("\n".join(cells) + "\n")
    chance = random.Random(1)
    (tmp_path / "recordings").mkdir()
    said = [("one.wav", "abc a"), *((f"{n}.wav", sentence_of(chance)) for n in range(39))]
    for name, text in said:
        (tmp_path / "recordings" / name).write_bytes(file_of(spoken(text, chance), RATE))
    heard = [f"{name},{text}" for name, text in said]
    (tmp_path / "spoken.csv").write_text("\n".join(["audio,text", *heard]) + "\n")
    (tmp_path / "names.txt").write_text("bac\tcab\n")
    labelled = [f"{name},{text[0]},{n % 4}" for n, (name, text) in enumerate(said)]
    (tmp_path / "words.csv").write_text("\n".join(["audio,label,speaker", *labelled]) + "\n")
    (tmp_path / "signs").mkdir()
    for n, row in enumerate(clips.clips(40, 1)):
        (tmp_path / "signs" / f"{n}.gif").write_bytes(clips.data_of(row["video"]))
    signs = [f"{n}.gif,{'ab'[n % 2]},{n % 4}" for n in range(40)]
    (tmp_path / "signs.csv").write_text("\n".join(["video,label,signer", *signs]) + "\n")
    described = [f"{n}.gif,a square goes to the {'left' if n % 2 else 'right'}" for n in range(40)]
    (tmp_path / "described.csv").write_text("\n".join(["video,caption", *described]) + "\n")
    scenes = [f"{n}.gif,0,{0.2 + n % 2 / 10:.1f},wave" for n in range(40)]
    (tmp_path / "scenes.csv").write_text("\n".join(["video,start,end,label", *scenes]) + "\n")
    for name, drawings in (("lines.jsonl", inks(40, 1)), ("letters.jsonl", letters(40, 1))):
        (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in drawings))
    pieces = [[[48 + n % 5, 60 + step % 4] for step in range(12)] for n in range(12)]
    (tmp_path / "chorales.json").write_text(json.dumps(pieces))
    songs = [{"notes": [[12 * step, 60 + n % 5 + step % 4, 12] for step in range(20)]} for n in range(24)]
    (tmp_path / "songs.jsonl").write_text("".join(f"{json.dumps(song)}\n" for song in songs))
    for name, mark in (("reviews.tsv", "\t"), ("reviews.csv", ",")):
        lines = [row.replace("\t", mark) for row in ["label\ttext", *rows]]
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("code", [code for language, code in BLOCKS if language == "python"])
def test_python(code: str, here: Path) -> None:
    exec(compile(code, "README.md", "exec"), {})


def test_commands(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    starts = ("rnnkit ", "cut ")
    commands = [
        line for language, code in BLOCKS if not language for line in code.splitlines() if line.startswith(starts)
    ]
    assert len(commands) >= 4
    for command in commands:
        if command.startswith("cut "):
            subprocess.run(command, shell=True, check=True)
            assert Path("reviews.txt").read_text().startswith("it was no good film 0\n")
            continue
        arguments = shlex.split(re.sub(r"--budget \S+", "--steps 5 --validations 1", command))[1:]
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert not end.value.code, (command, capsys.readouterr().err)


@pytest.mark.parametrize(("code", "printed"), PROGRAMS, ids=re.findall("^## (.*?)[,\n]", SHAPES, flags=re.MULTILINE))
def test_shapes(code: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "shapes.md", "exec"), {})
    assert capsys.readouterr().out == printed


def test_every_program_and_picture_of_the_shapes_is_there(tmp_path: Path) -> None:
    assert len(PROGRAMS) == SHAPES.count("```python") == SHAPES.count("\n## ")
    subprocess.run([sys.executable, ROOT / "examples" / "draw_shapes.py", tmp_path], check=True, capture_output=True)
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == sorted(re.findall(r"!\[.*?\]\((.*?\.svg)\)", SHAPES))
    for name in drawn:
        assert (ROOT / "docs" / name).stat().st_size == pytest.approx((tmp_path / name).stat().st_size, rel=0.2)


def test_the_demonstrations_data(tmp_path: Path) -> None:
    """Every paragraph once, so that none that validates was learned from; all digits; sizes that the task has."""
    demo = runpy.run_path(str(ROOT / "examples" / "demo.py"))
    demo["write_documentation"](tmp_path / "documentation.txt")
    paragraphs = (tmp_path / "documentation.txt").read_text(encoding="utf-8").strip("\n").split("\n\n")
    assert len(paragraphs) == len(set(paragraphs)) > 1000
    demo["write_digits"](tmp_path / "digits.npz")
    digits = read_series([str(tmp_path / "digits.npz")], Columns(labels=ONE), "stop", {})
    assert {one.values.shape for one in digits} == {(8, 8)}
    assert {one.labels for one in digits} == {(str(digit),) for digit in range(10)}
    names = [flag.removeprefix("--").replace("-", "_") for flag in demo["SIZES"][::2]]
    TextGeneration(**dict(zip(names, demo["SIZES"][1::2], strict=True)))
