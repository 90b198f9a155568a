"""Ten free pictures that scikit-image and scikit-learn ship, each with the caption of a trained run, as one picture;
and where the network looked as it wrote one of them.

    pip install scikit-image
    python benchmarks/show_captions.py RUN docs/captions.png docs/looks.png
"""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image

import rnnkit

NAMES = ("astronaut", "camera", "cat", "coffee", "horse", "rocket", "coins", "moon")
DRAWN = "astronaut"


def pictures() -> dict[str, Any]:
    """By name, `(H, W, 3)` from 0 to 255."""
    found = {name: getattr(data, name)() for name in NAMES}
    found |= {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}
    return {name: as_colours(picture) for name, picture in found.items()}


def as_colours(picture: Any) -> Any:
    """A picture of one channel, of truth values, or of colours, in colours."""
    if picture.dtype == bool:
        picture = 255 * picture.astype(np.uint8)
    return np.asarray(Image.fromarray(picture).convert("RGB"))


def main() -> None:
    """Draws both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("run", "captions", "looks"):
        parser.add_argument(name)
    options = parser.parse_args()
    shown, trained = pictures(), rnnkit.load(options.run)
    answers = trained.predict(list(shown.values()))
    figure, axes = plt.subplots(2, 5, figsize=(13, 6.4), constrained_layout=True)
    for axis, picture, answer in zip(axes.flat, shown.values(), answers, strict=True):
        axis.imshow(picture)
        axis.set_title(textwrap.fill(answer.text, 30), fontsize=9)
        axis.axis("off")
    figure.savefig(options.captions, dpi=75)
    trained.predict(shown[DRAWN], attention=options.looks)
    for name, answer in zip(shown, answers, strict=True):
        print(f"{name}: {answer.text}")


if __name__ == "__main__":
    main()
