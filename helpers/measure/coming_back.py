"""Who comes back, and whether they do as often as before: repeat purchases of two spans of time, by segment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.registry import six_sums
from helpers.measure.touchpoints import repurchases

NOW, BEFORE = "now", "before"


def spans(journey: Journey, days: float | None = None) -> dict[str, tuple[datetime, datetime]] | None:
    """The two spans that are compared, each start and end (exclusive); None where not both hold days.

    The period and the like one before it; where there is none (all the data), the two halves of the time. Both end `days` (default:
    the retention window, so that it is over) before as_of at the latest. Where nothing has to be waited for (0 days), a period before that the data
    cover in part will do.
    """
    days = float(journey.company.windows.retention_days) if days is None else days
    last = journey.as_of - timedelta(days=days) + timedelta(seconds=0 if days else 1)
    previous = journey.period.previous()
    if previous is not None and (previous.start >= journey.first_at or days == 0 and previous.end > journey.first_at):
        begin = journey.first_at.replace(hour=0, minute=0, second=0, microsecond=0)
        now, before = (journey.period.start, min(journey.period.end, last)), (max(previous.start, begin), previous.end)
    else:
        first = max(journey.first_at, journey.period.start)
        end = min(last, journey.period.end)
        middle = (first + (end - first) / 2).replace(hour=0, minute=0, second=0, microsecond=0)
        before, now = (first, middle), (middle, end)
    return {BEFORE: before, NOW: now} if before[0] < before[1] and now[0] < now[1] else None


def by_segment(journey: Journey, columns: tuple[str, ...]) -> pd.DataFrame:
    """Repeat purchases in both spans: column, value ("" and "" for everybody), span, and the six sums (s 1 where another purchase follows
    within the retention window). Purchases whose window is open are in neither."""
    both = spans(journey)
    if both is None:
        return pd.DataFrame(columns=["column", "value", "span", "clusters", "people", "n", "s", "w", "ss", "sw", "ww"])
    label = F.lit(None).cast("string")
    for name, (start, end) in both.items():
        inside = (F.col("at") >= engine.instant(start)) & (F.col("at") < engine.instant(end))
        label = F.when(inside, F.lit(name)).otherwise(label)
    again = (F.col("event") == 1) & (F.col("days") <= float(journey.company.windows.retention_days))
    rows = repurchases(journey).select(F.col("customer_id").alias("cluster"), label.alias("span"), F.when(again, 1.0).otherwise(0.0).alias("s"))
    rows = engine.keep(rows.filter(F.col("span").isNotNull()))
    parts = [journey.collect(six_sums(rows, "span"), ["span"]).assign(column="", value="")]
    if columns:
        people = engine.short(journey.table("customers").select(F.col("customer_id").alias("who"), *columns))
        joined = engine.keep(rows.join(people, F.col("cluster") == F.col("who")))
        for name in columns:
            known = joined.select("span", "cluster", "s", F.col(name).cast("string").alias("value")).filter(F.col("value").isNotNull())
            parts.append(journey.collect(six_sums(engine.short(known), "span", "value"), ["value", "span"]).assign(column=name))
    return pd.concat(parts, ignore_index=True)
