"""The two spans of time that a page compares, and what KPIs are made of in each, by segment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.registry import Kpi, over_customers, parts_by_label
from helpers.measure.segments import compared, members

NOW, BEFORE = "now", "before"
PAIRS = (("period", "previous"), ("recent", "earlier"))
COVERED = 0.5
"""The part of the days before that the data must cover to be compared with."""
SPLIT = ("share", "mean", "nps", "survival_share")
"""The statistics that are a ratio of sums over customers, or can be written as one, so that their change can be split by segment."""


def compared_labels(journey: Journey) -> dict[str, Any] | None:
    """The labels of `Journey.labels` that are compared, `now` and `before`: the period and the like one before it; of all the data the last
    twelve months and the twelve before (shorter data: their halves). None where the data cover less than half of what lies before."""
    rows = {row.grain: row for row in journey.labels[journey.labels["grain"] != "month"].itertuples()}
    pair = next(((rows[now], rows[before]) for now, before in PAIRS if now in rows and before in rows), None)
    if pair is None:
        return None
    now, before = pair
    there = (before.end - max(before.start, _first_day(journey))) / (before.end - before.start)
    return {BEFORE: before, NOW: now} if there >= COVERED and now.start <= journey.as_of else None


def spans(journey: Journey, days: float = 0.0) -> dict[str, tuple[datetime, datetime]] | None:
    """The two spans, start and end (exclusive) of each, cut to the days that the data cover, and to those that lie `days` before as_of (a window that
    has to be over); None where there is nothing before or nothing is left."""
    found = compared_labels(journey)
    if found is None:
        return None
    last = journey.as_of - timedelta(days=days) if days else datetime(journey.as_of.year, journey.as_of.month, journey.as_of.day) + timedelta(days=1)
    both = {name: (max(one.start.to_pydatetime(), _first_day(journey)), min(one.end.to_pydatetime(), last)) for name, one in found.items()}
    return both if all(start < end for start, end in both.values()) else None


def marked(both: dict[str, tuple[datetime, datetime]], at: str = "at") -> Any:
    """A column that says in which of the spans a time stamp lies; null where in neither."""
    label = F.lit(None).cast("string")
    for name, (start, end) in both.items():
        label = F.when((F.col(at) >= engine.instant(start)) & (F.col(at) < engine.instant(end)), F.lit(name)).otherwise(label)
    return label


def by_segment(journey: Journey, kpis: Sequence[Kpi]) -> pd.DataFrame:
    """What KPIs are made of in the two spans, by segment, in two queries for all of them.

    KPIs of other statistics than SPLIT are left out. Returns kpi, span, column, value and the sums of `registry.six_sums`; column and value are ""
    for everybody. Who belongs to no segment is among everybody only. No rows where nothing can be compared.
    """
    labels, kpis = compared_labels(journey), [kpi for kpi in kpis if kpi.statistic in SPLIT]
    keys = ["kpi", "key", "column", "value"]
    if labels is None or not kpis or not len(compared(journey)):
        return pd.DataFrame(columns=["kpi", "span", "column", "value", "clusters", "people", "n", "s", "w", "ss", "sw", "ww"])
    wanted = {one.key: name for name, one in labels.items()}
    rows = engine.stack([parts_by_label(journey, kpi, *wanted).withColumn("kpi", F.lit(kpi.id)) for kpi in kpis])
    with engine.held(rows) as each:
        everybody = journey.collect(over_customers(each, "kpi", "key"), ["kpi", "key"]).assign(column="", value="")
        joined = each.join(members(journey).withColumnRenamed("customer_id", "cluster"), "cluster")
        table = pd.concat([everybody, journey.collect(over_customers(joined, *keys), keys)], ignore_index=True)
    table.insert(1, "span", table.pop("key").map(wanted))
    return table


def _first_day(journey: Journey) -> datetime:
    return journey.first_at.replace(hour=0, minute=0, second=0, microsecond=0)
