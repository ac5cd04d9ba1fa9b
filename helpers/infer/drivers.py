"""Derived importance: how much of the outcome each touchpoint's experience explains.

A customer rates only the touchpoints visited, and 40 to 60 % of the cells are empty for that reason.
An empty cell is not a lost answer: there was no experience that could have had an effect. So ratings
are centred within their touchpoint, an empty cell counts 0 (neither better nor worse than that
touchpoint's mean), and who visited what is held constant by an indicator a touchpoint. Importance is
the share of the outcome's remaining variance that goes with the ratings, over all customers. It
therefore weighs reach: a touchpoint that few visit explains little. Pairwise correlations, the usual
way out, would instead describe customers who visited every pair, need not form a possible matrix
at all, and mix who comes with how they fared. A rating that was given but lost is read as not visited.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
import pandas as pd

from helpers.infer import blocks
from helpers.infer.intervals import LEVEL
from helpers.infer.multiplicity import MIN_N

EXACT_UP_TO = 12
"""Exact LMG needs the fit of every subset: 4,096 at twelve drivers."""
ORDERS = 1000
FIGURES = ["importance", "importance_low", "importance_high", "r_squared"]


@dataclass(frozen=True)
class Drivers:
    """Importance a driver, and how much all of them explain."""

    table: pd.DataFrame
    r_squared: float
    method: str
    n: int


def importance(
    ratings: pd.DataFrame,
    outcome,
    *,
    method: str = "auto",
    controls: pd.DataFrame | None = None,
    cluster=None,
    min_n: int = MIN_N,
    draws: int = blocks.DRAWS,
    seed: int = blocks.SEED,
    level: float = LEVEL,
) -> Drivers:
    """Each driver's share of what the drivers together explain of the outcome.

    In: `ratings`, one row a customer and one column a touchpoint, NaN where not visited; `outcome` of
    each row (a number or 0/1, no gaps); `controls`, numeric columns to hold constant; `cluster`, the
    customer of each row where one has several. `method`: "lmg", "johnson" or "auto" (LMG for up to 12
    drivers, Johnson's relative weights beyond). LMG beyond 12 drivers averages 1,000 random orders.
    Out: table with driver, n (who rated it), performance (mean rating), importance (share of the
    explained variance, adds to 1), importance_low, importance_high (bootstrap over customers),
    r_squared (the driver's part of R squared), reason. A driver with fewer than `min_n` ratings or
    no spread is left out of the model and says so.
    Raises ValueError on an unknown method or an outcome with gaps.
    Sources: Lindeman, Merenda and Gold (1980); Johnson (2000), Multivariate Behavioral Research 35.

    >>> ratings = pd.DataFrame({"a": [1, 1, 2, 2] * 10, "b": [1, 2, 1, 2] * 10})
    >>> importance(ratings, 3 * ratings.a + ratings.b).table.importance.round(2).tolist()
    [0.9, 0.1]
    """
    y = _outcome(outcome, len(ratings))
    table, used = _summary(ratings, min_n)
    if method not in ("auto", "lmg", "johnson"):
        raise ValueError(f"importance: no method {method!r}; take 'auto', 'lmg' or 'johnson'")
    if method == "auto":
        method = "lmg" if len(used) <= EXACT_UP_TO else "johnson"
    if not used:
        return Drivers(table, np.nan, method, len(y))
    matrix, held = _design(ratings[used], y, controls)
    products = blocks.draw(blocks.cross_products(matrix, cluster, seed=seed), draws, seed=seed)
    parts = _parts(blocks.correlations(blocks.sweep_out(products, held)), method, seed)
    whole = parts.sum(axis=1, keepdims=True)
    shares = np.divide(parts, whole, out=np.full_like(parts, np.nan), where=whole > 1e-12)
    ends = blocks.percentiles(shares[1:], level)
    table.loc[table["driver"].isin(used), FIGURES] = np.column_stack([shares[0], *ends, parts[0]])
    return Drivers(table, float(whole[0, 0]), method, len(y))


def _outcome(outcome, n: int) -> np.ndarray:
    y = np.asarray(outcome, dtype=float)
    if y.shape != (n,):
        raise ValueError(f"the outcome has {y.size:,} values for {n:,} rows of ratings; give one a row")
    if not np.isfinite(y).all():
        raise ValueError(f"the outcome is missing in {int((~np.isfinite(y)).sum()):,} rows; leave those rows out")
    return y


def _summary(ratings: pd.DataFrame, min_n: int) -> tuple[pd.DataFrame, list]:
    n, spread = ratings.notna().sum(), ratings.std()
    few = f"too few: under {min_n} ratings"
    reason = np.select([n < min_n, ~(spread > 0)], [few, "every rating is the same"], "")
    table = pd.DataFrame({"driver": ratings.columns, "n": n.to_numpy()})
    table["performance"] = ratings.mean().to_numpy()
    table[FIGURES] = np.nan
    table["reason"] = reason
    return table, [c for c, why in zip(ratings.columns, reason) if why == ""]


def _design(ratings: pd.DataFrame, y: np.ndarray, controls: pd.DataFrame | None) -> tuple[np.ndarray, int]:
    """Columns: 1, controls, who visited what, centred ratings, outcome; and how many are held constant."""
    x = ratings.to_numpy(dtype=float)
    visited = np.isfinite(x)
    centred = np.where(visited, x - np.nanmean(x, axis=0), 0.0)
    some = visited[:, ~visited.all(axis=0)].astype(float)
    more = np.empty((len(x), 0)) if controls is None else controls.to_numpy(dtype=float)
    more = more - more.mean(axis=0) if more.size else more
    held = np.column_stack([np.ones(len(x)), more, some])
    return np.column_stack([held, centred, y - y.mean()]), held.shape[1]


def _parts(r: np.ndarray, method: str, seed: int) -> np.ndarray:
    """Parts of R squared (draws, drivers) from correlation matrices whose last column is the outcome."""
    if method == "johnson":
        return johnson(r)
    if r.shape[1] - 1 <= EXACT_UP_TO:
        return lmg(r)
    few = ORDERS // 5  # enough: what the orders add to a draw is small beside the draw itself
    return np.concatenate([lmg_by_orders(r[:1], ORDERS, seed), lmg_by_orders(r[1:], few, seed)])


def lmg(r: np.ndarray) -> np.ndarray:
    """Exact LMG from correlation matrices (draws, p + 1, p + 1), the outcome last: (draws, p).

    >>> lmg(np.array([[[1, 0, 0.6], [0, 1, 0.3], [0.6, 0.3, 1]]])).round(2).tolist()
    [[0.36, 0.09]]
    """
    p = r.shape[1] - 1
    fits, members = np.zeros((2**p, len(r))), np.zeros((2**p, p), dtype=bool)
    # Cross products of the drivers from `first` on and the outcome, net of those in subset `code`.
    stack = [(r, 0, 0)]
    while stack:
        left, first, code = stack.pop()
        fits[code] = 1 - left[:, -1, -1]
        members[code] = [(code >> j) & 1 for j in range(p)]
        for j in range(first, p):
            after = blocks.partial_out(left, j - first, np.ones(len(r)), 1e-10)
            stack.append((after[:, j - first + 1 :, j - first + 1 :], j + 1, code | (1 << j)))
    size = members.sum(axis=1)
    weight = np.array([factorial(k) * factorial(p - k - 1) / factorial(p) for k in range(p)] + [0.0])
    gain = np.where(members, weight[size - 1][:, None], -weight[size][:, None])
    return fits.T @ gain


def lmg_by_orders(r: np.ndarray, orders: int, seed: int) -> np.ndarray:
    """LMG averaged over random orders of entry: squared last rows of the Cholesky factors."""
    p = r.shape[1] - 1
    rng = np.random.default_rng(seed)
    parts = np.zeros((len(r), p))
    steady = r + 1e-9 * np.eye(p + 1)
    for _ in range(orders):
        order = rng.permutation(p)
        index = np.append(order, p)
        parts[:, order] += np.linalg.cholesky(steady[:, index[:, None], index])[:, -1, :-1] ** 2
    return parts / orders


def johnson(r: np.ndarray) -> np.ndarray:
    """Johnson's relative weights from correlation matrices, the outcome last: (draws, p)."""
    values, vectors = np.linalg.eigh(r[:, :-1, :-1])
    root = np.sqrt(np.maximum(values, 0))
    half = (vectors * root[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    inverse = np.where(root > 1e-6, 1 / np.where(root > 1e-6, root, 1), 0)
    beta = (vectors * inverse[:, None, :]) @ (np.swapaxes(vectors, 1, 2) @ r[:, :-1, -1:])
    return (half**2 @ beta**2)[:, :, 0]
