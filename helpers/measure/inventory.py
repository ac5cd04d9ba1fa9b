"""What each touchpoint is: who uses it, how it ends, how it is rated, what it costs."""

from __future__ import annotations

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure import outcome
from helpers.measure.base import succeeded
from helpers.measure.registry import person, six_sums


def contacts(journey: Journey) -> pd.DataFrame:
    """The period's contacts by touchpoint: touchpoint, customers, contacts, known (with an outcome), failed (of these)."""
    rows = journey.inside("interactions")
    known = F.col("outcome").isNotNull()
    table = rows.groupBy("touchpoint").agg(
        F.countDistinct("customer_id").alias("customers"), F.count(F.lit(1)).alias("contacts"),
        F.sum(F.when(known, 1).otherwise(0)).alias("known"), F.sum(F.when(known & ~succeeded(), 1).otherwise(0)).alias("failed"),
    )
    return journey.collect(table, ["touchpoint"])


def rated(journey: Journey, *keys: str) -> pd.DataFrame:
    """Experience by the given columns of `outcome.ratings` (default touchpoint): the keys and the six sums of quality (0-1)."""
    rows = journey.cut(outcome.ratings(journey))
    rows = rows.select(*(keys or ("touchpoint",)), person(rows).alias("cluster"), F.col("quality").alias("s"))
    return journey.collect(six_sums(engine.short(rows), *(keys or ("touchpoint",))), list(keys or ("touchpoint",)))


def serving_cost(journey: Journey) -> pd.DataFrame:
    """What the activities spend on each touchpoint in a month: touchpoint, cost. The whole company's, never a segment's.

    An activity's cost is dealt out by `share`; where none of its links has one, evenly.
    """
    links = journey.table("activity_touchpoints").select("activity", "touchpoint", "share")
    counts = links.groupBy("activity").agg(F.count(F.lit(1)).alias("links"))
    costs = journey.table("activities").select("activity", F.col("cost").alias("monthly"))
    rows = links.join(counts, "activity").join(costs, "activity")
    part = F.coalesce(F.col("share"), F.lit(1.0) / F.col("links")) * F.col("monthly")
    return journey.collect(rows.groupBy("touchpoint").agg(F.sum(part).alias("cost")), ["touchpoint"])


def topics(journey: Journey) -> pd.DataFrame:
    """The period's tickets by topic: topic, people, tickets, and hits and bases of reopened, sla (service level met)."""
    rows = journey.inside("tickets").withColumn("topic", F.coalesce(F.col("topic"), F.lit("(no topic)")))
    table = rows.groupBy("topic").agg(
        F.countDistinct(person(rows)).alias("people"), F.count(F.lit(1)).alias("tickets"),
        F.count("reopened").alias("reopened_n"), F.sum(F.when(F.col("reopened"), 1).otherwise(0)).alias("reopened"),
        F.count("sla_met").alias("sla_n"), F.sum(F.when(F.col("sla_met"), 1).otherwise(0)).alias("sla"),
    )
    return journey.collect(table, ["topic"])


def ticket_times(journey: Journey, end: str, *keys: str) -> pd.DataFrame:
    """Times from opening the period's tickets to `end` (a column), open ones censored: keys, days, event, count."""
    rows = journey.inside("tickets").withColumn("topic", F.coalesce(F.col("topic"), F.lit("(no topic)")))
    there = F.col(end).isNotNull()
    until = F.when(there, F.col(end)).otherwise(engine.instant(journey.as_of))
    minutes = F.round(engine.seconds_between("opened_at", until) / F.lit(60.0))
    rows = rows.select(*keys, minutes.alias("minutes"), F.when(there, 1).otherwise(0).alias("event")).filter(F.col("minutes") >= 0)
    table = journey.collect(engine.short(rows).groupBy(*keys, "minutes", "event").agg(F.count(F.lit(1)).alias("count")), [*keys, "minutes", "event"])
    table["days"] = table.pop("minutes") / 1440.0
    return table
