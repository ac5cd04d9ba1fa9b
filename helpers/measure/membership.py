"""Relations that end: who begins one, who leaves, who comes to its proper end.

A touchpoint's `relation` says what a contact with it means: **start** begins the relation (a subscription, a course), **lost** means that the customer
leaves, **done** that the relation comes to its proper end (the course is over, the contract has run out), which is no loss. Where no touchpoint
is a start, a relation begins with the customer's start (see `adoption`). Whoever is done, or still there at as_of, is censored: never counted
as lost, and not followed beyond it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.adoption import adopters
from helpers.measure.base import related

LOST = "touchpoints.relation=lost"


def membership(journey: Journey) -> Any:
    """One row a customer whose relation began: customer_id, row_id (0), at and started_at (the start), ended_at, days, event.

    ended_at is the first contact, from the start on, that ends the relation, lost before done in one instant; null while it goes on. days run to it, or to as_of;
    event is 1 where the customer left, else 0.
    """
    return journey.once("membership", lambda: engine.keep(_membership(journey)))


def _membership(journey: Journey) -> Any:
    rows = adopters(journey).select("customer_id", "row_id", "at", "started_at")
    for word in ("lost", "done"):
        ends = related(journey, word).select("customer_id", F.col("at").alias("end_at"))
        first = rows.join(ends, "customer_id").filter(F.col("end_at") >= F.col("started_at")).groupBy("customer_id").agg(F.min("end_at").alias(f"{word}_at"))
        rows = rows.join(first, "customer_id", "left")
    left = F.col("lost_at").isNotNull() & (F.col("done_at").isNull() | (F.col("lost_at") <= F.col("done_at")))
    rows = rows.withColumn("event", F.when(left, 1).otherwise(0)).withColumn("ended_at", F.when(left, F.col("lost_at")).otherwise(F.col("done_at")))
    until = F.coalesce(F.col("ended_at"), engine.instant(journey.as_of))
    return rows.withColumn("days", engine.days_between(F.col("started_at"), until)).drop("lost_at", "done_at")


def stays(journey: Journey, column: str | None = None) -> pd.DataFrame:
    """Times from the start to leaving of customers who start in the period, counted: group, days (to the hour), event (0/1), count.

    `column` of customers gives the groups; without it there is one, named "". Customers without a value are left out.
    """
    rows = journey.cut(membership(journey))
    if column is None:
        rows = rows.withColumn("group", F.lit(""))
    else:
        people = journey.table("customers").filter(F.col(column).isNotNull()).select("customer_id", F.col(column).cast("string").alias("group"))
        rows = rows.join(people, "customer_id")
    counted = rows.groupBy("group", F.round(F.col("days") * 24.0).alias("hours"), "event").agg(F.count(F.lit(1)).alias("count"))
    table = journey.collect(counted, ["group", "hours", "event"])
    table.insert(1, "days", table.pop("hours") / 24.0)
    return table


def ends(journey: Journey) -> dict[str, int]:
    """What became of the relations that begin in the period: began, left, done, open; and `never`, customers who left in the period without ever having begun."""
    rows = journey.cut(membership(journey))
    over = F.col("ended_at").isNotNull()
    row = journey.collect(rows.agg(
        F.count(F.lit(1)).alias("began"), F.sum("event").alias("left"), F.sum(F.when(over & (F.col("event") == 0), 1).otherwise(0)).alias("done"),
    )).iloc[0]
    left = journey.cut(related(journey, "lost")).select("customer_id").distinct()
    never = journey.collect(left.join(membership(journey).select("customer_id"), "customer_id", "left_anti").agg(F.count(F.lit(1)).alias("never")))["never"].iloc[0]
    counts = {name: 0 if pd.isna(row[name]) else int(row[name]) for name in ("began", "left", "done")}
    return counts | {"open": counts["began"] - counts["left"] - counts["done"], "never": int(never)}


def leavers(journey: Journey, calendar: Any) -> Any:
    """Each month of `calendar` (month, month_end) and a customer there when it begins: customer_id, row_id, at (the month), lost (0/1: leaves in it)."""
    rows = membership(journey).select("customer_id", "row_id", "started_at", "ended_at", "event")
    rows = rows.crossJoin(calendar.select(F.col("month").alias("at"), "month_end"))
    rows = rows.filter((F.col("started_at") < F.col("at")) & (F.col("ended_at").isNull() | (F.col("ended_at") >= F.col("at"))))
    gone = (F.col("event") == 1) & (F.col("ended_at") < F.col("month_end"))
    return rows.select("customer_id", "row_id", "at", F.when(gone, 1.0).otherwise(0.0).alias("lost"))
