"""The baselines of text classification: the commonest label, and logistic regression over a bag of n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnkit.arrays import Numbers, Probabilities
from rnnkit.checkpoint import load, save
from rnnkit.metrics.baselines.fitting import fitted
from rnnkit.metrics.labels.calibration import probabilities_of

MOST_FEATURES = 50_000
LARGE = 2_000_000


class BagOfWords:
    """TF-IDF of words and pairs of words, or, of texts that are single words, of character n-grams; then logistic
    regression (scikit-learn's, with its inverse regularisation at 10)."""

    def __init__(
        self, characters: bool, features: list[str], idf: Probabilities, weights: Probabilities, bias: Probabilities
    ) -> None:
        # In float32, as they are saved.
        self.weights = weights.astype(np.float32)
        self.characters, self.features, self.idf, self.bias = characters, features, idf, bias
        self._vectorizer = _vectorizer(characters, features)
        self._vectorizer.idf_ = idf

    @classmethod
    def learn(cls, texts: Sequence[str], targets: Numbers, count: int) -> BagOfWords:
        """From texts cut at spaces, and their labels' numbers `(N,)`, or 0 and 1 for each of C `(N, C)`."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        characters = np.mean([len(text.split()) for text in texts]) < 1.5
        vectorizer = _vectorizer(bool(characters), None)
        found = vectorizer.fit_transform(texts)
        multi_label = targets.ndim == 2
        weights, bias = np.zeros((count, found.shape[1])), np.full(count, -20.0)
        if multi_label:
            learner = fitted(OneVsRestClassifier(LogisticRegression(C=10, max_iter=300)), found, targets)
            for label, one in enumerate(learner.estimators_):
                if hasattr(one, "coef_"):
                    weights[label], bias[label] = one.coef_[0], one.intercept_[0]
                else:  # every text has it, or none
                    bias[label] = 20.0 if targets[0, label] else -20.0
        else:
            learner = fitted(_learner(len(texts) * count), found, targets)
            if len(learner.classes_) == 2:  # which has scores for the second alone
                first, second = learner.classes_
                weights[second], bias[first], bias[second] = learner.coef_[0], 0.0, learner.intercept_[0]
            else:
                weights[learner.classes_], bias[learner.classes_] = learner.coef_, learner.intercept_
        return cls(bool(characters), list(vectorizer.get_feature_names_out()), vectorizer.idf_, weights, bias)

    def probabilities(self, texts: Sequence[str], *, multi_label: bool) -> Probabilities:
        """Of each label, `(N, C)`."""
        scores = self._vectorizer.transform(texts) @ self.weights.T + self.bias
        return probabilities_of(np.asarray(scores), 1.0, multi_label=multi_label)

    @property
    def name(self) -> str:
        """What it is called."""
        kind = "character n-grams" if self.characters else "words and pairs of words"
        return f"logistic regression over {kind}"

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        arrays = {"idf": self.idf, "weights": self.weights, "bias": self.bias}
        tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        save(path, "baseline", tensors, {"characters": self.characters, "features": self.features})

    @classmethod
    def load(cls, path: Path) -> BagOfWords:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "baseline")
        arrays = (tensors[name].numpy() for name in ("idf", "weights", "bias"))
        return cls(facts["characters"], facts["features"], *arrays)


def _learner(size: int) -> Any:
    """Logistic regression to the end; of very many texts and labels, `size` of both together, by a few passes of
    averaged stochastic gradients, a label against the others."""
    from sklearn.linear_model import LogisticRegression, SGDClassifier

    if size < LARGE:
        return LogisticRegression(C=10, max_iter=300)
    return SGDClassifier(loss="log_loss", alpha=3e-6, max_iter=5, tol=None, average=True, random_state=0, n_jobs=-1)


def _vectorizer(characters: bool, features: list[str] | None) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if characters:
        return TfidfVectorizer(
            analyzer="char_wb", ngram_range=(1, 4), max_features=MOST_FEATURES, sublinear_tf=True, vocabulary=features
        )
    return TfidfVectorizer(
        tokenizer=str.split,
        token_pattern=None,
        ngram_range=(1, 2),
        max_features=MOST_FEATURES,
        sublinear_tf=True,
        vocabulary=features,
    )
