"""Files of tensors: whole or not at all, and every kind of damage is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from rnnkit import checkpoint
from rnnkit.checkpoint import file as layout
from rnnkit.errors import UserError

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(3, dtype=torch.int64), "empty": torch.zeros(0, 2)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "file.safetensors"
    checkpoint.save(found, "weights", TENSORS, {"step": 3})
    return found


def test_what_is_saved_is_loaded(path: Path) -> None:
    tensors, facts = checkpoint.load(path, "weights")
    assert facts == {"step": 3}
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert os.listdir(path.parent) == [path.name]


def test_every_cut_is_noticed(path: Path) -> None:
    data = path.read_bytes()
    for size in range(0, len(data), 7):
        path.write_bytes(data[:size])
        with pytest.raises(UserError, match="cut short or damaged"):
            checkpoint.load(path, "weights")


def test_every_altered_tensor_byte_is_noticed(path: Path) -> None:
    data = path.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    for place in range(header, len(data)):
        altered = bytearray(data)
        altered[place] ^= 1
        path.write_bytes(altered)
        with pytest.raises(UserError, match="altered"):
            checkpoint.load(path, "weights")


def test_other_files_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a weights file"):
        checkpoint.load(path, "stream")
    with pytest.raises(UserError, match="there is none"):
        checkpoint.load(tmp_path / "missing", "weights")
    save_file(TENSORS, tmp_path / "foreign")
    with pytest.raises(UserError, match="damaged"):
        checkpoint.load(tmp_path / "foreign", "weights")
    head = {"format": layout.FORMAT + 1, "kind": "weights", "digest": "", "facts": {}}
    save_file(TENSORS, tmp_path / "newer", metadata={"rnnkit": json.dumps(head)})
    with pytest.raises(UserError, match="newer rnnkit"):
        checkpoint.load(tmp_path / "newer", "weights")


def test_a_failed_write_leaves_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(layout.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        checkpoint.save(path, "weights", {"a": torch.ones(1)}, {})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_parameters_fill_only_what_fits() -> None:
    source, target = nn.Linear(2, 3), nn.Linear(2, 3)
    checkpoint.fill(target, checkpoint.parameters_of(source), "the file")
    assert torch.equal(source.weight, target.weight)
    with pytest.raises(UserError, match=r"the file does not fit .* for weight expected \(4, 2\), got \(3, 2\)"):
        checkpoint.fill(nn.Linear(2, 4), checkpoint.parameters_of(source), "the file")
    with pytest.raises(UserError, match="for bias expected"):
        checkpoint.fill(nn.Linear(2, 3), {"weight": source.weight}, "the file")
