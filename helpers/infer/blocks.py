"""Bootstrap over customers from cross products: one pass over the rows, then draws cost nothing.

Customers are dealt at random into blocks, the cross products of each block are summed once, and a
draw is a resample of blocks. With one customer a block this is the plain bootstrap; with 400 blocks
its standard errors are right to about 1 / sqrt(2 * 400) = 3.5 % whatever the number of rows.
Source: the random groups method, Wolter, Introduction to Variance Estimation (2007), chapter 2.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

BLOCKS = 400
DRAWS = 200
SEED = 20260930


def cross_products(matrix: np.ndarray, cluster=None, *, blocks: int = BLOCKS, seed: int = SEED) -> np.ndarray:
    """Sum over each block of its rows' outer products: an array (blocks, columns, columns).

    `cluster` is the customer of each row; all rows of a customer fall into one block.

    >>> cross_products(np.array([[1.0, 2.0], [1.0, 4.0]])).sum(axis=0).tolist()
    [[2.0, 6.0], [6.0, 20.0]]
    """
    rng = np.random.default_rng(seed)
    units = np.arange(len(matrix)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    number = int(units.max()) + 1 if len(units) else 0
    deal = rng.permutation(number) % max(min(blocks, number), 1)
    block = deal[units]
    rows = matrix[np.argsort(block, kind="stable")]
    ends = np.cumsum(np.bincount(block, minlength=min(blocks, number)))
    return np.stack([part.T @ part for part in np.split(rows, ends[:-1])])


def draw(sums: np.ndarray, draws: int = DRAWS, *, seed: int = SEED) -> np.ndarray:
    """The whole sample first, then `draws` resamples of blocks: (1 + draws, columns, columns)."""
    number = len(sums)
    weights = np.random.default_rng(seed + 1).multinomial(number, np.full(number, 1 / number), size=draws)
    weights = np.vstack([np.ones(number), weights])
    return (weights @ sums.reshape(number, -1)).reshape(-1, *sums.shape[1:])


def sweep_out(products: np.ndarray, controls: int, *, tolerance: float = 1e-8) -> np.ndarray:
    """Cross products of the columns after the first `controls`, net of those (Frisch-Waugh-Lovell).

    A control that the earlier ones already determine is passed over.
    """
    left = products.copy()
    scale = products[:, np.arange(products.shape[1]), np.arange(products.shape[1])]
    for k in range(controls):
        left = partial_out(left, k, scale[:, k], tolerance)
    return left[:, controls:, controls:]


def partial_out(left: np.ndarray, k: int, scale: np.ndarray, tolerance: float) -> np.ndarray:
    """Cross products net of column k; unchanged where that column has nothing left of its `scale`."""
    pivot = left[:, k, k]
    column = left[:, :, k] * np.where(pivot > tolerance * scale, 1 / np.where(pivot > 0, pivot, 1), 0)[:, None]
    return left - column[:, :, None] * left[:, None, k, :]


def correlations(products: np.ndarray) -> np.ndarray:
    """Cross products of centred columns scaled to a unit diagonal; a column without spread is all 0."""
    spread = np.sqrt(np.maximum(np.diagonal(products, axis1=1, axis2=2), 0))
    safe = np.where(spread > 1e-12, spread, np.inf)
    scaled = products / safe[:, :, None] / safe[:, None, :]
    index = np.arange(products.shape[1])
    scaled[:, index, index] = 1.0
    return scaled


def around(value: np.ndarray, draws: np.ndarray, level: float) -> np.ndarray:
    """The two ends of the normal bootstrap interval of shares, (2, columns): the value, give or take so many standard deviations of the draws, within 0 and 1.

    Steadier than `percentiles` where draws are few and the figure is a share of a sum (`benchmarks.validity` tries both).
    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    >>> around(np.array([0.5]), np.array([[0.4], [0.5], [0.6]]), 0.95).round(2).ravel().tolist()
    [0.3, 0.7]
    """
    known = np.isfinite(draws).sum(axis=0) > 1
    half = np.full(draws.shape[1], np.nan)
    half[known] = float(ndtri(0.5 + level / 2)) * np.nanstd(draws[:, known], axis=0, ddof=1)
    return np.clip([value - half, value + half], 0.0, 1.0)


def percentiles(draws: np.ndarray, level: float) -> np.ndarray:
    """The two ends of the percentile interval, (2, columns); NaN where no draw has a value."""
    ends = np.full((2, draws.shape[1]), np.nan)
    known = np.isfinite(draws).any(axis=0) if len(draws) else np.zeros(draws.shape[1], dtype=bool)
    if known.any():
        ends[:, known] = np.nanquantile(draws[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends
