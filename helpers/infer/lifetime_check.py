"""The value to expect of a customer with its interval, and the check that belongs beside it: what the model foretold of days it had not seen.

Tables as in `lifetime`; for the check also `actual` (purchases in the time after the cut) and, for money, `brought` (their value).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.infer.intervals import LEVEL, from_sums, sums_of
from helpers.infer.lifetime import Fit, expected_purchases, expected_value, fit_purchases, scores

CLEARLY = 2.0
"""The modified model is taken where its log likelihood is higher by so much."""
MOST_OFF = 0.2
"""A total further off than this share of what came fails the check."""
BEATEN = 0.05
"""So does one that the naive guess beats by more than this; less is luck."""
_STEP = 1e-3


def choose_purchases(customers: pd.DataFrame) -> Fit:
    """The BG/NBD, or the modified one where it is clearly likelier (both have four parameters)."""
    plain, early = (fit_purchases(customers, early=word) for word in (False, True))
    return early if early.log_likelihood > plain.log_likelihood + CLEARLY else plain


def holdout(parameters: dict[str, float], customers: pd.DataFrame, time: float, *, top: int = 7, early: bool = False) -> pd.DataFrame:
    """Expected against actual purchases after the cut, by the number of repeat purchases before it.

    In: x, t_x, T up to a date, `actual` purchases in the `time` units after it. Out, one row a number of repeat
    purchases up to `top` and more: frequency, n, expected, actual, low, high (95% interval of the actual mean).
    """
    table = customers.assign(expected=expected_purchases(parameters, customers, time, early=early))
    rows = []
    for k, part in table.groupby(np.minimum(table["x"], top)):
        mean = from_sums(*sums_of(part["actual"]), bounds=(0, None)).iloc[0]
        name = f"{k:g}+" if k == top else f"{k:g}"
        rows.append({"frequency": name, "n": len(part), "expected": part["expected"].mean(),
                     "actual": mean.value, "low": mean.low, "high": mean.high})
    return pd.DataFrame(rows, columns=["frequency", "n", "expected", "actual", "low", "high"])


def naive(customers: pd.DataFrame, time: float) -> float:
    """Purchases to come where everybody goes on at the rate at which all together have bought again so far."""
    days = float(customers["T"].sum())
    return float(customers["x"].sum()) / days * time * len(customers) if days > 0 else np.nan


def total(expected: float, guess: float, actual: pd.Series) -> dict[str, float]:
    """A total foretold and guessed beside the one that came: expected, guess, actual with low and high, error and guess_error (shares of the actual)."""
    mean, n = from_sums(*sums_of(actual), bounds=(0, None)).iloc[0], len(actual)
    came, expected = float(actual.sum()), float(expected)
    off = [value / came - 1 if came > 0 else np.nan for value in (expected, guess)]
    return {"expected": expected, "guess": guess, "actual": came, "low": float(n * mean["low"]), "high": float(n * mean["high"]), "error": off[0], "guess_error": off[1]}


def holds(found: Mapping[str, float]) -> bool:
    """Whether a total is near enough to what came: within MOST_OFF of it, and not beaten by the naive guess by more than BEATEN.

    >>> [holds({"error": e, "guess_error": g}) for e, g in ((0.15, 0.4), (0.15, 0.05), (0.06, 0.01), (0.3, 0.8), (float("nan"), 0.1))]
    [True, False, True, False, False]
    """
    error, guess = abs(found["error"]), abs(found["guess_error"])
    return bool(error <= MOST_OFF and not error > guess + BEATEN)


def value_by_frequency(customers: pd.DataFrame, level: float = LEVEL) -> dict[str, float]:
    """Correlation of mean value and number of repeat purchases, with interval (Fisher's z) and n; Gamma-Gamma takes it for 0.

    >>> value_by_frequency(pd.DataFrame({"x": [1, 2, 3, 4, 0], "z": [2.0, 4.0, 6.0, 8.0, 0.0]}))["value"]
    1.0
    """
    repeat = customers[customers["x"] > 0]
    n = len(repeat)
    if n < 4 or repeat["x"].nunique() < 2 or repeat["z"].nunique() < 2:
        return {"value": np.nan, "low": np.nan, "high": np.nan, "n": n}
    found = float(np.corrcoef(repeat["x"], repeat["z"])[0, 1])
    centre, reach = np.arctanh(np.clip(found, -1 + 1e-9, 1 - 1e-9)), ndtri(0.5 + level / 2) / np.sqrt(n - 3)
    return {"value": round(found, 12), "low": float(np.tanh(centre - reach)), "high": float(np.tanh(centre + reach)), "n": n}


def lifetime_value(purchases: Fit, values: Fit, customers: pd.DataFrame, time: float, *, by: pd.Series | None = None, level: float = LEVEL) -> pd.DataFrame:
    """Mean value a customer is expected to bring in the next `time` units: value, low, high, n, one row for all or one a group of `by` (column group).

    The interval is the delta method over customers: each moves the mean by being there and, through the fit, by what its data say of the
    parameters (infinitesimal jackknife); on the log scale. It holds the doubt about the mean, not the luck of single customers. Not discounted.
    Customers stand one a row. Source: Huber (1967) for the sandwich; Efron (1982), The Jackknife, for the influence.
    """
    keys = customers.groupby(["x", "t_x", "T"], sort=False)
    back = keys.ngroup().to_numpy()
    one = customers[["x", "t_x", "T"]].drop_duplicates()
    often = expected_purchases(purchases.parameters, one, time, early=purchases.early)[back]
    brings = expected_value(values.parameters, customers)
    by_often = _slopes(purchases, lambda fit: expected_purchases(fit.parameters, one, time, early=fit.early))[back] * brings[:, None]
    by_brings = _slopes(values, lambda fit: expected_value(fit.parameters, customers)) * often[:, None]
    influence = np.hstack([scores(purchases, one)[back] @ purchases.covariance, scores(values, customers) @ values.covariance])
    slopes, each = np.hstack([by_often, by_brings]), often * brings
    groups = pd.Series("", index=customers.index) if by is None else by
    rows = []
    for group in sorted(groups.dropna().unique()):
        mine = (groups == group).to_numpy()
        mean, n = float(each[mine].mean()), int(mine.sum())
        moved = influence @ slopes[mine].mean(axis=0)
        moved[mine] += (each[mine] - mean) / n
        reach = ndtri(0.5 + level / 2) * np.sqrt((moved**2).sum()) / mean if mean > 0 else np.nan
        rows.append({"group": group, "value": mean, "low": mean * np.exp(-reach), "high": mean * np.exp(reach), "n": n})
    table = pd.DataFrame(rows, columns=["group", "value", "low", "high", "n"])
    return table.drop(columns="group") if by is None else table


def _slopes(fit: Fit, function) -> np.ndarray:
    """How `function(fit)` moves with the logarithm of each parameter: (rows, parameters), by central differences; 0 for one at its bound."""
    free = np.diag(fit.covariance) > 0
    nothing = np.zeros(len(function(fit)))
    return np.column_stack([(function(fit.moved(k, _STEP)) - function(fit.moved(k, -_STEP))) / (2 * _STEP) if free[k] else nothing for k in range(len(free))])
