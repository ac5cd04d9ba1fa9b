"""Lots that the company drew among its customers (`randomised:` in journey.yml): who drew what, what was known of them before, and what they did after.

Everybody who drew counts, whatever they did later: whoever is picked by what came after the draw is no longer picked by lot.
"""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import can_purchase, purchases
from helpers.measure.segments import compared

BEFORE = ("weeks", "contacts", "purchases")
"""What is counted of each customer before the draw: weeks a customer, contacts and purchases in the retention window."""


def drawn(journey: Journey) -> bool:
    """Whether the company says that lots were drawn, and its customers hold what each drew."""
    lots = journey.company.randomised
    return lots is not None and journey.has("customers", lots.column)


def over(journey: Journey) -> bool:
    """Whether the window of the outcome is over for everybody who drew."""
    return journey.company.randomised.since + timedelta(days=journey.company.windows.retention_days) <= journey.as_of


def customers(journey: Journey) -> pd.DataFrame:
    """Customers who drew, counted: arm, outcome (0/1: buys within the retention window from the draw on; where no purchases are known, is seen), BEFORE, the
    segment columns, and how many are alike in all of these (people)."""
    lots = journey.company.randomised
    start, end, back = (engine.instant(lots.since + timedelta(days=days * journey.company.windows.retention_days)) for days in (0, 1, -1))
    columns = [name for name in dict.fromkeys(compared(journey)["column"]) if name != lots.column]
    known = F.col("acquired_at").isNull() | (F.col("acquired_at") < start)
    who = journey.table("customers").filter(F.col(lots.column).isNotNull() & known)
    weeks = F.floor(engine.days_between(F.coalesce(F.col("acquired_at"), start), start) / F.lit(7.0))
    who = who.select("customer_id", F.col(lots.column).cast("string").alias("arm"), weeks.cast("double").alias("weeks"), *[F.col(name).cast("string").alias(name) for name in columns])
    bought = purchases(journey).select("customer_id", "at")
    met = journey.table("interactions").select("customer_id", "at") if journey.has("interactions") else bought
    after = bought if can_purchase(journey) else met
    parts = [_count(rows, low, high, name) for name, rows, low, high in (("outcome", after, start, end), ("contacts", met, back, start), ("purchases", bought, back, start))]
    rows = reduce(lambda left, right: left.join(right, "customer_id", "left"), parts, who)
    hit = F.when(F.coalesce(F.col("outcome"), F.lit(0.0)) > 0, 1.0).otherwise(0.0)
    numbers = [F.coalesce(F.col(name), F.lit(0.0)).alias(name) for name in BEFORE]
    keys = ["arm", "outcome", *BEFORE, *columns]
    rows = rows.select("arm", hit.alias("outcome"), *numbers, *[F.coalesce(F.col(name), F.lit("")).alias(name) for name in columns])
    return journey.collect(rows.groupBy(*keys).agg(F.count(F.lit(1)).alias("people")), keys)


def _count(rows: Any, start: Any, end: Any, name: str) -> Any:
    inside = rows.filter((F.col("at") >= start) & (F.col("at") < end))
    return inside.groupBy("customer_id").agg(F.count(F.lit(1)).cast("double").alias(name))
