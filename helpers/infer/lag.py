"""Does the leading KPI move the lagging one, and how many months later?

Monthly differences are compared, so that two series that merely grow together do not pass for cause and
effect; every lag from 0 to 6 months is tried and paid for. Shuffling the months of the leading series
before taking differences gives the shuffled series the same see-saw that differences of noisy months
have; shuffling the differences themselves would call 5 % what is 11 %. A common season can still make
two series move together: the verdict is about association in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.infer.blocks import SEED
from helpers.infer.intervals import LEVEL

MAX_LAG = 6
MIN_MONTHS = 12
MIN_PAIRS = 8
STATUSES = {
    "supported": "the lagging KPI follows the leading one as the link says",
    "contradicted": "the lagging KPI follows the leading one, but the other way round",
    "inconclusive": "no association beyond chance in these months",
    "untested": "under 12 months with both values",
}


@dataclass(frozen=True)
class Link:
    """The verdict on a link; `lags` has lag, correlation, pairs, one row a lag tried."""

    status: str
    lag: int | None
    correlation: float
    low: float
    high: float
    p_value: float
    months: int
    lags: pd.DataFrame


def association(
    leading,
    lagging,
    *,
    expected: int = 1,
    alpha: float = 0.05,
    permutations: int = 2000,
    seed: int = SEED,
    level: float = LEVEL,
) -> Link:
    """Lagged association of two monthly KPIs.

    In: values of the same consecutive months in order, NaN where a month has none; `expected` +1
    where the leading KPI should raise the lagging one, -1 where it should lower it. Out: status (a key
    of STATUSES), lag in months (the strongest of 0 to 6), the correlation of the differences at that lag
    with its interval (Fisher's z on the effective number of months, Bartlett 1946; read it with the
    p value, which also pays for the choice of the lag), p_value (two-sided, by permutation), months
    with both values. Adjust p over the links of a scorecard (`multiplicity.false_discovery`) and pass
    the result to `status`.

    >>> lead = [3, 5, 2, 6, 7, 1, 4, 8, 2, 5, 9, 3, 6, 1, 7, 4]
    >>> follow = [0, 0, *lead[:-2]]
    >>> found = association(lead, follow)
    >>> found.status, found.lag
    ('supported', 2)
    """
    x, y = (np.asarray(v, dtype=float) for v in (leading, lagging))
    if x.shape != y.shape:
        raise ValueError(
            f"association: {x.size:,} months of the leading KPI and {y.size:,} of the lagging one; give the same months"
        )
    if expected not in (1, -1):
        raise ValueError(f"association: expected is {expected!r}; take 1 (raises it) or -1 (lowers it)")
    months = int((np.isfinite(x) & np.isfinite(y)).sum())
    dx, dy = np.diff(x)[None], np.diff(y)
    r, pairs = _correlations(dx, dy)
    lags = pd.DataFrame({"lag": range(MAX_LAG + 1), "correlation": r[0], "pairs": pairs[0]})
    if months < MIN_MONTHS or np.isnan(r).all():
        return Link("untested", None, np.nan, np.nan, np.nan, np.nan, months, lags)
    strength = _strength(r, pairs)
    best = int(np.nanargmax(np.abs(strength[0])))
    p_value = _p_value(x, dy, float(np.nanmax(np.abs(strength[0]))), permutations, seed)
    low, high = fisher(r[0, best], effective(dx[0], dy, pairs[0, best]), level)
    verdict = status(p_value, r[0, best], expected, alpha)
    return Link(verdict, best, float(r[0, best]), low, high, p_value, months, lags)


def status(p_value: float, correlation: float, expected: int, alpha: float = 0.05) -> str:
    """The verdict for a p (or q) value and the sign of the association.

    >>> status(0.01, -0.6, 1)
    'contradicted'
    """
    if not np.isfinite(p_value):
        return "untested"
    if p_value >= alpha:
        return "inconclusive"
    return "supported" if correlation * expected > 0 else "contradicted"


def _correlations(dx: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of dx[t - lag] with dy[t] and the number of pairs: (rows of dx, lags); NaN on few pairs."""
    r, pairs = np.full((len(dx), MAX_LAG + 1), np.nan), np.zeros((len(dx), MAX_LAG + 1))
    for lag in range(min(MAX_LAG + 1, dy.size)):
        a, b = dx[:, : dy.size - lag], np.broadcast_to(dy[lag:], (len(dx), dy.size - lag))
        both = np.isfinite(a) & np.isfinite(b)
        n = both.sum(axis=1)
        safe = np.maximum(n, 1)
        a, b = np.where(both, a, 0.0), np.where(both, b, 0.0)
        a = np.where(both, a - (a.sum(axis=1) / safe)[:, None], 0.0)
        b = np.where(both, b - (b.sum(axis=1) / safe)[:, None], 0.0)
        scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        known = (n >= MIN_PAIRS) & (scale > 1e-12)
        r[:, lag] = np.where(known, (a * b).sum(axis=1) / np.where(scale > 0, scale, 1), np.nan)
        pairs[:, lag] = n
    return np.clip(r, -1, 1), pairs


def _strength(r: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Correlations on one scale, whatever the number of pairs."""
    return np.arctanh(np.clip(r, -0.999999, 0.999999)) * np.sqrt(np.maximum(pairs - 3, 1))


def _p_value(x: np.ndarray, dy: np.ndarray, observed: float, permutations: int, seed: int) -> float:
    """How often shuffled months of the leading KPI have a lag as strong as the observed one."""
    rng = np.random.default_rng(seed)
    known = np.flatnonzero(np.isfinite(x))
    shuffled = np.tile(x, (permutations, 1))
    shuffled[:, known] = rng.permuted(shuffled[:, known], axis=1)
    strongest = np.nan_to_num(np.abs(_strength(*_correlations(np.diff(shuffled, axis=1), dy)))).max(axis=1)
    return float((1 + (strongest >= observed - 1e-12).sum()) / (1 + permutations))


def effective(dx: np.ndarray, dy: np.ndarray, pairs: float) -> float:
    """Months worth as much as these, given how each series goes with its own past."""
    both = 0.0
    for lag in (1, 2, 3):
        own = [_correlations(d[None, :-lag], d[lag:])[0][0, 0] for d in (dx, dy)]
        both += 2 * np.nan_to_num(own[0] * own[1])
    return pairs / max(1 + both, 0.5)


def fisher(r: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a correlation over n pairs, by Fisher's z (1921); -1 to 1 where there are four pairs or fewer."""
    if n <= 4:
        return -1.0, 1.0
    half = ndtri(0.5 + level / 2) / np.sqrt(n - 3)
    z = np.arctanh(np.clip(r, -0.999999, 0.999999))
    return float(np.tanh(z - half)), float(np.tanh(z + half))
