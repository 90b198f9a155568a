"""What a classifier begins with that was learned elsewhere: another classifier, a language model, word vectors.

From a language model (Dai and Le 2015; Howard and Ruder 2018) it takes the tokens, the sizes, and the weights of
encoder and core, which then learn at a lower rate than the new head where there are few texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from rnnkit.checkpoint import fill, load
from rnnkit.data.reading import Reading, read_again
from rnnkit.data.tokens import TOKENS, Tokens
from rnnkit.encoders import Words
from rnnkit.errors import UserError
from rnnkit.models import Classifier
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_options import ClassifierModel, WordData
from rnnkit.tasks.text_preparation import read_tokenizer
from rnnkit.tasks.word_vectors import begin_with_vectors

LANGUAGE_MODEL = "text-generation"
SIZES = ("cell", "hidden", "layers", "embedding", "residual")
"""What a classifier has as the language model that it begins as has it."""
FEW_TEXTS, CAREFULLY = 10_000, 0.2
"""Of fewer texts, which are gone through many times, what a language model has learned goes on learning at this share
of the rate: 78.3 % against 76.3 % with 2,000 sentences of SST-2, 80.7 % against 84.6 % with its 77,000 phrases (one run
each, on 872 sentences). Where between them the border lies was not tried."""


class Start(NamedTuple):
    """What another run fixes: how texts are read, the sizes, and perhaps the labels and rates."""

    lexicon: Reading
    labels: list[str] | None
    words: WordData
    model: ClassifierModel
    rates: Mapping[str, float]


def find_start(
    source: Path,
    task: str,
    names: list[str],
    texts: int,
    words: WordData,
    model: ClassifierModel,
    given: Mapping[str, Any],
) -> Start:
    """What the run at `source` fixes for a classifier of so many texts with labels among `names`.

    Raises `UserError` for a run of another kind, labels it has not, and options that it does not leave open.
    """
    config = run_folder.read_config(source)
    if config["task"] == LANGUAGE_MODEL:
        share = CAREFULLY if texts < FEW_TEXTS else 1.0
        tokens, words, model = _from_language_model(source, config, words, model, given)
        return Start(tokens, None, words, model, {"encoder.": share, "core.": share})
    if config["task"] != task:
        raise UserError(
            f"--from takes a run of {task} or {LANGUAGE_MODEL}, but {source} is of {config['task']}; "
            "leave it away or name another"
        )
    lexicon, labels = read_lexicon(source)
    new = [name for name in names if name not in labels]
    if new:
        raise UserError(f"a refined model keeps its labels, {', '.join(labels)}; got {new[0]} too; train a new one")
    return Start(lexicon, labels, words, model, {})


def _from_language_model(
    source: Path, config: dict[str, Any], words: WordData, model: ClassifierModel, given: Mapping[str, Any]
) -> tuple[Tokens, WordData, ClassifierModel]:
    """The language model's tokens, and the options with all that it fixes."""
    load(source / "weights.safetensors", "weights")
    if not config["model"]["embedding"]:
        raise UserError(f"--from takes a language model with word vectors, but {source} has --embedding 0")
    tokens = Tokens(read_tokenizer(source))
    sizes = {name: config["model"][name] for name in SIZES}
    read: dict[str, Any] = {"cut": TOKENS, "vocabulary": len(tokens.words), "ngrams": 0, "vectors": None}
    for name, value in {**sizes, **read, "direction": "forward"}.items():
        if given.get(name) not in (None, "auto", value):
            flag = "--" + name.replace("_", "-")
            raise UserError(
                f"the language model at {source} has {flag} {value}, got {given[name]}; leave {flag} away with --from"
            )
    return tokens, replace(words, **read), replace(model, **sizes, direction="forward")


def take_weights(model: Classifier, folder: Path, config: Mapping[str, Any]) -> None:
    """Fills in what a run that is prepared in `folder` begins with."""
    source = config["from"]
    if source is None:
        if config.get("vectors") is not None:
            assert isinstance(model.encoder, Words)
            begin_with_vectors(model.encoder, folder)
        return
    tensors, _ = load(Path(source) / "weights.safetensors", "weights")
    if not config.get("rates"):
        fill(model, tensors, f"the run at {source}")
        return
    for prefix, part in (("encoder.", model.encoder), ("core.", model.core)):
        own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        fill(part, own, f"the language model at {source}")


def read_lexicon(folder: Path) -> tuple[Reading, list[str]]:
    """A run's lexicon, and its labels by number."""
    path = folder / "lexicon.json"
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return read_again(saved), list(saved["labels"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"expected a run's lexicon at {path}, but it is missing or damaged; train anew") from None
