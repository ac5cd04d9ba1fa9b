"""Customer lifetime value: how often a customer will come again (BG/NBD) and what a visit brings (Gamma-Gamma).

Tables in have one row a customer, or one row a distinct case with `count`: `x` repeat purchases (the first
not counted; one a day at most), `t_x` time from the first to the last purchase, `T` time from the first purchase
to the end of the data, all in one unit of time (weeks), and `z` the mean value of a repeat purchase.
In the BG/NBD nobody can leave before a second purchase. The modified BG/NBD (`early`) lets a customer leave right after
the first as well: the same formulas with one more chance to leave.
Sources: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24;
Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24, for the modified one;
Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaln, psi

MIN_REPEATERS = 30
_POINTS = 32
# Beyond these a parameter no longer changes what is foretold (customers are alike, or nobody leaves), and the likelihood
# is flat. They hold with time in units of the longest history and money in units of the mean.
_BOUNDS = {"r": (1e-3, 100), "alpha": (1e-6, 1e6), "a": (1e-3, 1e3), "b": (1e-3, 1e3), "p": (1e-2, 1e3), "q": (1e-2, 1e3), "v": (1e-6, 1e6)}


@dataclass(frozen=True)
class Fit:
    """Parameters by name, the log likelihood, customers, the covariance of the parameters' logarithms (0 for one at its bound), and the kind of BG/NBD."""

    parameters: dict[str, float]
    log_likelihood: float
    n: int
    covariance: np.ndarray
    early: bool = False

    def moved(self, which: int, step: float) -> Fit:
        """The same fit with one parameter's logarithm moved by `step`."""
        names = list(self.parameters)
        moved = {**self.parameters, names[which]: self.parameters[names[which]] * float(np.exp(step))}
        return Fit(moved, self.log_likelihood, self.n, self.covariance, self.early)


# How often -------------------------------------------------------------------------------------------------------


def fit_purchases(customers: pd.DataFrame, *, early: bool = False, near: Fit | None = None) -> Fit:
    """BG/NBD by maximum likelihood: parameters r, alpha (purchasing), a, b (leaving).

    In: x, t_x, T and optionally count. `early`: the modified model, in which customers may leave after the first purchase. `near`: a fit to
    start from, of like customers. Raises ValueError on impossible times, and under 30 customers with a repeat purchase, since two distributions cannot be had from fewer.
    """
    x, t_x, age, count = _folded(*_purchases(customers))
    _enough(count[x > 0].sum(), "with a repeat purchase")
    scale = float(age.max())
    starts = ([0.5, 0.1, 0.5, 2.0], [5.0, 3.0, 2.0, 6.0])
    if near is not None:
        starts = ([p / s for p, s in zip(near.parameters.values(), (1, scale, 1, 1), strict=True)],)
    found, total, covariance = _maximise(lambda p: _purchase_rows(p, x, t_x / scale, age / scale, early), count, starts, "r alpha a b")
    shift = (count * x).sum() * np.log(scale)  # the likelihood is a density in time: back to the unit given
    return Fit(_named("r alpha a b", found * [1, scale, 1, 1]), float(total - shift), int(count.sum()), covariance, early)


def _purchase_rows(p: np.ndarray, x, t_x, age, early: bool) -> tuple[np.ndarray, np.ndarray]:
    """Log likelihood of each customer, and its derivatives by the logarithms of r, alpha, a, b."""
    r, alpha, a, b = p
    times, back = np.unique(x, return_inverse=True)
    y = times + early  # chances to leave so far
    spread = gammaln(r + times) - gammaln(r) + gammaln(b + y) - gammaln(a + b + y) - gammaln(b) + gammaln(a + b)
    with np.errstate(divide="ignore"):
        stayed, left = np.log(alpha + age), np.log(alpha + t_x)
        chance = np.where(y > 0, np.log(a) - np.log(np.where(y > 0, b + y - 1, 1.0)), -np.inf)[back]
    here, gone = -(r + x) * stayed, chance - (r + x) * left
    either = np.logaddexp(here, gone)
    w = np.exp(gone - either)  # probability of having left
    by_r = (psi(r + times) - psi(r))[back] + np.log(alpha) - (1 - w) * stayed - w * left
    by_alpha = r / alpha - (r + x) * ((1 - w) / (alpha + age) + w / (alpha + t_x))
    by_a = (psi(a + b) - psi(a + b + y))[back] + w / a
    by_b = (psi(b + y) - psi(a + b + y) - psi(b) + psi(a + b))[back] - w / np.where(y > 0, b + y - 1, 1.0)[back]
    return spread[back] + r * np.log(alpha) + either, np.column_stack([by_r, by_alpha, by_a, by_b]) * p


