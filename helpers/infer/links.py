"""The arrows of a scorecard, tested: does the leading KPI's month go before the lagging KPI's?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.infer import lag
from helpers.infer.estimate import estimate
from helpers.infer.monthly import settled
from helpers.infer.multiplicity import false_discovery
from helpers.journey import Journey
from helpers.measure import all_kpis

FOUND = ["lag", "correlation", "low", "high", "p_value", "q_value", "months", "verdict"]


def tested(journey: Journey, pairs: pd.DataFrame) -> pd.DataFrame:
    """Each pair of KPIs with what the months say of it.

    In: from_kpi, to_kpi, expected (1, -1, or 0 where a KPI is best in a range), whatever else (see `score.pairs`). Out: the same
    and lag (months by which the lagging KPI follows), correlation of the monthly differences with low and high, p_value (permutation),
    q_value (Benjamini-Hochberg over the pairs), months (with both values), verdict: a key of `lag.STATUSES`. Months that are not over,
    or whose windows are open, are gaps. A pair with expected 0 has a correlation and no verdict but inconclusive or untested.
    """
    found = []
    for pair in pairs.itertuples():
        link = lag.association(series(journey, pair.from_kpi), series(journey, pair.to_kpi), expected=pair.expected or 1)
        found.append((link.lag, link.correlation, link.low, link.high, link.p_value, np.nan, link.months, link.status))
    table = pd.concat([pairs.reset_index(drop=True), pd.DataFrame(found, columns=FOUND)], axis=1).astype({"lag": "Int64"})
    table["q_value"] = false_discovery(table["p_value"])
    words = [lag.status(q, r, e or 1) for q, r, e in zip(table["q_value"], table["correlation"], table["expected"], strict=True)]
    table["verdict"] = [word if expected or word == "untested" else "inconclusive" for word, expected in zip(words, table["expected"], strict=True)]
    return table


def series(journey: Journey, kpi_id: str) -> np.ndarray:
    """A KPI's value in every month of the journey's history, in order; NaN where a month has none or is not settled."""
    kpi = all_kpis()[kpi_id]
    rows = estimate(journey, kpi)
    rows = rows[rows["grain"] == "month"].sort_values("period")
    return rows["value"].where(rows["period"].isin(settled(journey, kpi.window_days(journey) or 0.0))).to_numpy(dtype=float)
