"""Made-up handwriting: words of a few letters, as strokes or as a picture of a line."""

from __future__ import annotations

import base64
import io
import json
import math
import random

from PIL import Image, ImageDraw

Strokes = list[list[list[float]]]

LETTERS: dict[str, Strokes] = {
    "l": [[[0.2, 0], [0.2, 1]]],
    "o": [[[0.4 + 0.3 * math.cos(a / 2), 0.7 + 0.3 * math.sin(a / 2)] for a in range(14)]],
    "v": [[[0, 0.4], [0.3, 1], [0.6, 0.4]]],
    "x": [[[0, 0.4], [0.5, 1]], [[0.5, 0.4], [0, 1]]],
    "i": [[[0.2, 0.4], [0.2, 1]], [[0.2, 0.1]]],
}


def written(text: str, chance: random.Random) -> Strokes:
    """A word as a shaky pen writes it, y growing downwards."""
    size = chance.uniform(20, 60)
    return [
        [[round(size * (x + 0.9 * place + chance.gauss(0, 0.02)), 2), round(size * (y + chance.gauss(0, 0.02)), 2)]
         for x, y in stroke]
        for place, letter in enumerate(text)
        for stroke in LETTERS[letter]
    ]  # fmt: skip


def drawn(strokes: Strokes, height: int = 24) -> str:
    """A picture of strokes, as a `data:` address."""
    highest = max(y for stroke in strokes for _, y in stroke)
    scale = (height - 5) / highest
    width = round(scale * max(x for stroke in strokes for x, _ in stroke)) + 8
    picture = Image.new("L", (width, height), 235)
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        points = [(3 + scale * x, 3 + scale * y) for x, y in stroke]
        pen.line(points if len(points) > 1 else [*points, (points[0][0] + 1, points[0][1])], fill=40, width=2)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def word_of(chance: random.Random) -> str:
    """One or two letters."""
    return "".join(chance.choices("lo", k=chance.randint(1, 2)))


def inks(count: int, seed: int) -> list[dict[str, str]]:
    """Words as strokes, in JSON."""
    chance = random.Random(seed)
    words = [word_of(chance) for _ in range(count)]
    return [{"ink": json.dumps(written(word, chance)), "text": word} for word in words]


def line_pictures(count: int, seed: int) -> list[dict[str, str]]:
    """Words as pictures."""
    chance = random.Random(seed)
    words = [word_of(chance) for _ in range(count)]
    return [{"image": drawn(written(word, chance)), "text": word} for word in words]


def letters(count: int, seed: int) -> list[dict[str, str]]:
    """Letters as strokes, and which."""
    chance = random.Random(seed)
    each = ["lov"[number % 3] for number in range(count)]
    return [{"ink": json.dumps(written(letter, chance)), "label": letter} for letter in each]


def sketches(count: int, seed: int) -> list[dict[str, str]]:
    """Letters as strokes, of which nothing is said."""
    return [{"ink": row["ink"]} for row in letters(count, seed)]


def boxed(count: int, seed: int) -> list[dict[str, str]]:
    """Pictures of one or two discs, dark or light, and a row for the box around each."""
    chance, rows = random.Random(seed), list[dict[str, str]]()
    while len(rows) < count:
        picture = Image.new("RGB", (chance.randint(40, 60), chance.randint(40, 60)), (120, 140, 120))
        pen, each = ImageDraw.Draw(picture), list[dict[str, str]]()
        for _ in range(min(chance.randint(1, 2), count - len(rows))):
            side, label = chance.randint(14, 18), chance.choice(["dark", "light"])
            x, y = chance.randint(0, picture.width - side), chance.randint(0, picture.height - side)
            pen.ellipse((x, y, x + side - 1, y + side - 1), fill=(20, 20, 30) if label == "dark" else (240, 240, 220))
            sides = {"x": x, "y": y, "width": side, "height": side}
            each.append({**{name: str(value) for name, value in sides.items()}, "label": label})
        file = io.BytesIO()
        picture.save(file, "PNG")
        address = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
        rows += [{"image": address, **box} for box in each]
    return rows
