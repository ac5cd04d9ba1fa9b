"""Customer lifetime value: how often a customer will come again (BG/NBD) and what a visit brings (Gamma-Gamma).

Tables in have one row a customer, or one row a distinct case with `count`: `x` repeat purchases (the first
not counted; one a day at most), `t_x` time from the first to the last purchase, `T` time from the first purchase
to the end of the data, all in one unit of time (weeks), and `z` the mean value of a repeat purchase.
Sources: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24;
Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, gammaln, hyp2f1

from helpers.infer.blocks import SEED
from helpers.infer.intervals import LEVEL, from_sums, sums_of

MIN_REPEATERS = 30


@dataclass(frozen=True)
class Fit:
    """Parameters by name, the log likelihood, customers, and the covariance of the parameters' logarithms."""

    parameters: dict[str, float]
    log_likelihood: float
    n: int
    covariance: np.ndarray

    def draws(self, number: int, seed: int = SEED) -> list[dict[str, float]]:
        """Parameters as uncertain as the data leave them: normal on the log scale."""
        centre = np.log(list(self.parameters.values()))
        wobble = np.random.default_rng(seed).multivariate_normal(centre, self.covariance, number, method="eigh")
        return [dict(zip(self.parameters, np.exp(row), strict=True)) for row in wobble]


def fit_purchases(customers: pd.DataFrame) -> Fit:
    """BG/NBD by maximum likelihood: parameters r, alpha (purchasing), a, b (leaving).

    In: x, t_x, T and optionally count. Raises ValueError on impossible times, and under 30 customers with a
    repeat purchase, since two distributions cannot be had from fewer.
    """
    x, t_x, age, count = _purchases(customers)
    _enough(count[x > 0].sum(), "with a repeat purchase")
    scale = float(age.max())
    start = np.log([0.5, 0.1, 0.5, 2.0])
    found, loss, covariance = _maximise(lambda p: _purchase_likelihood(p, x, t_x / scale, age / scale), count, start)
    shift = (count * x).sum() * np.log(scale)  # the likelihood is a density in time: back to the unit given
    return Fit(_named("r alpha a b", found * [1, scale, 1, 1]), loss - shift, int(count.sum()), covariance)


def _purchase_likelihood(p: np.ndarray, x, t_x, age) -> np.ndarray:
    r, alpha, a, b = p
    head = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    stayed = -(r + x) * np.log(alpha + age)
    left = np.log(a) - np.log(np.maximum(b + x - 1, 1e-12)) - (r + x) * np.log(alpha + t_x)
    return head + np.logaddexp(stayed, np.where(x > 0, left, -np.inf))


def expected_purchases(parameters: dict[str, float], customers: pd.DataFrame, time: float) -> np.ndarray:
    """Repeat purchases to expect of each customer in the next `time` units.

    >>> cdnow = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> one = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86]})
    >>> expected_purchases(cdnow, one, 39).round(3).tolist()
    [1.226]
    """
    x, _, age, _ = _purchases(customers)
    r, alpha, a, b = (parameters[k] for k in ("r", "alpha", "a", "b"))
    a = a if abs(a - 1) > 1e-6 else 1 + 1e-6
    series = hyp2f1(r + x, b + x, a + b + x - 1, time / (alpha + age + time))
    grown = 1 - ((alpha + age) / (alpha + age + time)) ** (r + x) * series
    return (a + b + x - 1) / (a - 1) * grown * alive(parameters, customers)


def alive(parameters: dict[str, float], customers: pd.DataFrame) -> np.ndarray:
    """Probability that each customer has not left for good.

    >>> cdnow = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> alive(cdnow, pd.DataFrame({"x": [0, 2], "t_x": [0, 30.43], "T": [38.86, 38.86]})).round(3).tolist()
    [1.0, 0.727]
    """
    x, t_x, age, _ = _purchases(customers)
    r, alpha, a, b = (parameters[k] for k in ("r", "alpha", "a", "b"))
    odds = a / np.maximum(b + x - 1, 1e-12) * ((alpha + age) / (alpha + t_x)) ** (r + x)
    return 1 / (1 + np.where(x > 0, odds, 0.0))


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
    found, loss, covariance = _maximise(lambda p: _value_likelihood(p, x, z / scale), count, np.log([5.0, 4.0, 1.0]))
    shift = count.sum() * np.log(scale)
    return Fit(_named("p q v", found * [1, 1, scale]), loss - shift, int(count.sum()), covariance)


