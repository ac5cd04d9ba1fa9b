"""KPIs month by month: which month's figure is a signal and which is noise, for every KPI with months enough."""

from __future__ import annotations

import pandas as pd

from helpers.infer import xmr
from helpers.journey import Journey
from helpers.measure import all_kpis
from helpers.measure.registry import own_label

MIN_MONTHS = 8
BOUNDS = {"share": (0.0, 1.0), "points": (-100.0, 100.0), "days": (0.0, float("inf")), "hours": (0.0, float("inf"))}
COLUMNS = ["kpi", "label", "kind", "unit", "better", "period", "value", "low", "high", "centre", "lower", "upper", "signal", "way"]


def monthly(journey: Journey, estimates: pd.DataFrame) -> pd.DataFrame:
    """XmR charts of the KPIs in `estimates` (see `infer.estimates`) that have 8 settled months or more.

    A month is settled when it is over and every window that the KPI counts in it has closed, so that a month still
    running never reads as a fall. Returns one row a KPI and month: COLUMNS, with `way` "better" or "worse" for a signal
    on the good or bad side of the centre, else empty.
    """
    parts = []
    for kpi_id, rows in estimates[estimates["grain"] == "month"].groupby("kpi", sort=False):
        kpi = all_kpis()[kpi_id]
        rows = rows[rows["period"].isin(settled(journey, kpi.window_days(journey) or 0.0))]
        if rows["value"].notna().sum() < MIN_MONTHS:
            continue
        chart = xmr.chart(rows, bounds=BOUNDS.get(kpi.unit), min_months=MIN_MONTHS).merge(rows[["period", "low", "high"]], on="period")
        above = chart["value"] > chart["centre"]
        good = above if kpi.better == "higher" else ~above
        way = good.map({True: "better", False: "worse"}).where((chart["signal"] != "") & (kpi.better != "range"), "")
        parts.append(chart.assign(kpi=kpi.id, label=own_label(kpi, journey), kind=kpi.kind, unit=kpi.unit, better=kpi.better, way=way)[COLUMNS])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def settled(journey: Journey, window_days: float) -> list[str]:
    """The months that were over `window_days` before as_of, not counting a first month that the data enter midway."""
    months = journey.labels[journey.labels["grain"] == "month"]
    over = months["end"] + pd.Timedelta(days=window_days) <= pd.Timestamp(journey.as_of) + pd.Timedelta(days=1)
    whole = months["start"] >= pd.Timestamp(journey.first_at).normalize() - pd.Timedelta(days=1)
    return months.loc[over & whole, "period"].tolist()


def drifts(table: pd.DataFrame) -> pd.DataFrame:
    """KPIs on the move all along, of a table of `monthly`: signals in at least half of the months, and first and last quarter of them further apart than
    half the limits' reach. Returns kpi, label, unit, better, first and last (means of the quarters), months, way."""
    out = []
    for kpi, part in table.groupby("kpi", sort=False):
        part = part.dropna(subset=["value"]).sort_values("period")
        quarter, head = max(len(part) // 4, 1), part.iloc[0]
        first, last = part["value"].head(quarter).mean(), part["value"].tail(quarter).mean()
        reach = max(head["upper"] - head["centre"], head["centre"] - head["lower"])
        if (part["signal"] != "").mean() < 0.5 or abs(last - first) <= reach / 2:
            continue
        way = "" if head["better"] == "range" else "better" if (last > first) == (head["better"] == "higher") else "worse"
        out.append((kpi, head["label"], head["unit"], head["better"], first, last, len(part), way))
    return pd.DataFrame(out, columns=["kpi", "label", "unit", "better", "first", "last", "months", "way"])