def expected_purchases(parameters: dict[str, float], customers: pd.DataFrame, time: float, *, early: bool = False) -> np.ndarray:
    """Repeat purchases to expect of each customer in the next `time` units.

    >>> cdnow = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> one = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86]})
    >>> expected_purchases(cdnow, one, 39).round(3).tolist()
    [1.226]
    """
    x, _, age, _ = _purchases(customers)
    r, alpha, a, b = (parameters[k] for k in ("r", "alpha", "a", "b"))
    times, back = np.unique(x, return_inverse=True)
    leaves, weight = _leaving(a, b + times + early)
    rate = np.log1p(leaves[back] * (time / (alpha + age))[:, None])
    each = -np.expm1(-(r + x)[:, None] * rate) / leaves[back]
    return (weight[back] * each).sum(axis=1) * alive(parameters, customers, early=early)


def _leaving(a: float, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights for a mean over Beta(a, b), one row each b: Gauss-Jacobi, which stands any a and b; the authors' hypergeometric series does not.

    Source: Golub and Welsch (1969), Mathematics of Computation 23.
    """
    b = np.asarray(b, dtype=float)[:, None]
    k = np.arange(1, _POINTS)[None, :]
    total = a + b - 2
    even = 2 * k + total
    middle = ((a - 1) ** 2 - (b - 1) ** 2) / np.where(even * (even + 2) == 0, 1.0, even * (even + 2))
    first = (a - b) / (a + b)
    side = 4 * k * (k + b - 1) * (k + a - 1) / (even**2 * (even + 1)) * np.where(k == 1, 1.0, (k + total) / np.where(k == 1, 1.0, even - 1))
    matrix = np.zeros((len(b), _POINTS, _POINTS))
    here = np.arange(_POINTS)
    matrix[:, here, here] = np.hstack([first, middle])
    matrix[:, here[1:], here[:-1]] = np.sqrt(side)
    points, vectors = np.linalg.eigh(matrix)  # reads the lower half
    return np.clip((1 + points) / 2, 1e-300, 1.0), vectors[:, 0, :] ** 2


def alive(parameters: dict[str, float], customers: pd.DataFrame, *, early: bool = False) -> np.ndarray:
    """Probability that each customer has not left for good.

    >>> cdnow = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> alive(cdnow, pd.DataFrame({"x": [0, 2], "t_x": [0, 30.43], "T": [38.86, 38.86]})).round(3).tolist()
    [1.0, 0.727]
    """
    x, t_x, age, _ = _purchases(customers)
    r, alpha, a, b = (parameters[k] for k in ("r", "alpha", "a", "b"))
    y = x + early
    # The logarithm of the odds of having left, kept where its exponential can be written down.
    odds = np.log(a) - np.log(np.where(y > 0, b + y - 1, 1.0)) + (r + x) * np.log((alpha + age) / (alpha + t_x))
    return 1 / (1 + np.where(y > 0, np.exp(np.minimum(odds, 700)), 0.0))


# What a purchase brings --------------------------------------------------------------------------------------------


def fit_values(customers: pd.DataFrame) -> Fit:
    """Gamma-Gamma by maximum likelihood: parameters p, q, v; rows without a repeat purchase are left out.

    In: x, z and optionally count. The model holds where value and frequency do not go together: see
    `value_by_frequency`, and show it. Raises ValueError under 30 repeaters, or where a repeat purchase has no value.
    """
    repeat = customers[customers["x"] > 0]
    x, z = repeat["x"].to_numpy(dtype=float), repeat["z"].to_numpy(dtype=float)
    count = repeat["count"].to_numpy(dtype=float) if "count" in repeat.columns else np.ones(len(repeat))
    _enough(count.sum(), "with a repeat purchase")
    if not (z > 0).all():
        number = int((~(z > 0)).sum())
        raise ValueError(f"fit_values: {number:,} repeat customers have no value above 0; leave them out")
    scale = float((count * z).sum() / count.sum())
    found, total, covariance = _maximise(lambda p: _value_rows(p, x, z / scale), count, ([5.0, 4.0, 1.0], [1.0, 2.0, 1.0]), "p q v")
    return Fit(_named("p q v", found * [1, 1, scale]), float(total - count.sum() * np.log(scale)), int(count.sum()), covariance)


def _value_rows(params: np.ndarray, x, z) -> tuple[np.ndarray, np.ndarray]:
    """Log density of each customer's mean value, and its derivatives by the logarithms of p, q, v."""
    p, q, v = params
    times, back = np.unique(x, return_inverse=True)
    head = gammaln(p * times + q) - gammaln(p * times) - gammaln(q) + q * np.log(v) + p * times * np.log(times)
    up, tail = psi(p * times + q), np.log(v + x * z)
    by_p = (times * (up - psi(p * times) + np.log(times)))[back] + x * (np.log(z) - tail)
    by_q = (up - psi(q) + np.log(v))[back] - tail
    by_v = q / v - (p * x + q) / (v + x * z)
    return head[back] + (p * x - 1) * np.log(z) - (p * x + q) * tail, np.column_stack([by_p, by_q, by_v]) * params


def expected_value(parameters: dict[str, float], customers: pd.DataFrame) -> np.ndarray:
    """Mean value of a purchase to expect of each customer; without repeat purchases that of the whole base.

    >>> two = pd.DataFrame({"x": [0, 2], "z": [0.0, 22.35]})
    >>> expected_value({"p": 6.25, "q": 3.74, "v": 15.44}, two).round(2).tolist()
    [35.22, 24.66]
    """
    p, q, v = (parameters[k] for k in "pqv")
    x = customers["x"].to_numpy(dtype=float)
    z = np.where(x > 0, customers["z"].to_numpy(dtype=float), 0.0)
    if q <= 1 and (x == 0).any():
        raise ValueError(f"expected_value: q is {q:.2f}; at 1 or less the mean of the base is not finite")
    return p * (v + x * z) / (p * x + q - 1)


# Fitting -----------------------------------------------------------------------------------------------------------


def scores(fit: Fit, customers: pd.DataFrame) -> np.ndarray:
    """What each customer's own data say of the parameters: derivatives of the log likelihood by their logarithms, (customers, parameters).

    Rows without a repeat purchase say nothing of p, q, v.
    """
    p = np.array(list(fit.parameters.values()))
    if "alpha" in fit.parameters:
        x, t_x, age, _ = _purchases(customers)
        return _purchase_rows(p, x, t_x, age, fit.early)[1]
    out = np.zeros((len(customers), 3))
    told = ((customers["x"] > 0) & (customers["z"] > 0)).to_numpy()
    out[told] = _value_rows(p, *(customers.loc[told, name].to_numpy(dtype=float) for name in ("x", "z")))[1]
    return out


def _folded(x, t_x, age, count) -> tuple[np.ndarray, ...]:
    """Like histories as one row, with their count."""
    rows = pd.DataFrame({"x": x, "t_x": t_x, "T": age, "count": count}).groupby(["x", "t_x", "T"], as_index=False)["count"].sum()
    return tuple(rows[name].to_numpy() for name in rows.columns)


def _purchases(customers: pd.DataFrame) -> tuple[np.ndarray, ...]:
    x, t_x, age = (customers[c].to_numpy(dtype=float) for c in ("x", "t_x", "T"))
    wrong = ~((x >= 0) & (t_x >= 0) & (t_x <= age)) | ((x > 0) != (t_x > 0))
    if wrong.any():
        row = customers.loc[wrong, ["x", "t_x", "T"]].iloc[0]
        raise ValueError(
            f"lifetime: {int(wrong.sum()):,} customers have impossible times, the first x={row.x:g}, "
            f"t_x={row.t_x:g}, T={row['T']:g}; t_x lies between 0 and T, and is 0 exactly where x is 0"
        )
    return x, t_x, age, customers["count"].to_numpy(dtype=float) if "count" in customers.columns else np.ones(len(x))


def _named(names: str, values: np.ndarray) -> dict[str, float]:
    return dict(zip(names.split(), map(float, values), strict=True))


def _enough(number: float, what: str) -> None:
    if number < MIN_REPEATERS:
        raise ValueError(f"lifetime: too few, {number:,.0f} customers {what}; the model needs {MIN_REPEATERS}")


def _maximise(rows: Callable, count: np.ndarray, starts: Sequence, names: str) -> tuple[np.ndarray, float, np.ndarray]:
    """Parameters, log likelihood and the covariance of the log parameters, from rows(p) -> (log likelihoods, derivatives)."""
    from scipy.optimize import minimize

    bounds = np.log([_BOUNDS[name] for name in names.split()])
    total = float(count.sum())

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = rows(np.exp(logs))
        return -float(count @ value) / total, -(count @ slope) / total

    options = {"ftol": 1e-12, "gtol": 1e-7, "maxiter": 500, "maxcor": 30}
    starts = [np.clip(np.log(start), *bounds.T) for start in starts]
    best = min((minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options) for start in starts), key=lambda one: one.fun)
    free = (best.x > bounds[:, 0] + 1e-3) & (best.x < bounds[:, 1] - 1e-3)
    step = 1e-4
    bend = np.array([(loss(best.x + step * move)[1] - loss(best.x - step * move)[1]) / (2 * step) for move in np.eye(len(best.x))])
    covariance = np.zeros_like(bend)
    covariance[np.ix_(free, free)] = np.linalg.pinv((bend + bend.T)[np.ix_(free, free)] / 2 * total, hermitian=True)
    return np.exp(best.x), float(-best.fun * total), covariance
