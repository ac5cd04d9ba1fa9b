"""Everything that the KPIs of adoption ask of a customer, in one row each, counted in the month of the start.

Many KPIs ask for one column of the same customers: the row is put together once, and tagged once.
"""

from __future__ import annotations

from typing import Any

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.adoption import adopters
from helpers.measure.obstacles import early
from helpers.measure.registry import tagged
from helpers.measure.staying import STEP, ages
from helpers.measure.touchpoints import kept_orders

YEAR = 365
RETENTION = (30, 60, 90)
_KEPT = ("started_at", "onboarded_at", "days", "event", "followed", "adopted")


def newcomers(journey: Journey) -> Any:
    """Customers who have started, with the piece of time that holds their start: piece, cluster, started_at, onboarded_at, days, event, followed, adopted (see `adoption`),
    active_30, active_60, active_90 (0/1: a sign of life in the 30 days from that day on), asked, technical (0/1: tickets in the first 30 days), revenue (in the
    retention window from the start on), margin (revenue less cost, in the first year), of orders that were not refunded. Windows may still be open: see `followed`.
    """
    return journey.once("newcomers", lambda: engine.keep(_newcomers(journey)))


def _newcomers(journey: Journey) -> Any:
    marks = [F.max(F.when(F.col("age") == day // STEP, 1.0).otherwise(0.0)).alias(f"active_{day}") for day in RETENTION]
    rows = adopters(journey).join(ages(journey).groupBy("customer_id").agg(*marks), "customer_id", "left")
    rows = rows.join(early(journey), "customer_id", "left")
    rows = rows.join(_brought(journey), "customer_id", "left")
    numbers = [f"active_{day}" for day in RETENTION] + ["asked", "technical", "revenue", "margin"]
    columns = {name: F.col(name) for name in _KEPT} | {name: F.coalesce(F.col(name), F.lit(0.0)) for name in numbers}
    return tagged(journey, rows, **columns)


def _brought(journey: Journey) -> Any:
    """What each customer brought: customer_id, revenue (in the retention window from the start on), margin (in the first year)."""
    if not journey.has("orders", "customer_id"):
        nobody = adopters(journey).filter(F.lit(False))
        return nobody.select("customer_id", F.lit(0.0).alias("revenue"), F.lit(0.0).alias("margin"))
    paid = kept_orders(journey).select("customer_id", F.col("at").alias("paid_at"), "revenue", "cost")
    rows = adopters(journey).select("customer_id", "started_at").join(paid, "customer_id")
    rows = rows.withColumn("since", engine.days_between("started_at", "paid_at")).filter(F.col("since") >= 0)
    window = float(journey.company.windows.retention_days)
    return rows.groupBy("customer_id").agg(
        F.sum(F.when(F.col("since") <= window, F.col("revenue"))).alias("revenue"),
        F.sum(F.when(F.col("since") <= float(YEAR), F.col("revenue") - F.col("cost"))).alias("margin"),
    )
