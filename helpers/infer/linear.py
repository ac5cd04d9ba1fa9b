"""Differences between those who met something and those who did not, as far as other things are equal.

A linear regression of the outcome (for a yes or no outcome: the linear probability model, whose coefficients are
differences in points) with standard errors clustered on customers. A simple adjustment: it removes differences in
the mix of what is given as covariates, in straight steps, and nothing else.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtr

from helpers.infer.intervals import LEVEL, t_quantile
from helpers.infer.multiplicity import MIN_N, false_discovery, too_few

BINS = 8
"""A number enters as so many steps of about equal size, so that it may rise and fall."""
LEVELS = 10
"""A text enters as its most frequent values; the rest are one."""
COLUMNS = ("exposure", "n", "n_without", "mean", "mean_without", "difference", "low", "high", "p_value", "q_value", "reason")


def differences(
    outcome, exposures: pd.DataFrame, covariates: pd.DataFrame | None = None, *, cluster=None, joint: bool = True, min_n: int = MIN_N,
    level: float = LEVEL,
) -> pd.DataFrame:
    """The difference in the outcome that goes with each exposure, one row an exposure in their order.

    In: `outcome` a number or 0/1 a row; `exposures` 0/1, one column each (a missing value counts as 0); `covariates` of any
    type, held equal; `cluster` the customer of each row. With `joint` the exposures are held equal too (things that can be
    met together); without, each is set against all rows that lack it (groups that exclude one another).
    Out: exposure, n, n_without (rows), mean, mean_without (as they are), difference (adjusted), low, high, p_value, q_value
    (Benjamini-Hochberg over the rows), reason (why there is no figure).
    Source: Liang and Zeger (1986) for the standard errors.

    >>> met = pd.DataFrame({"guide": [1] * 40 + [0] * 40})
    >>> differences([1, 1, 1, 0] * 10 + [1, 0, 0, 0] * 10, met)[["mean", "mean_without", "difference"]].round(2).values.tolist()
    [[0.75, 0.25, 0.5]]
    """
    y, x = np.asarray(outcome, dtype=float), exposures.fillna(0).to_numpy(dtype=float)
    if len(y) != len(x):
        raise ValueError(f"differences: {len(y):,} outcomes for {len(x):,} rows of exposures; give one each")
    table = pd.DataFrame([_plain(y, x[:, k]) for k in range(x.shape[1])], columns=["n", "n_without", "mean", "mean_without"])
    table.insert(0, "exposure", list(exposures.columns))
    table[["difference", "low", "high", "p_value", "q_value"]] = np.nan
    few = np.atleast_1d(too_few(table["n"], min_n=min_n) | too_few(table["n_without"], min_n=min_n))
    table["reason"] = np.select([table["n"] < min_n, few], ["too few", "too few without it"], "")
    used = [k for k in range(x.shape[1]) if not few[k]]
    if used:
        units = np.arange(len(y)) if cluster is None else pd.factorize(np.asarray(cluster))[0]
        base = np.column_stack([np.ones(len(y)), steps(covariates, len(y))])
        sets = [used] if joint else [[k] for k in used]
        for group in sets:
            _fill(table, group, np.column_stack([x[:, group], base]), y, units, level)
        table["q_value"] = false_discovery(table["p_value"])
    return table[list(COLUMNS)]


def _plain(y: np.ndarray, met: np.ndarray) -> tuple[float, float, float, float]:
    n, rest = met.sum(), (1 - met).sum()
    return n, rest, (y @ met) / n if n else np.nan, (y @ (1 - met)) / rest if rest else np.nan


def _fill(table: pd.DataFrame, group: list[int], x: np.ndarray, y: np.ndarray, units: np.ndarray, level: float) -> None:
    """Write the coefficients of the first columns of x, with their intervals, into the rows of the table."""
    slopes, variance, clusters = _fit(x, y, units)
    for place, row in enumerate(group):
        error = np.sqrt(max(variance[place, place], 0.0))
        if not np.isfinite(error) or error <= 1e-12 or clusters < 2:
            table.loc[row, "reason"] = "no difference left once the rest is held equal"
            continue
        half = float(t_quantile(clusters - 1, level)) * error
        p_value = 2 * float(stdtr(clusters - 1, -abs(slopes[place]) / error))
        table.loc[row, ["difference", "low", "high", "p_value"]] = [slopes[place], slopes[place] - half, slopes[place] + half, p_value]


def _fit(x: np.ndarray, y: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Least squares with a sandwich over units: coefficients, their covariance, number of units."""
    bread, rank = _inverse(x.T @ x)
    slopes = bread @ (x.T @ y)
    score = x * (y - x @ slopes)[:, None]
    order = np.argsort(units, kind="stable")
    starts = np.flatnonzero(np.diff(units[order], prepend=-1))
    sums = np.add.reduceat(score[order], starts, axis=0)
    clusters = len(starts)
    small = clusters / max(clusters - 1, 1) * (len(y) - 1) / max(len(y) - rank, 1)
    return slopes, small * bread @ (sums.T @ sums) @ bread, clusters


def _inverse(products: np.ndarray) -> tuple[np.ndarray, int]:
    """Inverse of cross products and their rank; columns that others determine are passed over."""
    values, vectors = np.linalg.eigh(products)
    kept = values > 1e-10 * values[-1]
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T, int(kept.sum())


def steps(covariates: pd.DataFrame | None, n: int) -> np.ndarray:
    """Covariates as 0/1 columns: numbers in steps, texts by value, a gap as a value of its own; (n, columns)."""
    columns = []
    for _, column in (covariates.items() if covariates is not None else ()):
        if pd.api.types.is_numeric_dtype(column) and column.nunique() > BINS:
            cuts = np.unique(np.nanquantile(column.to_numpy(dtype=float), np.arange(1, BINS) / BINS))
            text = pd.Series(np.searchsorted(cuts, column.to_numpy(dtype=float), side="left")).where(column.notna().to_numpy(), -1)
        else:
            text = column.astype(object).where(column.notna(), "missing").astype(str).reset_index(drop=True)
            top = text.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:LEVELS]
            text = text.where(text.isin(top), "other")
        columns += [(text == value).to_numpy(dtype=float) for value in sorted(text.unique())[1:]]
    return np.column_stack(columns) if columns else np.empty((n, 0))
