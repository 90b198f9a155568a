"""Language models of words in the ARPA format, as SRILM, KenLM and others write them."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import regex

from rnnkit.errors import UserError

TEN = math.log(10.0)
MARKS = BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"


class ArpaModel:
    """A back-off model: the log-probability of a word after the longest run of words that the model has, with the
    back-off weights of the runs that it has not (Katz 1987). Remembered are the last words.

    A word that it has not is scored as `<unk>`, or where that is missing, as ten times less likely than the rarest.
    """

    def __init__(self, log_probs: dict[tuple[str, ...], float], back_offs: dict[tuple[str, ...], float]) -> None:
        self._log_probs, self._back_offs = log_probs, back_offs
        self.order = max(map(len, log_probs))
        rarest = min((value for run, value in log_probs.items() if len(run) == 1 and value > -90), default=-20.0)
        self._unknown = log_probs.get((UNKNOWN,), rarest - TEN)

    @classmethod
    def load(cls, path: str | Path) -> ArpaModel:
        """A model from a file, which may be gzipped. Raises `UserError` where it is none."""
        opened: Any = gzip.open if str(path).endswith(".gz") else open
        try:
            with opened(path, "rt", encoding="utf-8") as lines:
                return cls._read(lines, str(path))
        except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
            raise UserError(f"expected an ARPA language model at {path}, but it cannot be read: {error}") from None

    @classmethod
    def _read(cls, lines: Iterable[str], title: str) -> ArpaModel:
        log_probs, back_offs, order = dict[tuple[str, ...], float](), dict[tuple[str, ...], float](), 0
        for number, line in enumerate(lines, 1):
            fields = line.split()
            section = regex.fullmatch(r"\\(\d{1,2})-grams:", line.strip())
            if section:
                order = int(section[1])
            elif line.strip() == "\\end\\":
                break
            elif fields and order:
                try:
                    words = tuple(fields[1 : order + 1])
                    log_probs[words] = _nats(fields[0])
                    if len(words) != order or len(fields) > order + 2:
                        raise ValueError
                    if len(fields) == order + 2:
                        back_offs[words] = _nats(fields[-1])
                except ValueError:
                    wanted = f"a number, {order} words, and perhaps a number"
                    raise UserError(f"{title}, line {number}: expected {wanted}, got {line.strip()[:80]!r}") from None
        if not any(len(words) == 1 for words in log_probs):
            raise UserError(f"expected an ARPA language model at {title}, but it has no \\1-grams:; check the file")
        return cls(log_probs, back_offs)

    def first(self) -> Hashable:
        """The beginning of a text."""
        return (BEGIN,) if (BEGIN,) in self._log_probs else ()

    def follow(self, before: Hashable, word: str) -> tuple[float, Hashable]:
        """The log-probability of a word, in nats, and the words after it."""
        assert isinstance(before, tuple)
        known = word if (word,) in self._log_probs else UNKNOWN
        return self._score(before, known), (*before, known)[-(self.order - 1) :] if self.order > 1 else ()

    def end(self, before: Hashable) -> float:
        """The log-probability that a text ends there; 0 where the model does not say."""
        assert isinstance(before, tuple)
        return self._score(before, END) if (END,) in self._log_probs else 0.0

    def words(self) -> Mapping[str, float]:
        """Its words, with their log-probabilities, whatever comes before."""
        return {run[0]: value for run, value in self._log_probs.items() if len(run) == 1 and run[0] not in MARKS}

    def unknown(self, letters: str) -> float:
        """The log-probability of a word that it has not."""
        return self._unknown

    def _score(self, before: tuple[str, ...], word: str) -> float:
        run = (*before, word)[-self.order :]
        backed = 0.0
        while len(run) > 1 and run not in self._log_probs:
            backed += self._back_offs.get(run[:-1], 0.0)
            run = run[1:]
        return backed + self._log_probs.get(run, self._unknown)


def _nats(text: str) -> float:
    """A base-10 logarithm as a natural one. Raises `ValueError` where it is none."""
    value = float(text)
    if math.isnan(value):
        raise ValueError(text)
    return value * TEN
