"""After a poor experience: whether and when somebody put it right, and what the customer then did."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.outcome import placed, ratings

GOOD_FROM = 0.7
"""A later answer counts as good from here on its scale of 0 to 1: 4 and 5 of 5, 7 to 10 of 10."""
DAYS = 30
"""Days within which a poor experience should be put right."""


def repairs(journey: Journey) -> Any:
    """What can put a poor experience right: customer_id, at.

    A ticket solved and not reopened, and a good answer about a touchpoint whose role is support. Where the company has
    neither tickets nor a rated support touchpoint, any good answer.
    """
    parts = []
    if journey.has("tickets", "customer_id", "resolved_at"):
        solved = journey.table("tickets").filter(F.col("customer_id").isNotNull() & F.col("resolved_at").isNotNull())
        solved = solved.filter(F.coalesce(F.col("reopened"), F.lit(False)) == F.lit(False))
        parts.append(solved.select("customer_id", F.col("resolved_at").alias("at")))
    support = journey.dictionary.loc[journey.dictionary["role"] == "support", "touchpoint"].tolist()
    good = ratings(journey).filter(F.col("quality") >= GOOD_FROM)
    if support:
        parts.append(good.filter(F.col("touchpoint").isin(*support)).select("customer_id", "at"))
    elif not parts:
        parts.append(good.select("customer_id", "at"))
    return reduce(lambda a, b: a.unionByName(b), parts)


def can_recover(journey: Journey) -> bool:
    """Whether a repair could be seen at all: a solved ticket of a named customer, or somebody who answers at more than one time."""
    if journey.has("tickets", "customer_id", "resolved_at"):
        return True
    times = ratings(journey.whole()).filter(F.col("customer_id").isNotNull()).groupBy("customer_id").agg(F.min("at").alias("first"), F.max("at").alias("last"))
    return journey.once("can recover", lambda: len(journey.collect(times.filter(F.col("first") < F.col("last")).limit(1))) > 0)


def poor_experiences(journey: Journey) -> Any:
    """Poor ratings of touchpoints with what followed, whatever the period.

    Columns of `outcome.placed` with its `at` as occasion_at and its rated_at as at, and
    repaired_at (the first repair after it; null where none), days (to it, or to as_of), event (1, 0).
    """
    return journey.once("poor experiences", lambda: engine.keep(_poor_experiences(journey)))


def _poor_experiences(journey: Journey) -> Any:
    poor = placed(journey).filter(F.col("poor") == 1).withColumnRenamed("at", "occasion_at").withColumnRenamed("rated_at", "at")
    poor = next_event(poor, repairs(journey)).withColumnRenamed("next_at", "repaired_at")
    until = F.coalesce(F.col("repaired_at"), engine.instant(journey.as_of))
    poor = poor.withColumn("days", engine.days_between(F.col("at"), until))
    return poor.withColumn("event", F.when(F.col("repaired_at").isNull(), 0).otherwise(1))


def by_recovery(journey: Journey) -> pd.DataFrame:
    """The outcome after poor experiences that were put right and that were not, as sums over customers.

    After a purchase: poor ratings of the period whose customer had not bought again 30 days later (so that there was time to
    put it right, and what followed came after it); put right within those days. Before an answer: put right before the answer.
    Columns touchpoint ("" for all together), repaired (0/1), m (customers), s, w, ss, sw, ww as `infer.intervals` takes them.
    """
    follows = journey.outcome == "repeat_purchase"
    rows = poor_experiences(journey).filter(F.col("place") == "used").withColumnRenamed("at", "felt_at").withColumnRenamed("occasion_at", "at")
    rows = journey.cut(rows)
    since = engine.days_between("at", "felt_at")
    if follows:
        window = float(journey.company.windows.retention_days)
        rows = rows.filter((F.coalesce(F.col("next_days"), F.lit(window)) > since + DAYS) & (since + DAYS < window))
        done = F.coalesce(F.col("days") <= DAYS, F.lit(False)) & (F.col("event") == 1)
    else:
        done = F.coalesce(F.col("repaired_at") <= F.col("at"), F.lit(False))
    rows = rows.select("customer_id", "touchpoint", F.when(done, 1).otherwise(0).alias("repaired"), F.col("outcome").alias("s"))
    whole = rows.withColumn("touchpoint", F.lit(""))
    each = rows.unionByName(whole).groupBy("touchpoint", "repaired", "customer_id").agg(F.sum("s").alias("s"), F.count(F.lit(1)).cast("double").alias("w"))
    products = {"ss": F.col("s") * F.col("s"), "sw": F.col("s") * F.col("w"), "ww": F.col("w") * F.col("w")}
    total = each.groupBy("touchpoint", "repaired").agg(
        F.count(F.lit(1)).alias("m"), F.sum("s").alias("s"), F.sum("w").alias("w"), *[F.sum(one).alias(name) for name, one in products.items()]
    )
    return journey.collect(total, ["touchpoint", "repaired"])


def next_event(rows: Any, events: Any) -> Any:
    """Add `next_at`: the customer's first event (customer_id, at) strictly after each row's `at`. Rows carry a unique row_id."""
    points = rows.select("customer_id", "at", "row_id", F.lit(0).alias("mark"))
    marks = events.select("customer_id", "at", F.lit(None).cast("long").alias("row_id"), F.lit(1).alias("mark"))
    # Events of the same instant stand before the row, so that only later ones follow it.
    order = Window.partitionBy("customer_id").orderBy("at", F.col("mark").desc()).rowsBetween(Window.currentRow, Window.unboundedFollowing)
    found = points.unionByName(marks).withColumn("next_at", F.min(F.when(F.col("mark") == 1, F.col("at"))).over(order))
    return rows.join(found.filter(F.col("mark") == 0).select("row_id", "next_at"), "row_id")
