"""What the touchpoints page counts: orders kept, repurchases, visits, hand-overs between channels, campaigns, cost."""

from __future__ import annotations

from typing import Any

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import interactions, purchases, succeeded, with_role

DAY = 86400


def kept_orders(journey: Journey) -> Any:
    """Orders that were not refunded."""
    return journey.table("orders").filter(F.coalesce(F.col("refunded"), F.lit(False)) == F.lit(False))


def repurchases(journey: Journey) -> Any:
    """Each purchase with the time to the customer's next: customer_id, at, row_id, days, event.

    event is 1 where there is a next purchase at a later instant, days the time to it; else 0, and days run to as_of.
    """
    return journey.once("repurchases", lambda: engine.keep(_repurchases(journey)))


def _repurchases(journey: Journey) -> Any:
    instants = purchases(journey).groupBy("customer_id", "at").agg(F.min("row_id").alias("row_id"))
    following = F.lead("at").over(Window.partitionBy("customer_id").orderBy("at"))
    rows = instants.withColumn("next_at", following)
    until = F.coalesce(F.col("next_at"), engine.instant(journey.as_of))
    event = F.when(F.col("next_at").isNotNull(), 1).otherwise(0)
    return rows.withColumn("days", engine.days_between("at", until)).withColumn("event", event).drop("next_at")


def sessions(journey: Journey) -> Any:
    """Visits: customer_id, session_id, at (their first instant), row_id."""
    rows = journey.table("interactions").groupBy("customer_id", "session_id").agg(F.min("at").alias("at"), F.min("row_id").alias("row_id"))
    return rows


def hand_overs(journey: Journey) -> Any:
    """Contacts that follow one on another channel within a day: customer_id, at, row_id, seq, from_channel, channel,
    from_touchpoint, touchpoint, outcome."""
    return journey.once("hand_overs", lambda: engine.keep(_hand_overs(journey)))


def _hand_overs(journey: Journey) -> Any:
    rows = interactions(journey).select("customer_id", "at", "row_id", "seq", "channel", "touchpoint", "outcome")
    before = Window.partitionBy("customer_id").orderBy("seq")
    rows = engine.short(rows)
    for name in ("channel", "touchpoint", "at"):
        rows = rows.withColumn(f"from_{name}", F.lag(name).over(before))
    near = engine.seconds_between("from_at", "at") <= DAY
    return rows.filter(F.col("from_channel").isNotNull() & F.col("channel").isNotNull() & (F.col("from_channel") != F.col("channel")) & near)


def campaign_contacts(journey: Journey) -> Any:
    """Customers who met a campaign's touchpoint while it ran: campaign_id, customer_id, met_at (the first time).

    A campaign without an end runs up to as_of; it meets contacts at its touchpoint, on its channel where it has one.
    """
    runs = journey.table("campaigns").filter(F.col("touchpoint").isNotNull()).select(
        "campaign_id", F.col("touchpoint").alias("place"), F.col("starts_at"),
        F.coalesce(F.col("ends_at"), engine.instant(journey.as_of)).alias("until"),
    )
    met = journey.table("interactions").select("customer_id", "at", "touchpoint")
    inside = (F.col("touchpoint") == F.col("place")) & (F.col("at") >= F.col("starts_at")) & (F.col("at") <= F.col("until"))
    return met.join(runs, inside).groupBy("campaign_id", "customer_id").agg(F.min("at").alias("met_at"))


def campaign_visits(journey: Journey) -> Any:
    """Visits that meet a campaign's touchpoint: customer_id, session_id, at (of that contact), row_id, responded (0/1).

    responded: in the same visit, not before it, the customer comes to another touchpoint, of engagement or purchase.
    """
    places = journey.table("campaigns").select("touchpoint").distinct()
    met = journey.table("interactions").join(places, "touchpoint", "left_semi")
    met = engine.short(met.groupBy("customer_id", "session_id").agg(F.min("at").alias("at"), F.min("row_id").alias("row_id")))
    replies = with_role(journey, "engagement", "purchase").filter(succeeded()).join(places, "touchpoint", "left_anti")
    replies = engine.short(replies.groupBy("customer_id", "session_id").agg(F.max("at").alias("replied_at")))
    both = engine.short(met.join(replies, ["customer_id", "session_id"], "left"))
    return both.withColumn("responded", F.when(F.col("replied_at") >= F.col("at"), 1.0).otherwise(0.0))


def campaign_months(journey: Journey) -> Any:
    """One row a campaign, at its start: campaign_id, at, customer_id (null), row_id, cost, people (who met it), buyers, revenue.

    buyers met the campaign and bought within the intent window of it; revenue is what they paid then.
    """
    return journey.once("campaign_months", lambda: engine.keep(_campaign_months(journey)))


def _campaign_months(journey: Journey) -> Any:
    days = F.lit(float(journey.company.windows.intent_days))
    met = engine.short(campaign_contacts(journey))
    bought = kept_orders(journey).select(F.col("customer_id").alias("buyer"), F.col("at").alias("bought_at"), "revenue")
    pairs = engine.short(met.join(bought, F.col("customer_id") == F.col("buyer"), "left"))
    gap = engine.days_between("met_at", "bought_at")
    hit = (gap >= 0) & (gap <= days)
    each = pairs.groupBy("campaign_id").agg(
        F.countDistinct("customer_id").cast("double").alias("people"), F.countDistinct(F.when(hit, F.col("customer_id"))).alias("buyers"),
        F.sum(F.when(hit, F.col("revenue"))).alias("revenue"),
    )
    costed = journey.table("campaigns").filter((F.col("cost") > 0) & F.col("touchpoint").isNotNull())
    rows = costed.select("campaign_id", F.col("starts_at").alias("at"), "row_id", "touchpoint", "channel", "cost").join(engine.short(each), "campaign_id", "left")
    for name in ("people", "revenue"):
        rows = rows.withColumn(name, F.coalesce(F.col(name), F.lit(0.0)))
    return rows.withColumn("customer_id", F.lit(None).cast("string"))


def served_months(journey: Journey) -> Any:
    """One row a customer and month with a contact: customer_id, at (the month), row_id, cost (the month's share of the activities' cost)."""
    links = journey.table("activity_touchpoints").select("activity", F.coalesce(F.col("share"), F.lit(1.0)).alias("share"))
    shares = links.groupBy("activity").agg(F.sum("share").alias("share"))
    part = F.least(F.col("share"), F.lit(1.0)) * F.col("cost")
    monthly = journey.table("activities").select("activity", "cost").join(shares, "activity").agg(F.sum(part).alias("all_cost"))
    # The cost is the whole company's, so the customers it is shared among are too.
    everyone = journey.whole().table("interactions").withColumn("month", F.date_trunc("month", F.col("at")))
    each = everyone.groupBy("month").agg(F.countDistinct("customer_id").alias("customers"))
    mine = journey.table("interactions").withColumn("month", F.date_trunc("month", F.col("at")))
    people = engine.short(mine.groupBy("customer_id", "month").agg(F.min("row_id").alias("row_id")))
    rows = people.join(each, "month").crossJoin(monthly)
    return rows.select("customer_id", F.col("month").cast("timestamp").alias("at"), "row_id", (F.col("all_cost") / F.col("customers")).alias("cost"))
