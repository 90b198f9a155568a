"""What the scores of returns come to, in one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnkit.tasks.forecasting.stocks.walks import RANDOM_WALK, TAILS, VOLATILITY

SURE = 0.05
"""the p-value below which a difference is not taken for chance"""
LEAST_GAIN = 0.001
"""nats, below which a difference is none, however sure"""


def verdict(scores: Mapping[str, Any]) -> str:
    """What is better than what, and how sure that is. The walks that it names have tails of their own, so that nothing
    is won by tails alone."""
    return f"Returns: {of_returns(scores)}. Volatility: {of_volatility(scores)}."


def of_returns(scores: Mapping[str, Any]) -> str:
    """Whether squared errors, or directions, are better than a random walk's."""
    test = scores["diebold_mariano"][RANDOM_WALK].get("squared_error")
    better, worse = told(test)
    said = "better than the random walk" if better else "worse than the random walk" if worse else ""
    return f"{said or 'nothing beats the random walk'} ({p_of(test)}); {of_directions(scores)}"


def of_directions(scores: Mapping[str, Any]) -> str:
    """How many directions are right, and whether that is more than always the commoner one would have."""
    share, interval, rises = (
        scores.get(name) for name in ("directional_accuracy", "directional_accuracy_interval", "share_of_rises")
    )
    if share is None or interval is None or rises is None:
        return "no directions to judge"
    always = max(rises, 1 - rises)
    how = "better than" if interval[0] > always else "no better than"
    return (
        f"direction {share:.1%} right (95 % interval {interval[0]:.1%} to {interval[1]:.1%}), {how} always the same "
        f"({always:.1%})"
    )


def of_volatility(scores: Mapping[str, Any]) -> str:
    """Whether densities are better than those of the best walk with changing volatility, and of the random walk."""
    others, tests = scores["baseline"]["others"], scores["diebold_mariano"]
    known = [name for name in VOLATILITY if others[name]["log_score"] is not None]
    if not known:
        return "too few days to judge"
    best = max(known, key=lambda name: others[name]["log_score"])
    plain = RANDOM_WALK + TAILS
    return f"{against(best, scores, others, tests)}; {against(plain, scores, others, tests)}"


def against(name: str, scores: Mapping[str, Any], others: Mapping[str, Any], tests: Mapping[str, Any]) -> str:
    """How densities stand to those of a walk, by log scores."""
    test = tests[name].get("log_score")
    gain = scores["log_score"] - others[name]["log_score"]
    better, worse = told(test) if abs(gain) >= LEAST_GAIN else (False, False)
    if better:
        return f"better than the {spoken(name)} by {gain:.3f} nats a return ({p_of(test)})"
    return f"{'worse' if worse else 'no better'} than the {spoken(name)} ({gain:+.3f} nats a return, {p_of(test)})"


def spoken(name: str) -> str:
    """A walk's name in a sentence."""
    what = name.removesuffix(TAILS)
    if what == RANDOM_WALK:
        return "random walk with heavy tails" if name.endswith(TAILS) else what
    return f"rolling one ({what})"


def told(test: Mapping[str, Any] | None) -> tuple[bool, bool]:
    """Whether a difference is surely for the better, and for the worse."""
    if not test or test["p_value"] is None or test["p_value"] >= SURE:
        return False, False
    # Without a statistic the differences are all the same, which is of constant prices alone.
    statistic = test["statistic"] or 0.0
    return statistic < 0, statistic > 0


def p_of(test: Mapping[str, Any] | None) -> str:
    """How likely such a difference is by chance."""
    if not test or test["p_value"] is None:
        return "too few days to test"
    return "p below 0.001" if test["p_value"] < 0.001 else f"p = {test['p_value']:.3f}"
