"""Intervals for the figures of a scorecard, from sums over customers.

Every function takes arrays (one element a period, segment or touchpoint) and returns a table with
`value`, `low`, `high` and `reason`. `reason` is empty where the interval stands and says in words
why there is none where it does not. The customer is the unit: rows of one customer are one cluster.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import bdtr, bdtrik, chdtri, ndtri, stdtrit

LEVEL = 0.95
NORMAL = float(ndtri(0.5 + LEVEL / 2))
"""The one confidence level of the workbook."""

Bounds = tuple[float | None, float | None]

NOTHING = "nothing to divide by"
ONE = "one customer: no spread to judge by"
ALIKE = "every customer has the same value: no spread to judge by"
NO_EVENT = "nothing happened: no spread to judge by"
NO_BASE = "no positive total to grow from"
TOO_SHORT = "too few values for an interval by order statistics"


class Sums(NamedTuple):
    """Sufficient statistics of sum(s) / sum(w) over `m` customers, each with its own s and w."""

    m: np.ndarray
    s: np.ndarray
    w: np.ndarray
    ss: np.ndarray
    sw: np.ndarray
    ww: np.ndarray

    def ratio(self) -> np.ndarray:
        return np.divide(self.s, self.w, out=np.full_like(self.w, np.nan), where=self.w > 0)

    def spread(self) -> np.ndarray:
        """sum (s_i - r w_i)^2 over customers; exactly 0 where only rounding is left."""
        r = self.ratio()
        left = self.ss - 2 * r * self.sw + r**2 * self.ww
        noise = 1e-12 * (self.ss + r**2 * self.ww)
        return np.where(left <= noise, 0.0, left)


def sums(m, s, w, ss, sw, ww) -> Sums:
    """The six sums as float arrays of one shape, so that scalars and columns both do."""
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (m, s, w, ss, sw, ww)))
    return Sums(*(np.atleast_1d(a).astype(float) for a in arrays))


def sums_of(s, w=None) -> Sums:
    """The six sums from one row a customer, for small frames and tests.

    >>> sums_of([1, 0, 1, 1]).ratio()
    array([0.75])
    """
    s = np.asarray(s, dtype=float)
    w = np.ones_like(s) if w is None else np.asarray(w, dtype=float)
    return sums(s.size, s.sum(), w.sum(), (s * s).sum(), (s * w).sum(), (w * w).sum())


def t_quantile(df, level: float = LEVEL) -> np.ndarray:
    """Two-sided t quantile; NaN where there is no degree of freedom."""
    df = np.asarray(df, dtype=float)
    return np.where(df > 0, stdtrit(np.maximum(df, 1), 0.5 + level / 2), np.nan)


def from_sums(
    m, s, w, ss, sw, ww, *, bounds: Bounds | None = None, level: float = LEVEL
) -> pd.DataFrame:
    """Mean or ratio sum(s)/sum(w) over m customers, by the delta method clustered on customers.

    In: the six sums a row (`w` > 0 is what the figure divides by). `bounds` are the least and the
    greatest value one row can have, e.g. (1, 5) for a five-point scale. Out: value, low, high,
    reason; `low` and `high` stay inside the bounds.

    Where all customers agree the variance is 0 and proves nothing. With both bounds known, the
    interval then allows for the share of other customers that a sample of m could have missed,
    1 - (alpha/2)^(1/m), all at a bound; without bounds there is no interval.
    Source: Cochran, Sampling Techniques (1977), section 6.3; t quantile with m - 1 degrees of freedom.

    >>> from_sums(**sums_of([4, 5, 3, 4])._asdict()).round(2).values.tolist()
    [[4.0, 2.7, 5.3, '']]
    """
    x = sums(m, s, w, ss, sw, ww)
    value, spread = x.ratio(), x.spread()
    with np.errstate(divide="ignore", invalid="ignore"):
        half = t_quantile(x.m - 1, level) * np.sqrt(x.m / (x.m - 1) * spread) / x.w
    low, high = value - half, value + half
    alike = (spread == 0) & (x.m > 1)
    floor, ceiling = bounds or (None, None)
    if floor is not None and ceiling is not None:
        missed = 1 - ((1 - level) / 2) ** (1 / np.maximum(x.m, 1))
        bounded = (spread == 0) & (x.m >= 1)
        low = np.where(bounded, value - missed * (value - floor), low)
        high = np.where(bounded, value + missed * (ceiling - value), high)
    else:
        low, high = np.where(alike, np.nan, low), np.where(alike, np.nan, high)
    reason = np.select([~(x.w > 0), np.isfinite(low), x.m <= 1], [NOTHING, "", ONE], ALIKE)
    return _table(value, low, high, reason, bounds)


def share(m, s, w, ss, sw, ww, *, level: float = LEVEL) -> pd.DataFrame:
    """Share sum(s)/sum(w) with Wilson's interval on the effective number of rows.

    In: the six sums, s the hits and w the rows of each customer. The effective number is
    p(1-p) / variance clustered on customers; where each customer is one row of weight 1 it is m and
    this is the plain Wilson interval. It is never more than the rows, and where the customers show
    no spread (no hit, all hits, one customer) it is the number of customers: rows of one customer
    may all be one event. Out: value, low, high, reason.
    Sources: Wilson (1927); Korn and Graubard (1998) for the effective sample size.

    >>> share(10, 3, 10, 3, 3, 10).round(4).values.tolist()
    [[0.3, 0.1078, 0.6032, '']]
    """
    x = sums(m, s, w, ss, sw, ww)
    p, plain = x.ratio(), np.isclose(x.ww, x.m) & np.isclose(x.w, x.m)
    n = effective_rows(x, p, plain)
    normal, t = ndtri(0.5 + level / 2), t_quantile(np.maximum(x.m - 1, 1), level)
    z = np.where(plain | (x.m < 2), normal, t)
    low, high = wilson(p, n, z)
    return _table(p, low, high, np.where(x.w > 0, "", NOTHING), (0.0, 1.0))


def effective_rows(x: Sums, p: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """Independent rows worth as much as the rows of these customers."""
    spread = x.spread()
    inflate = np.where(plain, 1.0, np.divide(x.m, x.m - 1, out=np.ones_like(x.m), where=x.m > 1))
    variance = inflate * spread / np.where(x.w > 0, x.w, np.nan) ** 2
    n = np.divide(p * (1 - p), variance, out=np.zeros_like(p), where=variance > 0)
    return np.where((variance > 0) & (x.m > 1), np.minimum(n, np.maximum(x.w, x.m)), x.m)


def wilson(p, n, z) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval for a share p of n rows; z is the quantile."""
    p, n = np.asarray(p, dtype=float), np.where(np.asarray(n) > 0, n, np.nan)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(np.maximum(p * (1 - p), 0) / n + z**2 / (4 * n**2))
    return np.where(p == 0, 0.0, centre - half), np.where(p == 1, 1.0, centre + half)


