"""Paths: what customers do in a visit, and the hand-overs between channels with what comes of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import interactions, succeeded
from helpers.measure.outcome import ratings
from helpers.measure.registry import six_sums
from helpers.measure.touchpoints import hand_overs, sold_within_a_day

STEPS = 6  # a path is told by its first six steps
MORE = "…"
START, END = "(start)", "(end)"
RATED_DAYS = 7.0
"""A rating belongs to the customer's last contact with the touchpoint, if that was within so many days before it."""


def visit_paths(journey: Journey) -> pd.DataFrame:
    """The paths of the period's visits: path ("a > b"), steps, visits, customers, bought, buyers.

    A path is the touchpoints of a visit in order, a touchpoint used several times in a row once, at most six steps; "…"
    stands for what follows. bought: visits within a day of whose start the customer buys, buyers the customers behind them;
    both empty where no purchase can be seen.
    """
    order = Window.partitionBy("customer_id", "session_id").orderBy("seq")
    rows = _steps(journey, "touchpoint").withColumn("place", F.row_number().over(order))
    step = [F.max(F.when(F.col("place") == i + 1, F.col("touchpoint"))).alias(f"step_{i}") for i in range(STEPS)]
    each = rows.groupBy("customer_id", "session_id").agg(F.min("at").alias("at"), F.max("place").alias("steps"), *step)
    names = [F.col(f"step_{i}") for i in range(STEPS)]
    more = F.when(F.col("steps") > STEPS, F.lit(MORE))
    each = each.withColumn("path", F.concat_ws(" > ", *names, more))
    table = sold_within_a_day(journey, each).groupBy("path").agg(
        F.min("steps").alias("steps"), F.count(F.lit(1)).alias("visits"), F.countDistinct("customer_id").alias("customers"), F.sum("sold").alias("bought"),
        F.countDistinct(F.when(F.col("sold") == 1, F.col("customer_id"))).alias("buyers"),
    )
    return journey.collect(table, ["path"]).sort_values(["visits", "path"], ascending=[False, True], ignore_index=True)


def _steps(journey: Journey, what: str) -> Any:
    """The period's contacts in order within their visit, several in a row with the same `what` as one: customer_id, session_id, at, seq, what."""
    rows = journey.cut(interactions(journey)).select("customer_id", "session_id", "at", "seq", what)
    before = Window.partitionBy("customer_id", "session_id").orderBy("seq")
    rows = rows.filter(F.col(what).isNotNull()).withColumn("before", F.lag(what).over(before))
    return rows.filter(F.col("before").isNull() | (F.col("before") != F.col(what)))


def moves(journey: Journey, by: str = "stage") -> pd.DataFrame:
    """Where visits go: source, target, moves, customers; START and END among them.

    One move a step of a visit from one stage (or what `by` names) to the next, several contacts in a row with one of them as one.
    """
    order = Window.partitionBy("customer_id", "session_id").orderBy("seq")
    rows = _steps(journey, by).withColumn("following", F.lead(by).over(order))
    onward = rows.select("customer_id", F.col(by).alias("source"), F.coalesce(F.col("following"), F.lit(END)).alias("target"))
    opening = rows.filter(F.col("before").isNull()).select("customer_id", F.lit(START).alias("source"), F.col(by).alias("target"))
    counted = onward.unionByName(opening).groupBy("source", "target")
    return journey.collect(counted.agg(F.count(F.lit(1)).alias("moves"), F.countDistinct("customer_id").alias("customers")), ["source", "target"])


def hand_over_success(journey: Journey, *keys: str) -> pd.DataFrame:
    """The period's hand-overs by the given columns (default from_channel, channel): the six sums of success (0/1).

    Hand-overs whose outcome is not recorded are left out.
    """
    keys = keys or ("from_channel", "channel")
    rows = journey.cut(hand_overs(journey)).filter(F.col("outcome").isNotNull())
    rows = rows.select(*keys, F.col("customer_id").alias("cluster"), F.when(succeeded(), 1.0).otherwise(0.0).alias("s"))
    return journey.collect(six_sums(rows, *keys), list(keys))


def rated_after(journey: Journey, *, days: float = RATED_DAYS) -> pd.DataFrame:
    """Ratings of touchpoints by how the customer had come to them: from_channel ("" where not handed over), channel, touchpoint, the six
    sums of quality (0-1). A rating belongs to the customer's last contact with the touchpoint in the `days` before it."""
    rows = journey.cut(ratings(journey)).filter(F.col("customer_id").isNotNull())
    rows = rows.select(F.col("customer_id").alias("who"), F.col("touchpoint").alias("place"), F.col("at").alias("rated_at"), F.col("row_id").alias("rating"), "quality")
    met = interactions(journey).select("customer_id", "touchpoint", F.col("at").alias("met_at"), "row_id", "seq", "channel")
    near = engine.days_between("met_at", "rated_at").between(0, days)
    pairs = rows.join(met, (F.col("who") == F.col("customer_id")) & (F.col("place") == F.col("touchpoint")) & near)
    last = Window.partitionBy("rating").orderBy(F.col("seq").desc())
    each = pairs.withColumn("back", F.row_number().over(last))
    over = hand_overs(journey).select("row_id", "from_channel")
    each = each.filter((F.col("back") - 1 < 1) & F.col("channel").isNotNull()).join(over, "row_id", "left")
    each = each.select(F.coalesce(F.col("from_channel"), F.lit("")).alias("from_channel"), "channel", "touchpoint", F.col("customer_id").alias("cluster"), F.col("quality").alias("s"))
    keys = ("from_channel", "channel", "touchpoint")
    return journey.collect(six_sums(each, *keys), list(keys))
