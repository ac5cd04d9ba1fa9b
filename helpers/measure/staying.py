"""Who stays: activity by age since the start and by calendar month.

An age is a step of 30 days since the start: age 0 is days 0 to 29, age 1 days 30 to 59. The retention KPIs and the
cohort triangle read the same cells. A step counts for a customer once it is over at as_of, so an unfinished one never reads as a loss.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.adoption import activity, adopters, can_adopt, relates
from helpers.measure.base import succeeded, with_role
from helpers.measure.membership import leavers, membership

STEP = 30
MOST_AGES = 24
MOST_DONE = 0.05
"""Ages by which more of a cohort's relations than this have come to their proper end are not shown: those who left would be all that is left."""


def ages(journey: Journey) -> Any:
    """The ages in which a customer was active: customer_id, age (30-day steps since the start), one row each."""
    return journey.once("active ages", lambda: engine.keep(_ages(journey)))


def _ages(journey: Journey) -> Any:
    rows = activity(journey).select("customer_id", F.floor(F.col("age") / F.lit(float(STEP))).cast("int").alias("age"))
    return rows.filter(F.col("age") < MOST_AGES).distinct()


def cohorts(journey: Journey) -> pd.DataFrame:
    """The cohort triangle of customers who start in the period: one row a starting month and age that is over for somebody.

    Returns cohort (2026-07), age, size (customers in the cohort), n (of these, those for whom the age is over), active (of
    these, those active in it), complete (it is over for all of them). An age by which relations have come to their proper end is left out.
    """
    over = F.floor(F.col("followed") / F.lit(float(STEP))).cast("int")  # ages 0 .. over - 1 are over
    done = F.when(F.col("followed") < engine.days_between(F.col("started_at"), engine.instant(journey.as_of)), 1).otherwise(0)
    rows = journey.cut(adopters(journey)).select("customer_id", engine.month_of("started_at").alias("cohort"), over.alias("over"), done.alias("done"))
    sizes = journey.collect(rows.groupBy("cohort", "over", "done").agg(F.count(F.lit(1)).alias("customers")), ["cohort", "over", "done"])
    seen = rows.join(ages(journey), "customer_id").filter(F.col("age") < F.col("over"))
    active = journey.collect(seen.groupBy("cohort", "age").agg(F.count(F.lit(1)).alias("active")), ["cohort", "age"])
    cells = [
        (cohort, age, part["customers"].sum(), part.loc[part["over"] > age, "customers"].sum())
        for cohort, part in sizes.groupby("cohort") for age in range(min(int(part["over"].max()), MOST_AGES))
        if part.loc[(part["over"] <= age) & (part["done"] == 1), "customers"].sum() <= MOST_DONE * part["customers"].sum()
    ]
    table = pd.DataFrame(cells, columns=["cohort", "age", "size", "n"]).merge(active, on=["cohort", "age"], how="left")
    table["active"] = table["active"].fillna(0).astype(int)
    return table.assign(complete=table["n"] == table["size"])


def months(journey: Journey) -> pd.DataFrame:
    """The calendar months that are over, of the journey's history: month (its first instant), end, length (days)."""
    rows = journey.labels[(journey.labels["grain"] == "month") & journey.labels["complete"]]
    return pd.DataFrame({"month": rows["start"], "end": rows["end"], "length": (rows["end"] - rows["start"]).dt.days.astype(float)})


def _calendar(journey: Journey) -> Any:
    rows = [(row.month.to_pydatetime(), row.end.to_pydatetime(), row.length) for row in months(journey).itertuples()]
    kept = engine.frame(rows or [(journey.as_of, journey.as_of, 1.0)], "month timestamp, month_end timestamp, length double")
    return kept.filter(F.lit(bool(rows)))


def active_months(journey: Journey) -> Any:
    """Each month, after the one of the start, in which a customer was active: customer_id, row_id, at (the month), month_end, length, days
    (days with a sign of life), next_at (the first sign of life in a later month; null where none)."""
    return journey.once("active months", lambda: engine.keep(_active_months(journey)))


def _active_months(journey: Journey) -> Any:
    rows = activity(journey).withColumn("month", F.date_trunc("month", F.col("at")).cast("timestamp"))
    each = rows.groupBy("customer_id", "month").agg(
        F.min("started_at").alias("started_at"), F.min("at").alias("first_at"), F.countDistinct("day").cast("double").alias("days"))
    following = F.lead("first_at").over(Window.partitionBy("customer_id").orderBy("month"))
    each = each.withColumn("next_at", following).withColumn("row_id", F.lit(0).cast("long"))
    each = each.join(_calendar(journey), "month").filter(F.col("started_at") < F.col("month"))
    return each.withColumn("at", F.col("month")).drop("started_at", "first_at", "month")


def owner_months(journey: Journey, days: float) -> Any:
    """Each month that is over and a customer who had adopted in the `days` before it (started, where no use can be seen): customer_id, row_id, at (the
    month), active (0/1). Looking back no further keeps the share from falling merely because a company's customers grow older. Whose relation has ended is left out."""
    since = F.col("adopted_at") if can_adopt(journey) else F.col("started_at")
    base = adopters(journey).select("customer_id", since.alias("since")).filter(F.col("since").isNotNull())
    rows = base.crossJoin(_calendar(journey).select(F.col("month").alias("at"), "month_end")).filter(engine.days_between("since", "at").between(1 / 86400, days))
    if relates(journey, "lost") or relates(journey, "done"):  # whose relation is over is not silent
        ends = membership(journey).select("customer_id", "ended_at")
        rows = rows.join(ends, "customer_id").filter(F.col("ended_at").isNull() | (F.col("ended_at") >= F.col("month_end")))
    rows = rows.select("customer_id", "at")
    seen = active_months(journey).select("customer_id", "at", F.lit(1.0).alias("active"))
    rows = rows.join(seen, ["customer_id", "at"], "left")
    return rows.withColumn("active", F.coalesce(F.col("active"), F.lit(0.0))).withColumn("row_id", F.lit(0).cast("long"))


def lost(journey: Journey, days: float) -> Any:
    """Active customers by month, where `days` after the month's end are over: customer_id, row_id, at (the month), lost (0/1: no sign of life in these
    days). Where leaving is on record, everybody there when the month begins, and lost where they leave in it."""
    if relates(journey, "lost"):
        return leavers(journey, _calendar(journey))
    over = engine.days_between(F.col("month_end"), engine.instant(journey.as_of)) >= F.lit(days) - F.lit(1 / 86400)
    rows = active_months(journey).filter(over)
    gone = F.col("next_at").isNull() | (engine.days_between("month_end", "next_at") >= F.lit(days))
    return rows.withColumn("lost", F.when(gone, 1.0).otherwise(0.0))


def breadth(journey: Journey, days: float) -> Any:
    """How many usage touchpoints each adopter used in the `days` from adoption on, where these are over: customer_id, row_id, at (adoption), features."""
    rows = adopters(journey).filter(F.col("adopted_at").isNotNull() & F.lit(can_adopt(journey)))
    rows = rows.filter(engine.days_between(F.col("adopted_at"), engine.instant(journey.as_of)) >= days)
    rows = rows.select("customer_id", "row_id", F.col("adopted_at").alias("since"))
    used = with_role(journey, "usage").filter(succeeded()).select("customer_id", F.col("at").alias("met_at"), "touchpoint")
    held = rows.join(used, "customer_id").filter(engine.days_between("since", "met_at").between(0, days))
    return held.groupBy("customer_id", "row_id", F.col("since").alias("at")).agg(F.countDistinct("touchpoint").cast("double").alias("features"))
