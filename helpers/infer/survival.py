"""Time until something happens, where some are still waiting.

Tables in have one row a customer or, for big data, one row a distinct value: `days` (from the start
to the event or to the last day known), `event` (1 happened, 0 still open), and optionally `count`
(how many such rows; 1 when absent), `followed` (days from the start to the last day known, also for
those with the event) and `cluster` (the customer, where one customer has several rows) or, where rows are counted and
their customers no longer told apart, `design_effect` (see `design_effect`, one value a group).
All of it is written here because it must take counts, millions of customers being a few thousand distinct
rows; the tests hold it to statsmodels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtri

from helpers.infer import efron
from helpers.infer.intervals import LEVEL, wilson

SHARE_COLUMNS = (
    "value", "low", "high", "n", "events", "at_risk",
    "mature_n", "mature_value", "mature_low", "mature_high", "reason",
)


def kaplan_meier(frame: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """Share still without the event after each time, open cases censored.

    In: `days`, `event` and optionally `count`, `cluster`. Out: one row a distinct time, ascending:
    time, at_risk (just before), events, censored, survival, low, high.
    Raises ValueError on a missing or negative time, or an event that is neither 0 nor 1.
    The interval is Greenwood's on the log-log scale, which stays inside 0-1; where no one or everyone
    had the event it is Wilson's. With `cluster` the variance is inflated where rows of one customer
    are alike. Source: Kalbfleisch and Prentice (2002), section 1.4.

    >>> kaplan_meier(pd.DataFrame({"days": [2, 3, 3, 5], "event": [1, 1, 0, 0]})).survival.tolist()
    [0.75, 0.5, 0.5]
    """
    return _limits(_counts(frame), _design_effect(frame), level)


def _counts(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a distinct time: time, at_risk, events, censored, survival, greenwood."""
    days, event, count = _columns(frame)
    time, where = np.unique(days, return_inverse=True)
    events = np.bincount(where, weights=count * event, minlength=time.size).astype(float)
    all_here = np.bincount(where, weights=count, minlength=time.size).astype(float)
    at_risk = all_here[::-1].cumsum()[::-1]
    left = at_risk - events
    step = np.divide(events, at_risk * left, out=np.zeros_like(left), where=left > 0)
    return pd.DataFrame({
        "time": time, "at_risk": at_risk, "events": events, "censored": all_here - events,
        "survival": np.cumprod(left / at_risk), "greenwood": step.cumsum(),
    })


