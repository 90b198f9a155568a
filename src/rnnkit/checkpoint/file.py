"""One file of tensors and facts, written whole or not at all, and checked when read.

It is a safetensors file whose metadata has one entry, `rnnkit`, a JSON object: `format` (this layout's
number), `kind`, `digest` (SHA-256 of the tensors' bytes in the order of their names) and `facts`.
Nothing is pickled; reading runs no code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from rnnkit.errors import UserError

FORMAT = 1


def save(path: Path, kind: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Writes `tensors` and `facts` (what JSON can hold) to `path`, in place of what was there.

    Raises `UserError` where the disk is full or closed to us; the file that was there is then untouched.
    """
    ready = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    head = {"format": FORMAT, "kind": kind, "digest": _digest(ready), "facts": dict(facts)}
    with replacing(path) as partial:
        # The library makes files that only their owner may read; made first, this one has the usual rights.
        partial.touch()
        rights = partial.stat().st_mode
        save_file(ready, partial, metadata={"rnnkit": json.dumps(head)})
        partial.chmod(rights)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a path to write to; what is there afterwards takes the place of `path` at once."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        yield path  # a device or a pipe, such as /dev/stdout, which nothing may take the place of
        return
    target = path.resolve()  # so that a link stays one, and `.` has a name
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        os.replace(partial, target)
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"could not write {path} ({_reason(error)}); make room or choose another --out; what was there is unchanged"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file whole or not at all, as `save` does. Lone surrogates, as names of files may have, are escaped
    as JSON does."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


def check_place(path: Path, flag: str) -> None:
    """Raises `UserError` where no file can be written, so that this is known before the work that it is for."""
    if path.is_dir():
        raise UserError(f"{flag} takes the name of a file, got the folder {path}; name a file in it")
    if not path.parent.is_dir():
        raise UserError(f"{flag} takes a file in a folder that exists, got {path}; make the folder {path.parent} first")
    if not (path.exists() and not path.is_file()) and not os.access(path.parent, os.W_OK):
        raise UserError(f"{flag} takes a file in a folder that you may write to, got {path}; choose another folder")


def load(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and facts of a file that `save` wrote.

    Raises `UserError` where it is missing, cut short, altered, of another kind, or from a newer rnnkit.
    """
    if not path.is_file():
        raise UserError(f"expected a file at {path}, but there is none; check the run folder")
    try:
        with safe_open(path, framework="pt") as file:
            head = json.loads((file.metadata() or {})["rnnkit"])
            if head["format"] > FORMAT:
                raise UserError(
                    f"{path} was made by a newer rnnkit (format {head['format']}); upgrade rnnkit to read it"
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        found, digest, facts = head["kind"], head["digest"], dict(head["facts"])
    except UserError:
        raise
    except (SafetensorError, OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise UserError(
            f"expected a whole {kind} file, but {path} is cut short or damaged ({_reason(error)})"
        ) from None
    if found != kind:
        raise UserError(f"expected a {kind} file, but {path} is a {found} file")
    if digest != _digest(tensors):
        raise UserError(f"expected {path} as it was written, but it was altered since; use a copy of the original")
    return tensors, facts


def _digest(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data if tensor.numel() else b"")
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
