"""A minute with rnnkit: train on Python's own documentation, score, generate, suggest.

Every step is a command that is printed before it runs, so that it can be repeated by hand.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from pydoc_data.topics import topics


def command(*arguments: str) -> None:
    """Prints a rnnkit command and runs it."""
    print(f"\n$ {shlex.join(['rnnkit', *arguments])}", flush=True)
    subprocess.run([sys.executable, "-m", "rnnkit", *arguments], check=True)


def main() -> None:
    """The demonstration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", default="60s", help="time for training")
    parser.add_argument("--out", default="demo-run", type=Path, help="folder that is made anew")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir()
    text = options.out / "python-documentation.txt"
    text.write_text("\n\n".join(topics[name] for name in sorted(topics)), encoding="utf-8")
    print(f"The text: {text}, {text.stat().st_size:,} bytes of Python's language reference.")
    run = str(options.out / "run")
    command("train", "text-generation", str(text), "--out", run, "--budget", options.budget)
    command("predict", run, "The value of", "--length", "400")
    command("predict", run, "raises an ", "--suggest", "5")


if __name__ == "__main__":
    main()