def _columns(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    for name in ("days", "event"):
        if name not in frame.columns:
            has = ", ".join(map(str, frame.columns))
            raise ValueError(f"survival: the table needs a column {name!r}; it has {has}")
    days, event = frame["days"].to_numpy(dtype=float), frame["event"].to_numpy(dtype=float)
    count = frame["count"].to_numpy(dtype=float) if "count" in frame.columns else np.ones(days.size)
    wrong = int((~(days >= 0)).sum())
    if wrong:
        raise ValueError(f"survival: {wrong:,} rows have a missing or negative time; leave them out first")
    if not np.isin(event, (0.0, 1.0)).all():
        raise ValueError("survival: `event` must be 1 (happened) or 0 (still open) in every row")
    return days[count > 0], event[count > 0], count[count > 0]


def _limits(table: pd.DataFrame, inflate: np.ndarray | float, level: float) -> pd.DataFrame:
    z = ndtri(0.5 + level / 2)
    s, greenwood = table.survival.to_numpy(), table.greenwood.to_numpy() * inflate
    inner = (s > 0) & (s < 1)
    safe = np.where(inner, s, 0.5)
    width = z * np.sqrt(greenwood) / -np.log(safe)
    # At 0 or 1 Greenwood's variance is 0: Wilson on those still at risk, or on all who had the event.
    n = np.where(s == 0, table.events.sum(), table.at_risk.to_numpy()) / inflate
    edge_low, edge_high = wilson(s, n, z) if len(table) else (s, s)
    out = table.drop(columns="greenwood")
    out["low"] = np.where(inner, safe ** np.exp(width), edge_low)
    out["high"] = np.where(inner, safe ** np.exp(-width), edge_high)
    return out


def _design_effect(frame: pd.DataFrame, points: int = 20) -> np.ndarray | float:
    """By how much rows of one customer being alike inflates the variance, at each distinct time.

    Measured at `points` times from the influence of every row (infinitesimal jackknife), summed
    within customers, against the same sum over single rows; straight lines between; never under 1.
    Source: Reid (1981), Annals of Statistics 9, for the influence function.
    """
    if "design_effect" in frame.columns and len(frame):
        return float(frame["design_effect"].iloc[0])
    if "cluster" not in frame.columns or not len(frame) or frame["cluster"].is_unique:
        return 1.0
    days, event, count = _columns(frame)
    kept = frame["count"].to_numpy(dtype=float) > 0 if "count" in frame.columns else slice(None)
    cluster = pd.factorize(frame["cluster"].to_numpy()[kept])[0]
    table = _counts(frame)
    hazard = np.cumsum(table.events / table.at_risk**2).to_numpy()
    at = np.searchsorted(table.time, days)
    grid = np.unique(np.linspace(0, len(table) - 1, points).round().astype(int))
    effect = np.ones(grid.size)
    for k, last in enumerate(grid):
        influence = hazard[np.minimum(at, last)] - (at <= last) * event / table.at_risk.to_numpy()[at]
        single = (count * influence**2).sum()
        together = (np.bincount(cluster, weights=count * influence) ** 2).sum()
        effect[k] = max(together / single, 1.0) if single > 0 else 1.0
    return np.interp(np.arange(len(table)), grid, effect)


def design_effect(sums: pd.DataFrame) -> pd.Series:
    """By how much rows of one customer being alike inflates a variance, from sums over customers, row by row; never under 1.

    In: s, w, ss, sw, ww and square (see `measure.registry.alike`). Source: Kish (1965), Survey Sampling, for the ratio of the
    variance clustered on customers to that of single rows.

    >>> design_effect(pd.DataFrame({"s": [20.0], "w": [40.0], "ss": [40.0], "sw": [40.0], "ww": [80.0], "square": [20.0]})).tolist()
    [2.0]
    """
    mean = sums["s"] / sums["w"].where(sums["w"] > 0)
    together = sums["ss"] - 2 * mean * sums["sw"] + mean**2 * sums["ww"]
    single = sums["square"] - mean * sums["s"]
    return (together / single.where(single > 1e-9 * sums["square"])).clip(lower=1.0).fillna(1.0)


def share_by(
    frame: pd.DataFrame, days: float, *, by: str | Sequence[str] = (), level: float = LEVEL
) -> pd.DataFrame:
    """Share who had the event within `days`, one row a group of `by`.

    In: as above; `days` the window. Out: value, low, high (Kaplan-Meier, open windows censored), n,
    events (within the window), at_risk (still without it and followed to its end), mature_n and mature_value
    with mature_low, mature_high (the plain ratio over those whose window has closed; it needs
    `followed`, else NaN), and reason where there is no value.

    >>> t = pd.DataFrame({"days": [2, 9, 4, 30, 30], "event": [1, 1, 0, 0, 0]})
    >>> share_by(t, 30)[["value", "n", "events", "at_risk"]].round(3).values.tolist()
    [[0.467, 5.0, 2.0, 2.0]]
    """
    keys = [by] if isinstance(by, str) else list(by)
    if not keys:
        return pd.DataFrame([_share(frame, days, level)], columns=SHARE_COLUMNS)
    groups = {k: _share(g, days, level) for k, g in frame.groupby(keys, sort=True)}
    if not groups:
        return pd.DataFrame(columns=[*keys, *SHARE_COLUMNS])
    index = pd.MultiIndex.from_tuples(groups, names=keys)
    return pd.DataFrame(list(groups.values()), index=index, columns=SHARE_COLUMNS).reset_index()


def _share(frame: pd.DataFrame, days: float, level: float) -> dict:
    table = kaplan_meier(frame, level=level)
    inside = table[table.time <= days]
    n = float(table.at_risk.iloc[0]) if len(table) else 0.0
    beyond = table[table.time > days].at_risk
    still = float(beyond.iloc[0]) if len(beyond) else 0.0
    still += float(table.censored[table.time == days].sum())
    row = {"n": n, "events": float(inside.events.sum()), "at_risk": still, "reason": ""}
    row |= _mature(frame, days, level)
    known = still > 0 or (len(inside) and inside.survival.iloc[-1] == 0)
    if not known:
        reason = "no one was observed" if n == 0 else f"no one was followed for the {days:g} days without the event"
        return row | {"value": np.nan, "low": np.nan, "high": np.nan, "reason": reason}
    if not len(inside):  # everyone is followed past the window, and no one had the event in it
        most = float(wilson(0, n, ndtri(0.5 + level / 2))[1])
        inside = pd.DataFrame({"survival": [1.0], "low": [1 - most], "high": [1.0]})
    last = inside.iloc[-1]
    return row | {"value": 1 - last.survival, "low": 1 - last.high, "high": 1 - last.low}


def _mature(frame: pd.DataFrame, days: float, level: float) -> dict:
    """The plain ratio over closed windows, with Wilson's interval; rows of one customer count for as many as they are worth."""
    n = value = low = high = np.nan
    if "followed" in frame.columns:
        closed = frame[frame["followed"] >= days]
        if len(closed):
            when, event, count = _columns(closed)
            n, hits = count.sum(), (count * event * (when <= days)).sum()
            value = hits / n
            worth = n / _together(count * (event * (when <= days) - value), closed) if 0 < hits < n else n
            low, high = (float(x) for x in wilson(value, worth, ndtri(0.5 + level / 2)))
        else:
            n = 0.0
    return {"mature_n": n, "mature_value": value, "mature_low": low, "mature_high": high}


def _together(influence: np.ndarray, frame: pd.DataFrame) -> float:
    """By how much rows of one customer that are alike inflate the variance of a share; never below 1."""
    if "design_effect" in frame.columns:
        return float(frame["design_effect"].iloc[0])
    if "cluster" not in frame.columns or frame["cluster"].is_unique:
        return 1.0
    kept = frame["count"].to_numpy(dtype=float) > 0 if "count" in frame.columns else slice(None)
    place = pd.factorize(frame["cluster"].to_numpy()[kept])[0]
    return max(float((np.bincount(place, weights=influence) ** 2).sum() / (influence**2).sum()), 1.0)


def median_time(frame: pd.DataFrame, *, q: float = 0.5, level: float = LEVEL) -> pd.DataFrame:
    """Days until half of them (or the share `q`) had the event: the first time the curve reaches it.

    Out: one row value, low, high, n, reason. Where too few had the event the value is NaN and reason
    reads "not reached" with the share so far; an end of the interval that is not reached is NaN.
    Source: Brookmeyer and Crowley (1982).

    >>> median_time(pd.DataFrame({"days": [2, 3, 4, 5, 9], "event": [1, 1, 0, 0, 0]})).reason[0]
    'not reached: 40% had the event by day 9'
    """
    table = kaplan_meier(frame, level=level)
    value, low, high = (_first(table, c, 1 - q) for c in ("survival", "low", "high"))
    reason = ""
    if not len(table):
        reason = "no one was observed"
    elif np.isnan(value):
        had = 1 - table.survival.iloc[-1]
        reason = f"not reached: {100 * had:.0f}% had the event by day {table.time.iloc[-1]:,.0f}"
    elif np.isnan(high):
        reason = "the upper end of the interval is not reached"
    n = float(table.at_risk.iloc[0]) if len(table) else 0.0
    return pd.DataFrame([{"value": value, "low": low, "high": high, "n": n, "reason": reason}])


def _first(table: pd.DataFrame, column: str, level: float) -> float:
    reached = table.time[table[column] <= level + 1e-12]
    return float(reached.iloc[0]) if len(reached) else np.nan


def log_rank(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """Do the groups differ in time to the event? One row chi_square, degrees_of_freedom, p_value, reason.

    In: `days`, `event`, optionally `count`, and the column `group`. Rows are one a customer, or carry a `design_effect`, by the
    largest of which the statistic is divided (Rao and Scott 1987), so that rows of one customer do not make it look surer.
    Source: Mantel (1966); Kalbfleisch and Prentice (2002), section 1.5.

    >>> t = pd.DataFrame({"days": [1, 2, 3, 4], "event": 1, "segment": ["a", "a", "b", "b"]})
    >>> log_rank(t, "segment").chi_square.round(4)[0]
    np.float64(2.8824)
    """
    days, event, count = _columns(frame)
    kept = frame["count"].to_numpy(dtype=float) > 0 if "count" in frame.columns else slice(None)
    codes, names = pd.factorize(frame[group].to_numpy()[kept], sort=True)
    if len(names) < 2 or not event.any():
        reason = "fewer than two groups" if len(names) < 2 else "no event in any group"
        return _rank_row(np.nan, max(len(names) - 1, 0), np.nan, reason)
    time, at = np.unique(days, return_inverse=True)
    events, at_risk = np.zeros((time.size, len(names))), np.zeros((time.size, len(names)))
    np.add.at(events, (at, codes), count * event)
    np.add.at(at_risk, (at, codes), count)
    at_risk = at_risk[::-1].cumsum(axis=0)[::-1]
    d, n = events.sum(axis=1), at_risk.sum(axis=1)
    part = at_risk / n[:, None]
    gap = (events - d[:, None] * part).sum(axis=0)[1:]
    ties = d * np.divide(n - d, n - 1, out=np.zeros_like(n), where=n > 1)
    variance = np.diag((ties[:, None] * part).sum(axis=0)) - np.einsum("t,ti,tj->ij", ties, part, part)
    chi = float(gap @ np.linalg.pinv(variance[1:, 1:], hermitian=True) @ gap)
    chi /= float(frame["design_effect"].max()) if "design_effect" in frame.columns else 1.0
    df = len(names) - 1
    return _rank_row(chi, df, float(chdtrc(df, chi)), "")


def _rank_row(chi: float, df: int, p: float, reason: str) -> pd.DataFrame:
    return pd.DataFrame([{"chi_square": chi, "degrees_of_freedom": df, "p_value": p, "reason": reason}])


@dataclass(frozen=True)
class Cox:
    """A Cox regression: one row a covariate, how well the whole fits, and the fit itself (for `efron.Efron.drift`)."""

    table: pd.DataFrame
    log_likelihood: float
    n: int
    events: int
    fit: efron.Efron = field(repr=False)


def cox(frame: pd.DataFrame, covariates: Sequence[str], *, level: float = LEVEL) -> Cox:
    """Cox regression with Efron's ties.

    In: `days`, `event`, optionally `count`, and numeric covariates; rows must be one a customer. Out: `table` with covariate,
    coefficient (log hazard ratio), low, high, hazard_ratio, p_value. Rows with a missing covariate raise ValueError, naming it.

    >>> t = pd.DataFrame({"days": [1, 2, 3], "event": 1, "x": [1, 0, 1]})
    >>> cox(t, ["x"]).table.hazard_ratio.round(4).tolist()
    [0.7071]
    """
    columns = list(covariates)
    gaps = [c for c in columns if frame[c].isna().any()]
    if gaps:
        raise ValueError(f"cox: {', '.join(gaps)} has missing values; fill them or leave those rows out first")
    days, event, count = _columns(frame)
    kept = frame["count"].to_numpy(dtype=float) > 0 if "count" in frame.columns else slice(None)
    found = efron.fit(days, event, count, frame[columns].to_numpy(dtype=float)[kept])
    error = np.sqrt(np.diag(found.covariance))
    reach = ndtri(0.5 + level / 2) * error
    table = pd.DataFrame({
        "covariate": columns, "coefficient": found.coefficients, "low": found.coefficients - reach, "high": found.coefficients + reach,
        "hazard_ratio": np.exp(found.coefficients), "p_value": chdtrc(1, (found.coefficients / np.where(error > 0, error, np.nan)) ** 2),
    })
    return Cox(table, found.log_likelihood, int(count.sum()), int((count * event).sum()), found)