def nps(m, s, w, ss, sw, ww, *, level: float = LEVEL) -> pd.DataFrame:
    """Net promoter score in points (-100..100).

    In: the six sums, where s counts promoters less detractors (+1, 0, -1 an answer) and w the
    answers of each customer. Out: value, low, high in points, reason. With one answer a customer
    the variance of an answer is p + d - (p - d)^2, see `nps_variance`.

    >>> nps(**sums_of([1, 1, 1, 0, 0, -1])._asdict()).round(1).values.tolist()
    [[33.3, -52.4, 100.0, '']]
    """
    table = from_sums(m, s, w, ss, sw, ww, bounds=(-1.0, 1.0), level=level)
    return table.assign(**{c: 100 * table[c] for c in ("value", "low", "high")})


def nps_variance(promoters: float, detractors: float) -> float:
    """Variance of one answer scored +1, 0, -1, from the shares of promoters and detractors.

    >>> round(nps_variance(1/2, 1/6), 6) == round(5/9, 6)
    True
    """
    return promoters + detractors - (promoters - detractors) ** 2


def total(m, s, ss, *, bounds: Bounds | None = None, level: float = LEVEL) -> pd.DataFrame:
    """A total sum(s), read as compound Poisson: customers come at random, each bringing its s.

    In: customers m, sum s, sum of squares ss. The variance is ss, so the interval says what the same
    business might have drawn in another such period; it is not the doubt about what was booked.
    With `bounds=(0, None)` (no customer brings less than nothing) the gamma interval of Fay and
    Feuer (1997) is used, which for plain counts is the exact Poisson interval; otherwise the
    normal one. Out: value, low, high, reason.

    >>> total(5, 5, 5, bounds=(0, None)).round(2).values.tolist()
    [[5.0, 1.62, 11.67, '']]
    """
    _, s, ss = (np.atleast_1d(np.asarray(a, dtype=float)) for a in np.broadcast_arrays(m, s, ss))
    low, high = s - ndtri(0.5 + level / 2) * np.sqrt(ss), s + ndtri(0.5 + level / 2) * np.sqrt(ss)
    if bounds is not None and bounds[0] == 0:
        positive = (s > 0) & (ss > 0)
        y, v = np.where(positive, s, 1.0), np.where(positive, ss, 1.0)
        one = v / y
        low = np.where(positive, v / (2 * y) * chdtri(2 * y**2 / v, 0.5 + level / 2), low)
        high_v = v + one**2
        high_g = high_v / (2 * (y + one)) * chdtri(2 * (y + one) ** 2 / high_v, 0.5 - level / 2)
        high = np.where(positive, high_g, high)
    nothing = ~(ss > 0)
    low, high = np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
    return _table(s, low, high, np.where(nothing, NO_EVENT, ""), bounds)


