"""What customers met on the way from the first look to the purchase: the steps and touches that attribution divides credit by.

A path is one finished intent of the period (see `measure.intents`): the touchpoints met from the start of the visit in which the
customer began to look, up to the purchase or the end of the window. It holds touchpoints of the stages before the purchase, those of no known stage, and
those that a campaign uses; tills, deliveries and everything else that belongs to a purchase are no part of the way to it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import interactions
from helpers.measure.intents import AFTER, intents

BLOCKS = 200
"""Blocks of customers that a bootstrap of the chain draws from."""
START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"


def touches(journey: Journey) -> Any:
    """Contacts on the way of the period's finished intents: customer_id, number, converted (0/1), at, seq, touchpoint."""
    return journey.once("touches", lambda: engine.keep(_touches(journey)))


def _touches(journey: Journey) -> Any:
    met = interactions(journey).select("customer_id", "session_id", "at", "seq", "touchpoint", "stage", "role")
    before = ~F.coalesce(F.col("stage"), F.lit("")).isin(*AFTER)
    if journey.has("campaigns", "touchpoint"):
        used = journey.table("campaigns").filter(F.col("touchpoint").isNotNull()).select("touchpoint").distinct().withColumn("campaign", F.lit(1))
        met = met.join(used, "touchpoint", "left")
        before = before | F.col("campaign").isNotNull()
    met = met.filter(before & (F.coalesce(F.col("role"), F.lit("")) != "purchase"))
    spans = journey.cut(intents(journey).filter(F.col("converted").isNotNull()))
    spans = spans.select("customer_id", "number", F.col("at").alias("began"), "until", "converted")
    opened = _visit_starts(journey)
    spans = spans.join(opened, ["customer_id", "began"], "left").withColumn("came", F.coalesce(F.col("came"), F.col("began")))
    rows = met.join(spans, "customer_id").filter((F.col("at") >= F.col("came")) & (F.col("at") <= F.col("until")))
    return rows.select("customer_id", "number", "converted", "at", "seq", "touchpoint")


def _visit_starts(journey: Journey) -> Any:
    """Of each contact's instant, when its visit started: customer_id, began, came. An advertisement clicked in the same visit counts."""
    rows = journey.table("interactions").select("customer_id", "session_id", "at")
    starts = rows.groupBy("customer_id", "session_id").agg(F.min("at").alias("came"))
    each = rows.join(starts, ["customer_id", "session_id"])
    return each.groupBy("customer_id", F.col("at").alias("began")).agg(F.min("came").alias("came"))


def steps(journey: Journey, *, blocks: int = BLOCKS) -> pd.DataFrame:
    """Steps of the paths, counted: bucket, source, target, count; START, CONVERSION and NULL among them.

    Customers are dealt into `blocks`, so that a bootstrap can draw blocks.
    """
    met = touches(journey)
    dealt = met.groupBy("customer_id").agg(F.min("seq").alias("first"))
    dealt = dealt.select("customer_id", (F.row_number().over(Window.orderBy("first")) % blocks).alias("bucket"))
    path = Window.partitionBy("customer_id", "number").orderBy("seq")
    ending = F.when(F.col("converted") == 1, F.lit(CONVERSION)).otherwise(F.lit(NULL))
    rows = met.join(dealt, "customer_id").select("bucket", "touchpoint", "converted", F.lead("touchpoint").over(path).alias("following"), F.row_number().over(path).alias("turn"))
    onward = rows.select("bucket", F.col("touchpoint").alias("source"), F.coalesce(F.col("following"), ending).alias("target"))
    opening = rows.filter(F.col("turn") - 1 < 1).select("bucket", F.lit(START).alias("source"), F.col("touchpoint").alias("target"))
    counted = onward.unionByName(opening).groupBy("bucket", "source", "target").agg(F.count(F.lit(1)).cast("double").alias("count"))
    return journey.collect(counted, ["bucket", "source", "target"])


def touch_credits(journey: Journey) -> pd.DataFrame:
    """Purchases credited to the first touch, the last, and each touch alike: touchpoint, first, last, linear, customers, paths.

    customers and paths are those that met the touchpoint, whether they bought or not.
    """
    met = touches(journey)
    path = Window.partitionBy("customer_id", "number")
    rows = met.withColumn("turn", F.row_number().over(path.orderBy("seq"))).withColumn("length", F.count(F.lit(1)).over(path))
    rows = rows.withColumn("way", F.concat_ws(" ", F.col("customer_id").cast("string"), F.col("number").cast("string")))
    won = F.col("converted") == 1
    table = rows.groupBy("touchpoint").agg(
        F.sum(F.when(won & (F.col("turn") == 1), 1.0).otherwise(0.0)).alias("first"),
        F.sum(F.when(won & (F.col("turn") == F.col("length")), 1.0).otherwise(0.0)).alias("last"),
        F.sum(F.when(won, 1.0 / F.col("length")).otherwise(0.0)).alias("linear"),
        F.countDistinct("customer_id").alias("customers"), F.countDistinct("way").alias("paths"),
    )
    return journey.collect(table, ["touchpoint"])
