"""Information overload: from how many options on does conversion fall?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc, chdtri, ndtr, ndtri

from helpers.infer.intervals import LEVEL, wilson
from helpers.infer.logit import expit
from helpers.infer.multiplicity import MIN_N, MIN_OUTCOMES


@dataclass(frozen=True)
class Turning:
    """Where conversion turns from rising to falling, or why no such point is shown.

    `point`, `low`, `high` are NaN unless `found`; `table` has options, n, converted, share, low,
    high and fitted, one row a number of options.
    """

    found: bool
    point: float
    low: float
    high: float
    p_value: float
    reason: str
    table: pd.DataFrame


def turning_point(counts: pd.DataFrame, *, level: float = LEVEL) -> Turning:
    """The number of options at which conversion is highest, if it truly rises before and falls after.

    In: `options` (a number, e.g. of products looked at), `n` (customers who saw so many), `converted`.
    Two lines on the log-odds meet at a point between the least and the greatest number of options;
    every number of options is tried. A turning point is found where the line before it rises and the
    line after it falls, each at 5 % after paying for every point tried. p_value is the larger of the
    two. The interval is the profile likelihood's; where groups scatter more than chance allows, all
    is widened by that much.
    Raises ValueError where a row converts more than its n.
    Sources: Simonsohn (2018), Two Lines; Venzon and Moolgavkar (1988) for the profile interval.

    >>> converted = [40, 80, 120, 160, 200, 160, 120, 80, 40]
    >>> found = turning_point(pd.DataFrame({"options": range(1, 10), "n": 400, "converted": converted}))
    >>> found.found, found.point
    (True, 5.0)
    """
    table = _table(counts, level)
    k, n, hits = (table[c].to_numpy(dtype=float) for c in ("options", "n", "converted"))
    inner = k[1:-1]
    thin = n.sum() < MIN_N or min(hits.sum(), n.sum() - hits.sum()) < MIN_OUTCOMES
    if len(inner) < 2 or thin:
        why = "too few customers or outcomes" if thin else "fewer than four different numbers of options"
        return _none(table, np.nan, f"none found: {why}")
    fits = [_two_lines(k, n, hits, at) for at in inner]
    losses = np.array([f[1] for f in fits])
    best = int(np.argmin(losses))
    slopes, errors = fits[best][0], fits[best][2]
    scatter = _scatter(n, hits, fits[best][3])
    z = slopes[1:] / (errors[1:] * np.sqrt(scatter))
    p_rise, p_fall = (min(1.0, float(p) * len(inner)) for p in (ndtr(-z[0]), ndtr(z[1])))
    table["fitted"] = fits[best][3]
    p_value = max(p_rise, p_fall)
    if p_value >= 1 - level:
        return _none(table, p_value, "none found: " + _why(k, n, hits, level))
    kept = inner[2 * (losses - losses[best]) / scatter <= chdtri(1, 1 - level)]
    return Turning(True, float(inner[best]), float(kept.min()), float(kept.max()), p_value, "", table)


def _table(counts: pd.DataFrame, level: float) -> pd.DataFrame:
    table = counts.groupby("options", as_index=False, sort=True)[["n", "converted"]].sum()
    wrong = table[(table["converted"] > table["n"]) | (table["converted"] < 0)]
    if len(wrong):
        row = wrong.iloc[0]
        said = f"{row.converted:g} of {row.n:g} converted at {row.options:g} options"
        raise ValueError(f"turning_point: {said}; mend the counts")
    table = table[table["n"] > 0].reset_index(drop=True)
    table["share"] = table["converted"] / table["n"]
    table["low"], table["high"] = wilson(table["share"], table["n"], ndtri(0.5 + level / 2))
    return table.assign(fitted=np.nan)


def _two_lines(k, n, hits, at: float) -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    """Binomial fit of two lines meeting at `at`: coefficients, -log likelihood, standard errors, fitted."""
    width = max(k.max() - k.min(), 1e-12)
    x = np.column_stack([np.ones_like(k), np.minimum(k - at, 0) / width, np.maximum(k - at, 0) / width])
    rate = np.clip(hits.sum() / n.sum(), 1e-6, 1 - 1e-6)
    b = np.array([np.log(rate / (1 - rate)), 0.0, 0.0])
    steady = 1e-8 * n.sum() * np.eye(3)
    for _ in range(50):
        p = expit(x @ b)
        information = x.T @ (x * (n * p * (1 - p))[:, None]) + steady
        step = np.linalg.solve(information, x.T @ (hits - n * p))
        b = b + np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-8:
            break
    p = expit(x @ b)
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    loss = -(hits * np.log(inside) + (n - hits) * np.log(1 - inside)).sum()
    return b, float(loss), np.sqrt(np.diag(np.linalg.inv(information))), p


def _scatter(n: np.ndarray, hits: np.ndarray, fitted: np.ndarray) -> float:
    """Pearson's dispersion where it is more than chance; 1 otherwise."""
    df = len(n) - 4
    chi = float(((hits - n * fitted) ** 2 / np.maximum(n * fitted * (1 - fitted), 1e-9)).sum())
    return max(chi / df, 1.0) if df > 0 and chdtrc(df, chi) < 0.1 else 1.0


def _why(k: np.ndarray, n: np.ndarray, hits: np.ndarray, level: float) -> str:
    """What one straight line over all numbers of options says instead."""
    slopes, _, errors, fitted = _two_lines(k, n, hits, k[0])
    z = slopes[2] / (errors[2] * np.sqrt(_scatter(n, hits, fitted)))
    if z > ndtri(0.5 + level / 2):
        return "conversion rises with the options, and no fall is shown"
    if z < -ndtri(0.5 + level / 2):
        return "conversion falls with the options, and no rise before it is shown"
    return "conversion neither rises nor falls enough to tell"


def _none(table: pd.DataFrame, p_value: float, reason: str) -> Turning:
    return Turning(False, np.nan, np.nan, np.nan, p_value, reason, table)
