"""A KPI's value with its interval, for each month, the period and the one before (see `Journey.labels`)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers.infer import intervals, survival
from helpers.infer.multiplicity import hide_small
from helpers.journey import Journey
from helpers.measure import Kpi, all_kpis, durations, sums
from helpers.measure.registry import DURATIONS

COLUMNS = ["kpi", "period", "grain", "value", "low", "high", "n", "people", "base", "reason", "complete"]
TOO_FEW = "too few"
NO_ROWS = "no rows"
NOTHING_BEFORE = "nothing before it to compare with"


def estimates(journey: Journey, kpis: Iterable[str] | None = None) -> pd.DataFrame:
    """Every KPI asked for (default: all), see `estimate`, one under the other. Raises KeyError on an unknown id.

    A KPI is worked out once a journey, however many sections and scorecards ask for it.
    """
    known = all_kpis()
    parts = [estimate(journey, known[one]) for one in (known if kpis is None else kpis)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def estimate(journey: Journey, kpi: Kpi) -> pd.DataFrame:
    """One KPI, one row a label of the journey.

    Returns kpi, period, grain (of the label), value, low, high (in the KPI's unit; 95 %), n (rows that
    the value divides by), people, base (the denominator in words), reason (why there is no value: the needs that are
    not met, "no rows", or "too few"), complete (the label lies wholly before as_of).
    Under the floor of `min_n` rows, and under `min_cell` people, there is no value; a month that could be worked out
    from the period's total is withheld too. Worked out once a journey: pages and scorecards ask for the same KPIs.
    """
    if all_kpis().get(kpi.id) is kpi:
        return journey.kept(f"estimate {kpi.id}", lambda: _estimate(journey, kpi)).copy()
    return journey.once(f"estimate {kpi.id} {hash(kpi)}", lambda: _estimate(journey, kpi)).copy()


def _estimate(journey: Journey, kpi: Kpi) -> pd.DataFrame:
    spans = journey.labels[["key", "period", "grain", "complete"]].copy()
    if missing := journey.missing(kpi.needs):
        table = spans.assign(value=np.nan, low=np.nan, high=np.nan, n=0.0, people=0.0, reason="needs " + ", ".join(missing))
    else:
        counted = _durations(journey, kpi) if kpi.statistic in DURATIONS else _sums(journey, kpi, spans)
        table = spans.merge(counted, on="key", how="left")
        table[["n", "people"]] = table[["n", "people"]].fillna(0.0)
        table["reason"] = table["reason"].fillna("").mask(table["n"] == 0, NO_ROWS)
        table = _withhold(_steady(table), journey)
    return table.assign(kpi=kpi.id, base=kpi.denominator)[COLUMNS]


def _steady(table: pd.DataFrame) -> pd.DataFrame:
    """Values to ten digits: beyond, a sum over many rows depends on the order in which the engine happened to add them."""
    for name in ("value", "low", "high"):
        known = table[name].to_numpy(dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = 10.0 ** (9 - np.floor(np.log10(np.abs(known))))
            table[name] = np.where(np.isfinite(step) & np.isfinite(known), np.round(known * step) / step, known)
    return table


def _sums(journey: Journey, kpi: Kpi, spans: pd.DataFrame) -> pd.DataFrame:
    """Value, interval, n, people and reason a label, from the sums over customers."""
    table = sums(journey, kpi)
    six = [table[c].to_numpy(dtype=float) for c in ("clusters", "s", "w", "ss", "sw", "ww")]
    if kpi.statistic == "share":
        found = intervals.share(*six)
    elif kpi.statistic == "nps":
        found = intervals.nps(*six)
    elif kpi.statistic == "mean":
        found = intervals.from_sums(*six)
    elif kpi.statistic in ("total", "level"):
        found = intervals.total(table["clusters"], table["s"], table["ss"], bounds=(0, None))
    else:
        found = _growth(table, spans)
    return pd.concat([table[["key", "people", "n"]], found.reset_index(drop=True)], axis=1)


def _growth(table: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Each label's total against the one before: months in their order, the period against the previous like one."""
    order = spans.assign(before=spans.groupby("grain")["key"].shift())
    for now, past in (("period", "previous"), ("recent", "earlier")):
        key = spans.loc[spans["grain"] == past, "key"]
        order.loc[order["grain"] == now, "before"] = key.iloc[0] if len(key) else None
    totals = table.set_index("key")
    before = table["key"].map(order.set_index("key")["before"]).map
    found = intervals.growth(table["s"], table["ss"], before(totals["s"]), before(totals["ss"]))
    reason = found["reason"].mask(before(totals["s"]).isna().to_numpy(), NOTHING_BEFORE)
    return found.assign(value=found["value"].where(np.isfinite(found["value"])), reason=reason)


def _durations(journey: Journey, kpi: Kpi) -> pd.DataFrame:
    """Value, interval, n, people and reason a label, from times to an event with open cases censored."""
    rows = durations(journey, kpi)
    rows["design_effect"] = survival.design_effect(rows)
    if kpi.statistic == "survival_share":
        found = survival.share_by(rows, kpi.window_days(journey), by="key")
    else:
        parts = [survival.median_time(part).assign(key=key) for key, part in rows.groupby("key", sort=True)]
        found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["key", "value", "low", "high", "n", "reason"])
        if kpi.unit == "hours":
            found[["value", "low", "high"]] *= 24.0
    people = rows.groupby("key")["people"].first()
    return found.assign(people=found["key"].map(people))[["key", "people", "n", "value", "low", "high", "reason"]]


def _withhold(table: pd.DataFrame, journey: Journey) -> pd.DataFrame:
    """Blank what rests on too few rows or people; months are hidden so that no total gives them away."""
    figures = ("value", "low", "high", "n")
    months = table["grain"] == "month"
    inside = hide_small(table[months], "people", journey.min_cell, blank=figures)
    alone = hide_small(table[~months], "people", journey.min_cell, total=False, blank=figures)
    table = pd.concat([inside, alone])
    few = table["hidden"] | ((table["n"] < journey.min_n) & (table["reason"] != NO_ROWS))
    table.loc[few, ["value", "low", "high"]] = np.nan
    table.loc[few, "reason"] = TOO_FEW
    return table
