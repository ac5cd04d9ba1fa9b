"""Differences between those who met something and those who did not, as far as other things are equal.

A linear regression of the outcome (for a yes or no outcome: the linear probability model, whose coefficients are
differences in points) with standard errors clustered on customers. A simple adjustment: it removes differences in
the mix of what is given as covariates, in straight steps, and nothing else.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr, stdtr

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
        units = _units(cluster, len(y))
        base = np.column_stack([np.ones(len(y)), steps(covariates, len(y))])
        # Frisch-Waugh-Lovell: what the base leaves of outcome and exposures gives the same slopes and the same sandwich.
        left, rank = _left_over(base, np.column_stack([y, x[:, used]]))
        for group in [list(range(len(used)))] if joint else [[place] for place in range(len(used))]:
            one = left[:, [1 + place for place in group]]
            _fill(table, [used[place] for place in group], one, left[:, 0], x[:, used][:, group], units, rank, level)
        table["q_value"] = false_discovery(table["p_value"])
    return table[list(COLUMNS)]


def between(outcomes: pd.DataFrame, group, *, cluster=None, level: float = LEVEL) -> pd.DataFrame:
    """The difference of many outcomes between the rows in a group and the rest, one row an outcome, nothing held equal.

    In: outcomes, one column each (0/1 or numbers); `group` 0/1 a row. Out: outcome, mean (in the group), mean_without,
    difference, low, high, p_value. NaN where a side is empty or shows no spread.

    >>> asked = pd.DataFrame({"price": [1, 1, 0, 0, 0, 0]})
    >>> between(asked, [1, 1, 1, 0, 0, 0])[["mean", "mean_without", "difference"]].round(2).values.tolist()
    [[0.67, 0.0, 0.67]]
    """
    y, met = outcomes.to_numpy(dtype=float), np.asarray(group, dtype=float)
    n = np.array([met.sum(), (1 - met).sum()])
    if not n.all():
        return pd.DataFrame({"outcome": outcomes.columns}).assign(**dict.fromkeys(("mean", "mean_without", "difference", "low", "high", "p_value"), np.nan))
    means = np.array([met @ y, (1 - met) @ y]) / n[:, None]
    influence = (y - means[0]) * (met / n[0])[:, None] - (y - means[1]) * ((1 - met) / n[1])[:, None]
    sums = _by_unit(influence, _units(cluster, len(y)))
    error = np.sqrt(len(sums) / max(len(sums) - 1, 1) * (sums**2).sum(axis=0))
    error = np.where(error > 1e-12, error, np.nan)
    difference, half = means[0] - means[1], t_quantile(len(sums) - 1, level) * error
    return pd.DataFrame({
        "outcome": outcomes.columns, "mean": means[0], "mean_without": means[1], "difference": difference, "low": difference - half,
        "high": difference + half, "p_value": 2 * stdtr(max(len(sums) - 1, 1), -np.abs(difference) / error),
    })


def spread(outcome, group, covariates: pd.DataFrame | None = None, *, cluster=None, min_n: int = MIN_N, level: float = LEVEL) -> dict[str, float]:
    """How far groups lie apart once covariates are held equal: the standard deviation of their adjusted means, each counted by its rows.

    In: `group` the name of each row's group, the rest as `differences`; groups under `min_n` rows are left out. Out: n, groups, value, low, high (0 where
    chance alone may have set them apart), p_value (that they do not differ at all). What chance adds to the spread of estimates is taken off.
    Source: the variance of the estimates is a quadratic form of normal variables, read as a multiple of a noncentral chi-square (Satterthwaite 1946) whose
    noncentrality gets its interval by inversion (Steiger and Fouladi 1997).

    >>> found = spread([0, 1] * 200 + [0, 1, 1, 1] * 100, ["shop"] * 400 + ["web"] * 400)
    >>> round(found["value"], 2), round(found["low"], 2), round(found["high"], 2)
    (0.12, 0.09, 0.16)
    """
    y, names = np.asarray(outcome, dtype=float), pd.Series(np.asarray(group, dtype=object))
    kept = names.isin(names.value_counts().loc[lambda n: n >= min_n].index).to_numpy()
    nothing = {"n": float(kept.sum()), "groups": float(names[kept].nunique()), **dict.fromkeys(("value", "low", "high", "p_value"), np.nan)}
    if nothing["groups"] < 2:
        return nothing
    held, flags = covariates[kept] if covariates is not None else None, pd.get_dummies(names[kept], dtype=float).to_numpy()
    base = np.column_stack([np.ones(len(flags)), steps(held, len(flags))])
    left, rank = _left_over(base, np.column_stack([y[kept], flags[:, 1:]]))
    slopes, covariance, clusters = _sandwich(left[:, 1:], left[:, 0], _units(None if cluster is None else np.asarray(cluster)[kept], len(flags)), rank)
    share = flags.mean(axis=0)[1:]
    form = np.diag(share) - np.outer(share, share)  # the variance of the means over rows, the first group at nought
    chance = np.trace(form @ covariance)
    if not chance > 1e-15 or clusters <= len(share) + 1:
        return nothing
    scale = np.trace(form @ covariance @ form @ covariance) / chance
    seen, free = slopes @ form @ slopes / scale, chance / scale
    low, high = (_noncentrality(seen, free, p) for p in (0.5 + level / 2, 0.5 - level / 2))
    value, low, high = (float(np.sqrt(size * scale)) for size in (max(seen - free, 0.0), low, high))
    return {**nothing, "value": value, "low": low, "high": high, "p_value": float(chdtrc(free, seen))}


def _noncentrality(seen: float, free: float, p: float) -> float:
    """The noncentrality under which a chi-square of `free` degrees lies below `seen` with probability p; 0 where none does."""
    below = lambda size: float(chndtr(seen, free, size))  # noqa: E731
    if below(0.0) <= p:
        return 0.0
    return float(brentq(lambda size: below(size) - p, 0.0, seen + 10 * np.sqrt(seen) + 40))


def _plain(y: np.ndarray, met: np.ndarray) -> tuple[float, float, float, float]:
    n, rest = met.sum(), (1 - met).sum()
    return n, rest, (y @ met) / n if n else np.nan, (y @ (1 - met)) / rest if rest else np.nan


def _units(cluster, n: int) -> np.ndarray:
    return np.arange(n) if cluster is None else pd.factorize(np.asarray(cluster))[0]


def _by_unit(rows: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Sums of rows by unit."""
    order = np.argsort(units, kind="stable")
    return np.add.reduceat(rows[order], np.flatnonzero(np.diff(units[order], prepend=-1)), axis=0)


