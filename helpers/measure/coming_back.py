"""Who comes back, and whether they do as often as before: repeat purchases of two spans of time, by segment."""

from __future__ import annotations

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.registry import six_sums
from helpers.measure.spans import marked, spans
from helpers.measure.touchpoints import repurchases

def by_segment(journey: Journey, columns: tuple[str, ...]) -> pd.DataFrame:
    """Repeat purchases in both spans: column, value ("" and "" for everybody), span, and the six sums (s 1 where another purchase follows
    within the retention window). Purchases whose window is open are in neither."""
    both = spans(journey, float(journey.company.windows.retention_days))
    if both is None:
        return pd.DataFrame(columns=["column", "value", "span", "clusters", "people", "n", "s", "w", "ss", "sw", "ww"])
    again = (F.col("event") == 1) & (F.col("days") <= float(journey.company.windows.retention_days))
    rows = repurchases(journey).select(F.col("customer_id").alias("cluster"), marked(both).alias("span"), F.when(again, 1.0).otherwise(0.0).alias("s"))
    rows = engine.keep(rows.filter(F.col("span").isNotNull()))
    parts = [journey.collect(six_sums(rows, "span"), ["span"]).assign(column="", value="")]
    if columns:
        people = journey.table("customers").select(F.col("customer_id").alias("who"), *columns)
        joined = engine.keep(rows.join(people, F.col("cluster") == F.col("who")))
        for name in columns:
            known = joined.select("span", "cluster", "s", F.col(name).cast("string").alias("value")).filter(F.col("value").isNotNull())
            parts.append(journey.collect(six_sums(known, "span", "value"), ["value", "span"]).assign(column=name))
    return pd.concat(parts, ignore_index=True)
