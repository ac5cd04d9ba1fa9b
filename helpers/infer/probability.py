"""A probability from features: fitted, calibrated on later cases, and what it says. How good it is: `forecast`.

Ridge logistic regression (`logit.fit_logit`; a number's line may bend at four points), then Platt's two numbers on cases that came after those
it was trained on. Every interval is clustered on customers. Nothing here draws lots: same rows, same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.infer.intervals import LEVEL
from helpers.infer.logit import expit, fit_logit
from helpers.infer.multiplicity import MIN_N

RIDGE = 10.0
"""Weight of the penalty on standardised columns: as much as ten made-up cases that say "nothing goes with it"."""
LEVELS = 12
"""A text enters as its twelve most frequent values besides the usual one."""
KNOTS = (0.2, 0.4, 0.6, 0.8)
"""Percentiles at which a number's line may bend."""
MISSING = "none"


@dataclass(frozen=True)
class Column:
    """How one feature becomes columns of the design: its kind, and what the training rows said of it."""

    name: str
    kind: str
    ends: tuple[float, float] = (0.0, 0.0)
    middle: float = 0.0
    knots: tuple[float, ...] = ()
    gap: bool = False
    levels: tuple[str, ...] = ()
    usual: str = ""

    @property
    def width(self) -> int:
        """How many columns it becomes."""
        return len(self.levels) if self.kind == "text" else 1 + len(self.knots) + self.gap

    def expand(self, values: pd.Series) -> np.ndarray:
        """(rows, width): a text's indicators; a number, its bends (how far it is past each knot) and whether it is missing."""
        if self.kind == "text":
            codes = pd.Index(self.levels).get_indexer(words(values))
            return (codes[:, None] == np.arange(len(self.levels))).astype(float)
        value = values.to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(value)
        x = np.clip(np.where(known, value, self.middle), *self.ends)
        return np.column_stack([x, *[np.maximum(x - knot, 0.0) for knot in self.knots], *([(~known).astype(float)] if self.gap else [])])


def words(values: pd.Series) -> pd.Series:
    """A text feature with a word where it is missing."""
    return values.astype("str").fillna(MISSING)


def learn_column(name: str, kind: str, values: pd.Series) -> Column:
    """The column as the training rows show it: numbers cut at their 0.5 and 99.5 percentiles, texts by their frequent values."""
    if kind == "text":
        counts = words(values).value_counts().sort_index().sort_values(ascending=False, kind="stable")
        often = [str(level) for level in counts[counts >= MIN_N].index[: LEVELS + 1]]
        return Column(name, kind, levels=tuple(often[1:]), usual=often[0] if often else "")
    known = values.dropna().to_numpy(dtype=float)
    if not len(known):
        return Column(name, kind)
    low, middle, high = np.quantile(known, [0.005, 0.5, 0.995])
    knots = np.unique(np.quantile(known, KNOTS)) if len(np.unique(known)) > 4 else np.array([])
    return Column(name, kind, (low, high), middle, tuple(float(k) for k in knots if low < k < high), bool(values.isna().any()))


@dataclass(frozen=True)
class Model:
    """A fitted probability. `design` gives its columns, `raw` its log-odds, `predict` the calibrated probability."""

    columns: tuple[Column, ...]
    centre: np.ndarray
    spread: np.ndarray
    slopes: np.ndarray
    covariance: np.ndarray
    platt: tuple[float, float] = (0.0, 1.0)
    platt_covariance: np.ndarray | None = None

    def design(self, table: pd.DataFrame) -> np.ndarray:
        return _design(self.columns, table, self.centre, self.spread)

    def raw(self, table: pd.DataFrame) -> np.ndarray:
        return self.design(table) @ self.slopes

    def predict(self, table: pd.DataFrame) -> np.ndarray:
        return expit(self.platt[0] + self.platt[1] * self.raw(table))


def _expanded(columns: Sequence[Column], table: pd.DataFrame) -> np.ndarray:
    parts = [one.expand(table[one.name]) for one in columns]
    return np.column_stack(parts) if parts else np.empty((len(table), 0))


def _design(columns: Sequence[Column], table: pd.DataFrame, centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(table)), (_expanded(columns, table) - centre) / spread])


def fit(table: pd.DataFrame, kinds: dict[str, str], outcome, cluster, *, ridge: float = RIDGE) -> Model:
    """Ridge logistic regression of the outcome (0/1) on the features named in `kinds` (number, flag or text).

    The covariance is the sandwich over customers, the penalty included.
    """
    y = np.asarray(outcome, dtype=float)
    columns = tuple(learn_column(name, kind, table[name]) for name, kind in kinds.items())
    x = _expanded(columns, table)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, np.inf)
    x = np.column_stack([np.ones(len(x)), (x - centre) / spread])
    slopes = fit_logit(x, y, ridge=ridge)
    return Model(columns, centre, spread, slopes, sandwich(x, y, slopes, cluster, ridge))