def _left_over(base: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, int]:
    """What a regression on the base leaves of each column, and the base's rank."""
    bread, rank = _inverse(base.T @ base)
    return columns - base @ (bread @ (base.T @ columns)), rank


def _fill(table: pd.DataFrame, group: list[int], x: np.ndarray, y: np.ndarray, whole: np.ndarray, units: np.ndarray, rank: int, level: float) -> None:
    """Write slopes with their intervals into the rows of the table; `x` and `y` are what the base has left, `whole` is x before."""
    alone = (x**2).sum(axis=0) > 1e-9 * (whole**2).sum(axis=0)
    table.loc[[row for row, fine in zip(group, alone, strict=True) if not fine], "reason"] = "no difference left once the rest is held equal"
    x, group = x[:, alone], [row for row, fine in zip(group, alone, strict=True) if fine]
    if not group:
        return
    slopes, covariance, clusters = _sandwich(x, y, units, rank)
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    for place, row in enumerate(group):
        if not error[place] > 1e-12 or clusters < 2:
            table.loc[row, "reason"] = "no spread to judge by"
            continue
        half = float(t_quantile(clusters - 1, level)) * error[place]
        p_value = 2 * float(stdtr(clusters - 1, -abs(slopes[place]) / error[place]))
        table.loc[row, ["difference", "low", "high", "p_value"]] = [slopes[place], slopes[place] - half, slopes[place] + half, p_value]


def _sandwich(x: np.ndarray, y: np.ndarray, units: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Slopes, their covariance clustered on units, and how many units; `rank` is that of what was taken out of x and y before."""
    bread, more = _inverse(x.T @ x)
    slopes = bread @ (x.T @ y)
    sums = _by_unit(x * (y - x @ slopes)[:, None], units)
    clusters = len(sums)
    small = clusters / max(clusters - 1, 1) * (len(y) - 1) / max(len(y) - rank - more, 1)
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
