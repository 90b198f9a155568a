"""What the README shows runs: its Python, and its commands (with less time)."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rnnkit.cli.main import main
from texts import ENGLISH, write

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "train.txt", 30_000)
    (tmp_path / "valid.txt").write_text(ENGLISH[30_000:33_000], encoding="utf-8")
    rows = [f"{'good' if n % 2 else 'bad'}\tit was {'a gripping' if n % 2 else 'no good'} film {n}" for n in range(80)]
    (tmp_path / "reviews.tsv").write_text("\n".join(["label\ttext", *rows]) + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("code", [code for language, code in BLOCKS if language == "python"])
def test_python(code: str, here: Path) -> None:
    exec(compile(code, "README.md", "exec"), {})


def test_commands(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = [
        line for language, code in BLOCKS if not language for line in code.splitlines() if line.startswith("rnnkit ")
    ]
    assert len(commands) >= 4
    for command in commands:
        arguments = shlex.split(re.sub(r"--budget \S+", "--budget 2s", command))[1:]
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert not end.value.code, (command, capsys.readouterr().err)