def sandwich(x: np.ndarray, y: np.ndarray, slopes: np.ndarray, cluster, ridge: float, offset: np.ndarray | float = 0.0) -> np.ndarray:
    """Covariance of logistic slopes, clustered on customers. Source: Liang and Zeger (1986)."""
    p = expit(x @ slopes + offset)
    penalty = np.full(x.shape[1], ridge + 1e-9 * len(y))
    penalty[0] = 1e-9 * len(y)
    bread = np.linalg.inv(x.T @ (x * np.maximum(p * (1 - p), 1e-9)[:, None]) + np.diag(penalty))
    sums = by_cluster(x * (y - p)[:, None], cluster)
    return len(sums) / max(len(sums) - 1, 1) * bread @ (sums.T @ sums) @ bread


def by_cluster(rows: np.ndarray, cluster) -> np.ndarray:
    """Sums of rows by customer."""
    codes = np.arange(len(rows)) if cluster is None else pd.factorize(np.asarray(cluster))[0]
    order = np.argsort(codes, kind="stable")
    return np.add.reduceat(rows[order], np.flatnonzero(np.diff(codes[order], prepend=-1)), axis=0)


def calibrated(model: Model, table: pd.DataFrame, outcome, cluster) -> Model:
    """The model with Platt's scaling learnt on other, later rows: log-odds a + b x raw log-odds.

    Source: Platt (1999), without his smoothing of the outcomes.
    """
    x, y = np.column_stack([np.ones(len(table)), model.raw(table)]), np.asarray(outcome, dtype=float)
    found = fit_logit(x, y, ridge=1e-6)
    return Model(**{**model.__dict__, "platt": (float(found[0]), float(found[1])), "platt_covariance": sandwich(x, y, found, cluster, 1e-6)})


# What it says -----------------------------------------------------------------------------------------


def expected(model: Model, table: pd.DataFrame, *, level: float = LEVEL) -> dict[str, float]:
    """How many of these cases can be expected to have the event: value, low, high.

    The interval holds chance (each case its own draw) and what the calibration does not know (its covariance). What a
    change of times would do is not in it.
    """
    raw = model.raw(table)
    p = expit(model.platt[0] + model.platt[1] * raw)
    slope = np.column_stack([np.ones(len(p)), raw]).T @ (p * (1 - p)) if len(p) else np.zeros(2)
    doubt = float(slope @ model.platt_covariance @ slope) if model.platt_covariance is not None else 0.0
    half = float(ndtri(0.5 + level / 2)) * np.sqrt((p * (1 - p)).sum() + doubt)
    return {"value": float(p.sum()), "low": max(float(p.sum() - half), 0.0), "high": min(float(p.sum() + half), float(len(p)))}


def contrasts(model: Model, table: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """What each feature goes with, all others as they are: the change in the mean probability from a low to a high value.

    Low and high are the 25th and 75th percentile of a number (10th and 90th where these are one), no and yes of a flag, the most
    frequent value of a text and each other one. Out: feature, value (of a text), low_at, high_at, difference with low, high, p_value
    (delta method on the clustered covariance).
    """
    base, out, start = model.design(table), [], 1
    for one in model.columns:
        place, start = slice(start, start + one.width), start + one.width
        for value, low, high in _ends(one, table[one.name]):
            changed = [_with(base, model, one, place, end) for end in (low, high)]
            rates = [expit(model.platt[0] + model.platt[1] * x @ model.slopes) for x in changed]
            slope = model.platt[1] * (((rates[1] * (1 - rates[1])) @ changed[1] - (rates[0] * (1 - rates[0])) @ changed[0]) / len(table))
            difference, error = float(rates[1].mean() - rates[0].mean()), float(np.sqrt(max(slope @ model.covariance @ slope, 0.0)))
            half = float(ndtri(0.5 + level / 2)) * error
            out.append({"feature": one.name, "value": value, "low_at": low if one.kind == "number" else np.nan, "high_at": high if one.kind == "number" else np.nan,
                        "difference": difference, "low": difference - half, "high": difference + half, "p_value": _p_value(difference, error)})
    return pd.DataFrame(out, columns=["feature", "value", "low_at", "high_at", "difference", "low", "high", "p_value"])


def _with(base: np.ndarray, model: Model, one: Column, place: slice, value: object) -> np.ndarray:
    """The design with one feature set to one value in every row."""
    cell = one.expand(pd.Series([value], dtype="str" if one.kind == "text" else float))
    inside = slice(place.start - 1, place.stop - 1)
    out = base.copy()
    out[:, place] = (cell - model.centre[inside]) / model.spread[inside]
    return out


def _p_value(difference: float, error: float) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(difference) / error)) if error > 1e-12 else np.nan


def _ends(one: Column, values: pd.Series) -> list[tuple[str, object, object]]:
    if one.kind == "text":
        return [(level, one.usual, level) for level in one.levels]
    known = values.dropna().to_numpy(dtype=float)
    if not len(known) or np.ptp(known) == 0:
        return []
    if one.kind == "flag":
        return [("", 0.0, 1.0)]
    for share in (0.25, 0.1, 0.01):
        low, high = np.quantile(known, [share, 1 - share])
        if high > low:
            return [("", float(low), float(high))]
    return []