def growth(now, now_ss, before, before_ss, *, cross=0.0, level: float = LEVEL) -> pd.DataFrame:
    """Growth now/before - 1 of two totals, by the delta method on the logarithm.

    In: both totals with their sums of squares over customers; `cross` is sum(now_i * before_i) over
    the customers of both periods and narrows the interval; left out, it errs on the wide side.
    Out: value, low, high (share), reason. No interval where a total is not above 0.

    >>> growth(120, 120, 100, 100).round(3).values.tolist()
    [[0.2, -0.08, 0.565, '']]
    """
    a, aa, b, bb, ab = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, dtype=float)) for x in (now, now_ss, before, before_ss, cross))
    )
    usable = (a > 0) & (b > 0)
    a, b = np.where(usable, a, np.nan), np.where(usable, b, np.nan)
    variance = np.maximum(aa / a**2 + bb / b**2 - 2 * ab / (a * b), 0.0)
    half = ndtri(0.5 + level / 2) * np.sqrt(variance)
    value = a / b - 1
    low, high = (1 + value) * np.exp(-half) - 1, (1 + value) * np.exp(half) - 1
    return _table(value, low, high, np.where(usable, "", NO_BASE), None)


def quantile(
    values, counts=None, *, q: float = 0.5, design_effect: float = 1.0, level: float = LEVEL
) -> pd.DataFrame:
    """Quantile of a histogram with an interval by order statistics, free of any distribution.

    In: values and how often each occurs (1 each when left out). `design_effect` is the factor by
    which rows of one customer being alike inflates the variance; the ranks are then taken in a
    sample that much smaller. Out: one row value, low, high, reason. Fewer than 6 values give no
    interval for a median at 95 %.
    Source: David and Nagaraja, Order Statistics (2003), section 7.1.

    >>> quantile([1, 2, 3, 4, 5, 6, 7, 8, 9]).values.tolist()
    [[5.0, 2.0, 8.0, '']]
    """
    v = np.asarray(values, dtype=float)
    c = np.ones_like(v) if counts is None else np.asarray(counts, dtype=float)
    keep = np.isfinite(v) & (c > 0)
    order = np.argsort(v[keep], kind="stable")
    v, upto = v[keep][order], np.cumsum(c[keep][order])
    if not v.size:
        return _table([np.nan], [np.nan], [np.nan], [NOTHING], None)
    n = upto[-1] / max(design_effect, 1.0)
    first, last = _ranks(n, q, level)
    middle = q * (upto[-1] - 1) + 1
    value = (_nth(v, upto, middle, np.floor) + _nth(v, upto, middle, np.ceil)) / 2
    if first < 1 or last > np.floor(n):
        return _table([value], [np.nan], [np.nan], [TOO_SHORT], None)
    scale = upto[-1] / n
    low, high = _nth(v, upto, first * scale, np.floor), _nth(v, upto, last * scale, np.ceil)
    return _table([value], [low], [high], [""], None)


def _ranks(n: float, q: float, level: float) -> tuple[float, float]:
    """Ranks of the order statistics whose interval covers the quantile with at least `level`."""
    size, tail = np.floor(n), (1 - level) / 2
    first, last = _binomial_quantile(tail, size, q), _binomial_quantile(1 - tail, size, q) + 1
    return first, last


def _binomial_quantile(p: float, n: float, q: float) -> float:
    """Least k with P(X <= k) >= p for X binomial (n, q)."""
    n = int(n)
    k = int(np.ceil(bdtrik(p, n, q))) if bdtr(0, n, q) < p else 0
    return float(k - 1 if k >= 1 and bdtr(k - 1, n, q) >= p else k)


def _nth(values: np.ndarray, upto: np.ndarray, rank: float, rounding) -> float:
    """The value at a rank (1-based) of the sorted histogram."""
    return float(values[min(np.searchsorted(upto, rounding(rank) - 1e-9), values.size - 1)])


def _table(value, low, high, reason, bounds: Bounds | None) -> pd.DataFrame:
    floor, ceiling = bounds or (None, None)
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if floor is not None:
        low = np.maximum(low, floor)
    if ceiling is not None:
        high = np.minimum(high, ceiling)
    reason = np.asarray(reason, dtype=object)
    value = np.asarray(value, dtype=float)
    return pd.DataFrame({"value": value, "low": low, "high": high, "reason": reason})
