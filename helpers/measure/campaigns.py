"""Campaigns: whom they met, who answered or bought within the window after it, and what that cost."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import succeeded, with_role
from helpers.measure.registry import six_sums
from helpers.measure.touchpoints import kept_orders

_NUMBERS = ("everybody", "people", "buyers", "revenue")


def campaign_contacts(journey: Journey) -> Any:
    """Customers who met a campaign's touchpoint while it ran: campaign_id, customer_id, met_at (the first time).

    A campaign without an end runs up to as_of.
    """
    runs = journey.table("campaigns").filter(F.col("touchpoint").isNotNull()).select(
        "campaign_id", F.col("touchpoint").alias("place"), F.col("starts_at"), _until(journey).alias("until"),
    )
    met = journey.table("interactions").select("customer_id", "at", "touchpoint")
    inside = (F.col("touchpoint") == F.col("place")) & (F.col("at") >= F.col("starts_at")) & (F.col("at") <= F.col("until"))
    return met.join(runs, inside).groupBy("campaign_id", "customer_id").agg(F.min("at").alias("met_at"))


def campaign_visits(journey: Journey) -> Any:
    """Visits that meet a campaign's touchpoint: customer_id, session_id, at (of that contact), row_id, responded (0/1).

    responded: in the same visit, not before it, the customer comes to another touchpoint, of engagement or purchase.
    """
    places = journey.table("campaigns").select("touchpoint").distinct()
    return _answered(journey, journey.table("interactions").join(places, "touchpoint", "left_semi"))


def answers(journey: Journey) -> pd.DataFrame:
    """How many of the period's visits that meet a campaign's touchpoint go on to an answer (see `campaign_visits`), by touchpoint: the six sums, s 1 where they do."""
    places = journey.table("campaigns").select("touchpoint").distinct()
    rows = _answered(journey, journey.inside("interactions").join(places, "touchpoint", "left_semi"), "touchpoint")
    return journey.collect(six_sums(rows.select("touchpoint", F.col("customer_id").alias("cluster"), F.col("responded").alias("s")), "touchpoint"), ["touchpoint"])


def _answered(journey: Journey, met: Any, *keys: str) -> Any:
    """Visits that hold one of the contacts in `met` (of each of `keys`), with responded: 1 where an answer comes in the visit, not before it."""
    visit = ("customer_id", "session_id")
    met = met.groupBy(*keys, *visit).agg(F.min("at").alias("at"), F.min("row_id").alias("row_id"))
    places = journey.table("campaigns").select("touchpoint").distinct()
    replies = with_role(journey, "engagement", "purchase").filter(succeeded()).join(places, "touchpoint", "left_anti")
    replies = replies.groupBy(*visit).agg(F.max("at").alias("replied_at"))
    both = met.join(replies, list(visit), "left")
    return both.withColumn("responded", F.when(F.col("replied_at") >= F.col("at"), 1.0).otherwise(0.0))


def campaigns(journey: Journey) -> Any:
    """One row a campaign with a touchpoint: campaign_id, at (its start), touchpoint, channel, cost, people, buyers, revenue, settled.

    people met it while it ran; buyers bought within the intent window after that. revenue is what they paid then; an order
    that follows several campaigns is divided evenly among them, so that no money counts twice. settled: 1 where the campaign and the window
    after it are over. On a segment, cost is the part of it that falls to the segment's people among all whom it met. customer_id
    is null: a campaign is nobody's.
    """
    return journey.once("campaigns", lambda: engine.keep(_campaigns(journey)))


def _campaigns(journey: Journey) -> Any:
    met = engine.keep(campaign_contacts(journey))
    reached = met.groupBy("campaign_id").agg(F.count(F.lit(1)).cast("double").alias("people"))
    whole = reached
    if journey.segment.pairs:
        whole = campaign_contacts(journey.whole()).groupBy("campaign_id").agg(F.count(F.lit(1)).cast("double").alias("people"))
    whole = whole.withColumnRenamed("people", "everybody")
    over = engine.days_between(_until(journey), engine.instant(journey.as_of)) >= float(journey.company.windows.intent_days)
    rows = journey.table("campaigns").filter(F.col("touchpoint").isNotNull()).withColumn("settled", F.when(over, 1).otherwise(0))
    rows = rows.select("campaign_id", F.col("starts_at").alias("at"), "row_id", "touchpoint", "channel", "cost", "settled")
    for part in (reached, whole, _bought(journey, met)):
        rows = rows.join(part, "campaign_id", "left")
    for name in _NUMBERS:
        rows = rows.withColumn(name, F.coalesce(F.col(name), F.lit(0.0)))
    if journey.segment.pairs:
        mine = F.when(F.col("everybody") > 0, F.col("people") / F.col("everybody")).otherwise(0.0)
        rows = rows.withColumn("cost", F.col("cost") * mine)
    return rows.withColumn("customer_id", F.lit(None).cast("string")).drop("everybody")


def _bought(journey: Journey, met: Any) -> Any:
    """What customers bought within the window after they met a campaign: campaign_id, buyers, revenue."""
    if not journey.has("orders", "customer_id"):
        return engine.frame([("", 0.0, 0.0)], "campaign_id string, buyers double, revenue double")
    days = float(journey.company.windows.intent_days)
    bought = kept_orders(journey).select(F.col("customer_id").alias("buyer"), F.col("at").alias("bought_at"), "revenue", F.col("row_id").alias("bought"))
    near = engine.days_between("met_at", "bought_at").between(0, days)
    pairs = engine.keep(met.join(bought, (F.col("customer_id") == F.col("buyer")) & near))
    shared = pairs.groupBy("bought").agg(F.count(F.lit(1)).alias("campaigns"))
    return pairs.join(shared, "bought").groupBy("campaign_id").agg(
        F.countDistinct("customer_id").cast("double").alias("buyers"), F.sum(F.col("revenue") / F.col("campaigns")).alias("revenue"),
    )


def _until(journey: Journey) -> Any:
    """When a campaign ends: as it says, or as_of."""
    return F.coalesce(F.col("ends_at"), engine.instant(journey.as_of))


def met_any(journey: Journey) -> pd.DataFrame:
    """How many customers the period's settled campaigns met, by touchpoint and channel: touchpoint, channel, people, buyers.

    A customer whom several campaigns of one touchpoint met is one person, and one buyer where any of them was followed by a purchase.
    """
    days = float(journey.company.windows.intent_days)
    mine = journey.cut(campaigns(journey)).filter(F.col("settled") == 1).select("campaign_id", "touchpoint", "channel")
    met = campaign_contacts(journey).join(mine, "campaign_id")
    if journey.has("orders", "customer_id"):
        bought = kept_orders(journey).select(F.col("customer_id").alias("buyer"), F.col("at").alias("bought_at"))
        near = engine.days_between("met_at", "bought_at").between(0, days)
        met = met.join(bought, (F.col("customer_id") == F.col("buyer")) & near, "left")
    else:
        met = met.withColumn("buyer", F.lit(None).cast("string"))
    table = met.groupBy("touchpoint", "channel").agg(F.countDistinct("customer_id").alias("people"), F.countDistinct("buyer").alias("buyers"))
    return journey.collect(table, ["touchpoint", "channel"])
