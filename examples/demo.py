"""Two jobs in under two minutes: a language model of Python's own documentation, and a classifier of written digits.

Every step is a command that is printed before it runs, so that it can be repeated by hand. The data come with Python
and with scikit-learn; nothing is downloaded.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
from sklearn.datasets import load_digits

SIZES = ["--hidden", "256", "--batch", "16", "--dropout", "0", "--validations", "5"]
"""what one slow core trains in a minute: small batches are more steps, and it sees the text too few times to overfit"""


def command(*arguments: str) -> None:
    """Prints a rnnkit command and runs it."""
    print(f"\n$ {shlex.join(['rnnkit', *arguments])}", flush=True)
    subprocess.run([sys.executable, "-m", "rnnkit", *arguments], check=True)


def write_documentation(path: Path) -> None:
    """Python's language reference as text. Its topics share paragraphs: each stands there once, so that what validates
    was not learned from."""
    parts = (part.strip("\n") for name in sorted(topics) for part in topics[name].split("\n\n"))
    path.write_text("\n\n".join(dict.fromkeys(parts)) + "\n", encoding="utf-8")


def write_digits(path: Path) -> None:
    """1,797 pictures of written digits, each as a series of its 8 rows of 8 numbers."""
    digits = load_digits()
    rows = digits.images.reshape(-1, 8).astype(np.float32)
    lengths = np.full(len(digits.images), 8)
    np.savez(path, values=rows, lengths=lengths, labels=digits.target, classes=digits.target_names.astype(str))


def main() -> None:
    """The demonstration."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", default="60s", help="time to train the language model")
    parser.add_argument("--digits-budget", default="10s", help="time to train the classifier")
    parser.add_argument("--out", default="demo-run", type=Path, help="folder that is made anew")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir()
    text, run = options.out / "python-documentation.txt", str(options.out / "text")
    write_documentation(text)
    print(f"The text: {text}, {text.stat().st_size:,} bytes of Python's language reference.")
    command("train", "text-generation", str(text), "--out", run, "--budget", options.budget, *SIZES)
    command("predict", run, "The value of", "--length", "400")
    command("predict", run, "raises an ", "--suggest", "5")

    pictures, run = options.out / "digits.npz", str(options.out / "digits")
    write_digits(pictures)
    print(f"\nThe series: {pictures}, 1,797 written digits, read row by row.")
    command("train", "series-classification", str(pictures), "--out", run, "--budget", options.digits_budget)
    print(f"\nWhich digit was taken for which: {run}/confusion.png. All scores: {run}/README.md.")


if __name__ == "__main__":
    main()
