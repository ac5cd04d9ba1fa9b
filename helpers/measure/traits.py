"""What is known of a customer at the start, beside how long the first use took: the rows of a comparison that holds the other traits equal."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.adoption import adopters, can_adopt, cutting, has_onboarding
from helpers.measure.base import interactions, with_role

CHANNEL, LEARNT = "first_channel", "onboarding_before"
"""Traits that contacts show: the channel of the first contact, no later than the start; whether an onboarding contact came before the start."""


def times(journey: Journey, most_days: float) -> pd.DataFrame:
    """Times from start to adoption of customers who start in the period, counted by all traits known at the start.

    Columns: the company's segments that cut this page, first_channel and onboarding_before where contacts can show them (text, missing where not known), days (to the
    hour; who has not adopted by `most_days` is followed no longer), event (0/1), count.
    """
    rows = journey.cut(adopters(journey)).filter(F.lit(can_adopt(journey)))
    rows = rows.withColumn("event", F.when(F.col("days") <= most_days, F.col("event")).otherwise(0))
    rows = rows.withColumn("hours", F.round(F.least(F.col("days"), F.lit(most_days)) * 24.0))
    rows, traits = rows.select("customer_id", "started_at", "hours", "event"), cutting(journey)
    if traits:
        people = journey.table("customers").select("customer_id", *[F.col(name).cast("string").alias(name) for name in traits])
        rows = rows.join(people, "customer_id", "left")
    if journey.has("interactions"):
        rows, traits = rows.join(_first_channel(journey, rows), "customer_id", "left"), [*traits, CHANNEL]
    if has_onboarding(journey):
        rows, traits = _learnt_before(journey, rows), [*traits, LEARNT]
    keys = [*traits, "hours", "event"]
    table = journey.collect(rows.groupBy(*keys).agg(F.count(F.lit(1)).alias("count")), keys)
    table["days"] = table.pop("hours") / 24.0
    return table[[*traits, "days", "event", "count"]]


def _first_channel(journey: Journey, starts: Any) -> Any:
    """The channel of each customer's first contact, where it is no later than the start: customer_id, first_channel."""
    contacts = interactions(journey).select("customer_id", "at", "row_id", "channel").join(starts.select("customer_id", "started_at"), "customer_id")
    contacts = contacts.filter(F.col("at") <= F.col("started_at"))
    order = Window.partitionBy("customer_id").orderBy("at", "row_id")
    first = contacts.withColumn("place", F.row_number().over(order))
    return first.filter(F.col("place") == 1).select("customer_id", F.col("channel").alias(CHANNEL))


def _learnt_before(journey: Journey, rows: Any) -> Any:
    """Add `onboarding_before`, "yes" or "no"."""
    met = with_role(journey, "onboarding").select("customer_id", "at").join(rows.select("customer_id", "started_at"), "customer_id")
    met = met.filter(F.col("at") < F.col("started_at")).select("customer_id", F.lit("yes").alias(LEARNT)).distinct()
    joined = rows.join(met, "customer_id", "left")
    return joined.withColumn(LEARNT, F.coalesce(F.col(LEARNT), F.lit("no")))
