"""Text as learned parts of words, over bytes, so that nothing is unknown: BPE (Sennrich et al. 2016) or
unigram (Kudo 2018), both through the `tokenizers` library."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.decoders import DecodeStream

from rnnkit.data.tokenizers.vocabulary import MARKS


class SubwordTokenizer:
    """One token a learned byte sequence."""

    level = "subword"
    whole_words = False

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.pieces = [tokenizer.decode([v], skip_special_tokens=False) for v in range(tokenizer.get_vocab_size())]

    @classmethod
    def learn(cls, texts: Iterable[str], limit: int, algorithm: str) -> SubwordTokenizer:
        """At most `limit` pieces, by `algorithm` "bpe" or "unigram"."""
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        limit = max(limit, len(alphabet) + len(MARKS))
        shared: dict[str, Any] = {"vocab_size": limit, "special_tokens": list(MARKS), "show_progress": False}
        if algorithm == "bpe":
            tokenizer = Tokenizer(models.BPE())
            trainer: Any = trainers.BpeTrainer(initial_alphabet=alphabet, **shared)
        else:
            tokenizer = Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(initial_alphabet=alphabet, unk_token=MARKS[1], **shared)
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    def encode(self, text: str) -> NDArray[np.int32]:
        """The tokens of a text; the marks' names in a text are plain text."""
        self._tokenizer.encode_special_tokens = True
        return np.array(self._tokenizer.encode(text).ids, dtype=np.int32)

    def cut(self, text: str) -> list[str]:
        """The pieces, a character that several make up at the last of them."""
        self._tokenizer.encode_special_tokens = True
        starts = [start for start, _ in self._tokenizer.encode(text).offsets]
        return [text[start:end] for start, end in itertools.pairwise([*starts, len(text)])]

    def decoder(self, after: int | None = None) -> Callable[[int], str]:
        """A function from each next token to the text that it completes; half a character gives none yet."""
        stream = DecodeStream(skip_special_tokens=False)
        return lambda token: stream.step(self._tokenizer, token) or ""

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"tokenizer": json.loads(self._tokenizer.to_str())}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> SubwordTokenizer:
        """The tokenizer that `to_json` described."""
        try:
            tokenizer = Tokenizer.from_str(json.dumps(saved["tokenizer"]))
        except Exception as error:  # the library's own, which has no other name
            raise ValueError(str(error)) from None
        numbers = sorted(tokenizer.get_vocab().values())
        if numbers != list(range(len(numbers))):
            raise ValueError("pieces whose numbers are not those from 0 up")
        if isinstance(tokenizer.model, models.Unigram) and saved["tokenizer"]["model"].get("unk_id") is None:
            raise ValueError("no piece for what is unknown")  # at which the library would stop once such a text comes
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return cls(tokenizer)
