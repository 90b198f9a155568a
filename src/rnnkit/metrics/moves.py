"""A plain model of a pen's moves, which knows nothing of those before: normal distributions, and how often strokes
end."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats

COMPONENTS, LEARNED = 20, 20_000
"""normal distributions of the mixture, and moves that they are learned from, at most"""
LEAST = 0.03
"""deviation of a component at least, in deviations of all moves, as a network's"""


class PlainMoves(NamedTuple):
    """A mixture of K bivariate normal distributions, one such distribution, and the shares of moves that end strokes,
    and of these, of the last. All are of moves `(T, 4)`, as a network writes them."""

    weights: Floats
    """`(K,)`"""
    means: Floats
    """`(K, 2)`"""
    covariances: Floats
    """`(K, 2, 2)`"""
    mean: Floats
    covariance: Floats
    ends: float
    lasts: float

    @classmethod
    def learn(cls, moves: NDArray[Any]) -> Self:
        """Of training moves, by expectation maximisation (scikit-learn's). Each share counts half a case more of
        either kind."""
        from sklearn.mixture import GaussianMixture

        wide = np.asarray(moves, dtype=np.float64)
        some = wide[:: max(len(wide) // LEARNED, 1), :2]
        count = min(COMPONENTS, len(some) // 8 + 1, len(np.unique(some, axis=0)))
        model = GaussianMixture(count, reg_covar=LEAST**2, random_state=0)
        model.fit(some if len(some) > 1 else np.repeat(some, 2, axis=0))
        mean = wide[:, :2].mean(axis=0)
        covariance = (wide[:, :2] - mean).T @ (wide[:, :2] - mean) / len(wide) + LEAST**2 * np.eye(2)
        ends, lasts = wide[:, 2].sum(), wide[:, 3].sum()
        shares = float((ends + 0.5) / (len(wide) + 1)), float((lasts + 0.5) / (ends + 1))
        return cls(model.weights_, model.means_, model.covariances_, mean, covariance, *shares)

    def nats(self, moves: NDArray[Any]) -> Floats:
        """The negative log-likelihood of each of moves `(T, 4)` by the mixture: `(T,)`."""
        each = zip(self.weights, self.means, self.covariances, strict=True)
        logs = np.stack([np.log(weight) + _log_density(moves[:, :2], mean, own) for weight, mean, own in each])
        found: Floats = self._marks(moves) - np.logaddexp.reduce(logs, axis=0)
        return found

    def single_nats(self, moves: NDArray[Any]) -> Floats:
        """The same by the one normal distribution."""
        return self._marks(moves) - _log_density(moves[:, :2], self.mean, self.covariance)

    def _marks(self, moves: NDArray[Any]) -> Floats:
        ends, lasts = moves[:, 2] > 0, moves[:, 3] > 0
        last = np.where(lasts, -np.log(self.lasts), -np.log1p(-self.lasts))
        found: Floats = np.where(ends, -np.log(self.ends) + last, -np.log1p(-self.ends))
        return found

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {name: np.ravel(part).tolist() for name, part in self._asdict().items()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The model that `to_json` described."""
        parts = {name: np.array(saved[name], dtype=np.float64) for name in cls._fields}
        shapes = ((-1,), (-1, 2), (-1, 2, 2), (2,), (2, 2))
        arrays = [parts[name].reshape(shape) for name, shape in zip(cls._fields, shapes, strict=False)]
        weights, means, covariances, mean, covariance = arrays
        shares = parts["ends"].item(), parts["lasts"].item()
        made = cls(weights, means, covariances, mean, covariance, *shares)
        if not (0 < made.ends < 1 and 0 < made.lasts < 1 and np.isfinite(made.nats(np.zeros((1, 4)))).all()):
            raise ValueError("a mixture of normal distributions of two numbers, and shares between 0 and 1")
        return made


def _log_density(points: NDArray[Any], mean: Any, covariance: Any) -> Floats:
    """Of a bivariate normal distribution at `(T, 2)`: `(T,)`."""
    below = np.linalg.cholesky(np.asarray(covariance, dtype=np.float64))
    apart = np.linalg.solve(below, (np.asarray(points, dtype=np.float64) - np.asarray(mean)).T)
    found: Floats = -np.square(apart).sum(axis=0) / 2 - np.log(np.diag(below)).sum() - np.log(2 * np.pi)
    return found
