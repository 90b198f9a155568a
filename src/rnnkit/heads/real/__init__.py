"""Heads over numbers: how likely every value is, not the likeliest alone.

In: features `(…, F)`. Out: a distribution's parameters, negative log-likelihoods, means, quantiles, draws. Imports:
errors, sequence, heads. Tested by: tests/heads/real/, tests/laws/.

A `RealHead` is a linear layer and a distribution, which is a value: what differs between heads is equations and what
they begin with.
"""

from collections.abc import Callable

from rnnkit.heads.real.channels import RealChannels
from rnnkit.heads.real.distribution import Distribution
from rnnkit.heads.real.gaussian import Gaussian
from rnnkit.heads.real.head import RealHead
from rnnkit.heads.real.mixture import GaussianMixture
from rnnkit.heads.real.negative_binomial import NegativeBinomial
from rnnkit.heads.real.quantiles import Quantiles
from rnnkit.heads.real.student_t import StudentT

REAL_HEADS: dict[str, Callable[[int], RealHead]] = {
    "gaussian": lambda width: RealHead(width, Gaussian()),
    "student-t": lambda width: RealHead(width, StudentT()),
    "negative-binomial": lambda width: RealHead(width, NegativeBinomial()),
    "quantiles": lambda width: RealHead(width, Quantiles((0.025, 0.1, 0.5, 0.9, 0.975))),
    "mixture": lambda width: RealHead(width, GaussianMixture(3)),
}
"""Every head over numbers by name: a small one's builder from a width. `tests/laws/` run over them."""

__all__ = [
    "REAL_HEADS",
    "Distribution",
    "Gaussian",
    "GaussianMixture",
    "NegativeBinomial",
    "Quantiles",
    "RealChannels",
    "RealHead",
    "StudentT",
]