def _value_likelihood(params: np.ndarray, x, z) -> np.ndarray:
    p, q, v = params
    head = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
    return head + (p * x - 1) * np.log(z) + p * x * np.log(x) - (p * x + q) * np.log(v + x * z)


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


def lifetime_value(
    purchases: Fit, values: Fit, customers: pd.DataFrame, time: float, *, draws: int = 100, seed: int = SEED,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Mean value a customer is expected to bring in the next `time` units: one row value, low, high, n.

    The interval holds the doubt about the parameters, not the luck of single customers, and no discounting.
    """
    count = customers["count"].to_numpy(dtype=float) if "count" in customers.columns else np.ones(len(customers))

    def mean(buy: dict, spend: dict) -> float:
        worth = expected_purchases(buy, customers, time) * expected_value(spend, customers)
        return float((count * worth).sum() / count.sum())

    pairs = zip(purchases.draws(draws, seed), values.draws(draws, seed + 1), strict=True)
    spread = [mean(buy, spend) for buy, spend in pairs if spend["q"] > 1]
    low, high = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2])
    value = mean(purchases.parameters, values.parameters)
    return pd.DataFrame([{"value": value, "low": low, "high": high, "n": count.sum()}])


def holdout(parameters: dict[str, float], customers: pd.DataFrame, time: float, *, top: int = 7) -> pd.DataFrame:
    """The check that belongs beside every lifetime value: expected against actual purchases after the cut.

    In: x, t_x, T up to a date, `actual` purchases in the `time` units after it. Out, one row a number of repeat
    purchases up to `top` and more: frequency, n, expected, actual, low, high (95 % interval of the actual mean).
    """
    table = customers.assign(expected=expected_purchases(parameters, customers, time))
    rows = []
    for k, part in table.groupby(np.minimum(table["x"], top)):
        mean = from_sums(*sums_of(part["actual"]), bounds=(0, None)).iloc[0]
        name = f"{k:g}+" if k == top else f"{k:g}"
        rows.append({"frequency": name, "n": len(part), "expected": part["expected"].mean(),
                     "actual": mean.value, "low": mean.low, "high": mean.high})
    return pd.DataFrame(rows, columns=["frequency", "n", "expected", "actual", "low", "high"])


def value_by_frequency(customers: pd.DataFrame) -> float:
    """Correlation of mean value and number of repeat purchases; Gamma-Gamma takes it for 0."""
    repeat = customers[customers["x"] > 0]
    return float(np.corrcoef(repeat["x"], repeat["z"])[0, 1]) if len(repeat) > 2 else np.nan


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


def _maximise(likelihood, count: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Parameters, log likelihood and the covariance of the log parameters."""
    from scipy.optimize import minimize

    def loss(logs: np.ndarray) -> float:
        value = -(count * likelihood(np.exp(np.clip(logs, -12, 12)))).sum() / count.sum()
        return value if np.isfinite(value) else 1e10

    careful = {"maxiter": 4000, "xatol": 1e-7, "fatol": 1e-11, "adaptive": True}
    rough = minimize(loss, start, method="Nelder-Mead", options=careful)
    best = minimize(loss, rough.x, method="BFGS", options={"gtol": 1e-8})
    point = best.x if best.fun <= rough.fun else rough.x
    spread = np.linalg.pinv(_curvature(loss, point) * count.sum(), hermitian=True)
    return np.exp(point), float(-loss(point) * count.sum()), spread


def _curvature(function, point: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Second derivatives by central differences."""
    size = len(point)
    moves = np.eye(size) * step
    out = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            corners = [function(point + s * moves[i] + t * moves[j]) * s * t for s in (1, -1) for t in (1, -1)]
            out[i, j] = sum(corners) / (4 * step**2)
    return out
