"""A hand that is nobody's, learned from made-up words, and a page that a network writes in it.

    python examples/write_by_hand.py FOLDER [TIME]      writes page.svg, which draws itself, and page.png

TIME is how long the network learns, 4m unless it is given. Letters are a few points each, joined by curves; a writer
leans, stretches and shakes them.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

import numpy as np

import rnnkit
from rnnkit.data.ink.reading import Stroke

LETTERS = {
    "a": "4,4 2,4 0,2 1,0 3,0 4,2 4,4 4,1 5,0", "b": "0,8 0,0 0,3 2,4 4,2 2,0 0,0", "c": "4,3 2,4 0,2 2,0 4,1",
    "d": "4,4 2,4 0,2 1,0 3,0 4,2 4,8 4,1 5,0", "e": "0,2 4,2 3,4 1,4 0,2 1,0 3,0 4,1",
    "f": "4,7 3,8 2,6 2,0|0,4 4,4", "g": "4,4 2,4 0,2 1,0 3,0 4,2 4,4 4,-3 2,-4 0,-3",
    "h": "0,8 0,0 0,2 2,4 4,3 4,0", "i": "1,4 1,1 2,0|1,6", "j": "2,4 2,-3 1,-4 0,-3|2,6",
    "k": "0,8 0,0|4,4 0,2 4,0", "l": "0,8 0,1 1,0", "m": "0,4 0,0 0,3 1,4 2,3 2,0 2,3 4,4 5,3 5,0",
    "n": "0,4 0,0 0,3 2,4 4,3 4,0", "o": "2,4 0,2 2,0 4,2 2,4", "p": "0,4 0,-4 0,3 2,4 4,2 2,0 0,1",
    "q": "4,4 2,4 0,2 2,0 4,2 4,4 4,-4", "r": "0,4 0,0 0,2 2,4 3,4", "s": "4,3 2,4 0,3 4,1 2,0 0,1",
    "t": "2,7 2,1 3,0|0,4 4,4", "u": "0,4 0,1 2,0 4,1 4,4 4,0", "v": "0,4 2,0 4,4", "w": "0,4 1,0 3,3 5,0 6,4",
    "x": "0,4 4,0|4,4 0,0", "y": "0,4 2,0|4,4 0,-4", "z": "0,4 4,4 0,0 4,0",
}  # fmt: skip
"""strokes of points x,y: small letters are 4 high"""
WORDS = """
the quick brown fox jumps over a lazy dog pack my box with five dozen jugs of liquor sphinx black quartz judge vow
how vexingly zebras jump bright vixens fowl who when where that this have from they will would there their what about
which make like time just know take people into year your good some could them see other than then now look only come
its think also back after use two our work first well way even new want because any these give day most water river
stone light night house garden winter summer letter number paper pencil writing hand page line word
""".split()  # noqa: SIM905
EXAMPLES = 1200
TEXT = "what a network has learned of a hand that is nobodys it writes with care and never twice the same way"


def points_of(stroke: str) -> Stroke:
    """The points of a stroke of `LETTERS`."""
    return np.array([[float(number) for number in point.split(",")] for point in stroke.split()])


def curved(points: Stroke, steps: int = 4) -> Stroke:
    """Points along a curve through some (Catmull and Rom 1974), as a pen gives them."""
    around = np.concatenate([points[:1], points, points[-1:]])
    made = [points[:1]]
    for before, start, end, after in zip(around, around[1:], around[2:], around[3:], strict=False):
        for t in np.linspace(0, 1, steps + 1)[1:]:
            bent, turned = 2 * before - 5 * start + 4 * end - after, 3 * start - before - 3 * end + after
            made.append((2 * start + (end - before) * t + bent * t**2 + turned * t**3)[None] / 2)
    return np.concatenate(made)


def written(word: str, chance: random.Random) -> list[Stroke]:
    """A word as such a writer would write it, y growing downwards."""
    slant, wide, shake = 0.35 + chance.gauss(0, 0.06), chance.gauss(1, 0.05), 0.12
    place, strokes = 0.0, []
    for letter in word:
        parts = [points_of(part) for part in LETTERS[letter].split("|")]
        high, turn = chance.gauss(1, 0.05), chance.gauss(0, 0.04)
        for part in parts:
            x, y = (part + [[chance.gauss(0, shake), chance.gauss(0, shake)] for _ in part]).T
            leaning = np.stack([wide * x + slant * y + turn * y, -high * y], axis=1) + np.array([place, 0])
            strokes.append(leaning if len(part) == 1 else curved(leaning))
        place += wide * (max(part[:, 0].max() for part in parts) + 1.2 + chance.gauss(0, 0.15))
    return [np.round(10 * stroke, 1) for stroke in strokes]


def main() -> None:
    out, chance = Path(sys.argv[1]), random.Random(1)
    budget = sys.argv[2] if len(sys.argv) > 2 else "4m"
    out.mkdir(parents=True, exist_ok=True)
    words = [chance.choice(WORDS) for _ in range(EXAMPLES)]
    rows = [{"ink": json.dumps([s.tolist() for s in written(word, chance)]), "text": word} for word in words]
    with tempfile.TemporaryDirectory() as folder:
        task = rnnkit.tasks.HandwritingSynthesis(budget=budget)
        scribe = task.fit(rows, out=Path(folder) / "run")
        files = (str(out / "page.svg"), str(out / "page.png"))
        (strokes,) = scribe.predict(TEXT, bias=0.7, line=14.0, write=files)
        print(f"{len(strokes)} strokes; see {files[0]}")


if __name__ == "__main__":
    main()
