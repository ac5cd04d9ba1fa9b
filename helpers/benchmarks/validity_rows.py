"""A row of the validity table: what was tried, what must hold, what was measured, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.infer import intervals

COVERAGE = (0.93, 0.97)
"""METHODS section 1: a 95 % interval holds the truth in 93 to 97 % of the draws."""
FALSE = 0.05
"""METHODS section 1: false discoveries stay under 5 %."""
VERDICTS = {
    "holds": "the figure meets the claim",
    "fails": "the figure misses the claim, and so does its whole interval",
    "not settled": "the figure misses the claim, and its interval does not rule it out",
    "told": "nothing is claimed; the figure is for the reader",
}


@dataclass(frozen=True)
class Row:
    """One line of the table; `value`, `low` and `high` are told with `form` (a format, e.g. ".1%")."""

    part: str
    what: str
    claim: str
    value: float
    low: float
    high: float
    form: str
    tried: str
    verdict: str

    @property
    def measured(self) -> str:
        """The figure with its interval, in print."""
        if not np.isfinite(self.value):
            return "none"
        ends = f" ({self.low:{self.form}} to {self.high:{self.form}})" if np.isfinite([self.low, self.high]).all() else ""
        return f"{self.value:{self.form}}{ends}"


def verdict(value: float, low: float, high: float, least: float, most: float) -> str:
    """A key of VERDICTS for a figure that must lie between `least` and `most`.

    >>> verdict(0.95, 0.94, 0.96, *COVERAGE), verdict(0.5, 0.4, 0.6, *COVERAGE), verdict(0.92, 0.88, 0.95, *COVERAGE)
    ('holds', 'fails', 'not settled')
    """
    if least <= value <= most:
        return "holds"
    return "not settled" if np.isfinite([low, high]).all() and low <= most and high >= least else "fails"


def rate(part: str, what: str, hits, *, noun: str, claim: str = "", least: float = 0.0, most: float = 1.0, of=None, form: str = ".1%") -> Row:
    """A share of tries with its interval; `of` where a try (a company) brings several cases, which are then one cluster."""
    hits = np.asarray(hits, dtype=float)
    one = intervals.share(*intervals.sums_of(hits, of)).iloc[0]
    told = verdict(one.value, one.low, one.high, least, most) if claim else "told"
    tried = f"{len(hits):,} {noun}" if of is None else f"{np.sum(of):,.0f} in {len(hits):,} {noun}"
    return Row(part, what, claim or "none", one.value, one.low, one.high, form, tried, told)


def mean(part: str, what: str, values, *, noun: str, claim: str = "", least: float = -np.inf, most: float = np.inf, form: str = ".2f") -> Row:
    """A mean over tries with its t interval; tries without a value are left out."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not values.size:
        return Row(part, what, claim or "none", np.nan, np.nan, np.nan, form, f"no {noun}", "told")
    one = intervals.from_sums(*intervals.sums_of(values)).iloc[0]
    told = verdict(one.value, one.low, one.high, least, most) if claim else "told"
    return Row(part, what, claim or "none", one.value, one.low, one.high, form, f"{len(values):,} {noun}", told)


def covers(part: str, what: str, low, high, truth, *, noun: str = "draws", whole: bool = False) -> Row:
    """How often an interval holds the truth; an end that is not reached (NaN) lies without bound.

    `whole`: the interval ends on whole numbers, so that it cannot be as narrow as 95 % would allow; too often is then no fault.
    """
    low, high = np.nan_to_num(np.asarray(low, dtype=float), nan=-np.inf), np.nan_to_num(np.asarray(high, dtype=float), nan=np.inf)
    held = (low <= truth) & (truth <= high)
    most = 1.0 if whole else COVERAGE[1]
    return rate(part, what, held, noun=noun, claim="93 % or more" if whole else "93 to 97 %", least=COVERAGE[0], most=most)


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a table of text: Part, What, Must hold, Measured, Tried, Verdict."""
    return pd.DataFrame([
        {"Part": r.part, "What": r.what, "Must hold": r.claim, "Measured (95 % interval)": r.measured, "Tried": r.tried, "Verdict": r.verdict} for r in rows
    ])
