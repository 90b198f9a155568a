"""The package's surface: every public name is there, and naming the package costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rnnkit


@pytest.mark.parametrize("name", rnnkit.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(rnnkit, name) is not None


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = rnnkit.nothing


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after some code."""
    whole = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", whole], check=True, capture_output=True, text=True)
    return set(done.stderr.split())


def test_help_does_not_wait_for_pytorch() -> None:
    assert "torch" not in loaded_after("from rnnkit.cli.main import run; run(['--help']); run(['--version'])")


def test_a_trained_model_is_loaded_without_what_only_training_needs() -> None:
    loaded = loaded_after("import rnnkit.cli.predict")
    assert "torch" in loaded
    assert not loaded & {"lightning_fabric", "tensorboard", "matplotlib"}
