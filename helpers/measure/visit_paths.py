"""Paths: what customers do in a visit, and the hand-overs between channels with what comes of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import interactions, purchases, succeeded
from helpers.measure.outcome import ratings
from helpers.measure.registry import six_sums
from helpers.measure.touchpoints import hand_overs

STEPS = 6  # a path is told by its first six steps
END = "…"


def visit_paths(journey: Journey) -> pd.DataFrame:
    """The paths of the period's visits: path ("a > b"), visits, customers, bought (visits with a purchase within a day of their start).

    A path is the touchpoints of a visit in order, a touchpoint used several times in a row once, at most six steps; "…"
    stands for what follows.
    """
    rows = engine.short(journey.inside("interactions").select("customer_id", "session_id", "at", "seq", "touchpoint"))
    order = Window.partitionBy("customer_id", "session_id").orderBy("seq")
    rows = rows.withColumn("before", F.lag("touchpoint").over(order))
    rows = engine.short(rows.filter(F.col("before").isNull() | (F.col("before") != F.col("touchpoint"))))
    rows = engine.short(rows.withColumn("place", F.row_number().over(order)))
    step = [F.max(F.when(F.col("place") == i + 1, F.col("touchpoint"))).alias(f"step_{i}") for i in range(STEPS)]
    each = rows.groupBy("customer_id", "session_id").agg(F.min("at").alias("at"), F.max("place").alias("length"), *step)
    names = [F.col(f"step_{i}") for i in range(STEPS)]
    more = F.when(F.col("length") > STEPS, F.lit(END))
    each = engine.short(each.withColumn("path", F.concat_ws(" > ", *names, more)))
    table = _sold(journey, each).groupBy("path").agg(
        F.count(F.lit(1)).alias("visits"), F.countDistinct("customer_id").alias("customers"), F.sum("sold").alias("bought"),
    )
    return journey.collect(table, ["path"]).sort_values(["visits", "path"], ascending=[False, True], ignore_index=True)


def _sold(journey: Journey, visits: Any) -> Any:
    """Visits with `sold`: 1 where the customer bought within a day of the visit's start."""
    if not journey.has("orders", "customer_id"):
        return visits.withColumn("sold", F.lit(None).cast("int"))
    bought = purchases(journey).select(F.col("customer_id").alias("buyer"), F.col("at").alias("bought_at"))
    near = engine.seconds_between("at", "bought_at").between(0, 86400)
    joined = engine.short(visits.join(bought, (F.col("customer_id") == F.col("buyer")) & near, "left"))
    sold = F.max(F.when(F.col("buyer").isNotNull(), 1).otherwise(0)).alias("sold")
    return engine.short(joined.groupBy("session_id", "customer_id", "path").agg(sold))


def hand_over_matrix(journey: Journey) -> pd.DataFrame:
    """The period's hand-overs by channels: from_channel, channel, hand_overs, people and the six sums of success (0/1)."""
    rows = journey.cut(hand_overs(journey)).filter(F.col("outcome").isNotNull())
    rows = rows.select("from_channel", "channel", F.col("customer_id").alias("cluster"), F.when(succeeded(), 1.0).otherwise(0.0).alias("s"))
    return journey.collect(six_sums(engine.short(rows), "from_channel", "channel"), ["from_channel", "channel"])


def arrivals(journey: Journey) -> pd.DataFrame:
    """The period's contacts by channel, those that were not handed over: channel, people and the six sums of success."""
    over = hand_overs(journey).select("row_id")
    rows = journey.cut(interactions(journey)).filter(F.col("outcome").isNotNull() & F.col("channel").isNotNull())
    rows = rows.join(over, "row_id", "left_anti")
    rows = rows.select("channel", F.col("customer_id").alias("cluster"), F.when(succeeded(), 1.0).otherwise(0.0).alias("s"))
    return journey.collect(six_sums(engine.short(rows), "channel"), ["channel"])


def rated_after(journey: Journey, *, days: float = 7.0) -> pd.DataFrame:
    """Ratings of a touchpoint within `days` of a contact there: from_channel ("" where not handed over), channel, and the
    six sums of quality (0-1). Each rating belongs to the customer's last contact with the touchpoint before it."""
    rows = journey.cut(ratings(journey)).filter(F.col("customer_id").isNotNull())
    rows = rows.select(F.col("customer_id").alias("who"), F.col("touchpoint").alias("place"), F.col("at").alias("rated_at"), F.col("row_id").alias("rating"), "quality")
    met = interactions(journey).select("customer_id", "touchpoint", F.col("at").alias("met_at"), "row_id", "channel")
    near = engine.days_between("met_at", "rated_at").between(0, days)
    pairs = rows.join(met, (F.col("who") == F.col("customer_id")) & (F.col("place") == F.col("touchpoint")) & near)
    last = engine.short(pairs).groupBy("rating", "customer_id", "quality").agg(F.max_by("row_id", "met_at").alias("row_id"), F.max_by("channel", "met_at").alias("channel"))
    over = hand_overs(journey).select("row_id", "from_channel")
    each = engine.short(last).join(over, "row_id", "left")
    each = each.select(F.coalesce(F.col("from_channel"), F.lit("")).alias("from_channel"), "channel", F.col("customer_id").alias("cluster"), F.col("quality").alias("s"))
    each = each.filter(F.col("channel").isNotNull())
    return journey.collect(six_sums(engine.short(each), "from_channel", "channel"), ["from_channel", "channel"])
