"""What the touchpoints page counts: orders kept, repurchases, visits, hand-overs between channels, what was solved at once, cost."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import can_purchase, has_role, instrument, interactions, next_purchase, purchases, with_role
from helpers.measure.value_chain import cost_of_contacts

HOUR, DAY = 3600, 86400
AGAIN_DAYS = 7
"""A customer who comes back with a request within so many days was not helped at the first contact."""


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


def returning(journey: Journey) -> Any:
    """Orders that were not refunded and whose customer's history is known, with `again`: 1 where the customer had ordered before.

    Known: the order lies a retention window or more after the first data, or the customer was acquired since these began.
    """
    place = F.row_number().over(Window.partitionBy("customer_id").orderBy("at", "row_id"))
    rows = kept_orders(journey).withColumn("again", F.when(place > 1, 1.0).otherwise(0.0))
    first = engine.instant(journey.first_at)
    known = engine.days_between(first, F.col("at")) >= float(journey.company.windows.retention_days)
    if journey.has("customers", "acquired_at"):
        born = journey.table("customers").select(F.col("customer_id").alias("who"), "acquired_at")
        rows = rows.join(born, F.col("customer_id") == F.col("who"), "left").drop("who")
        known = known | F.coalesce(F.col("acquired_at") >= F.to_date(first), F.lit(False))
    return rows.filter(known)


def sessions(journey: Journey) -> Any:
    """Visits: customer_id, session_id, at (their first instant), row_id."""
    rows = journey.table("interactions").groupBy("customer_id", "session_id").agg(F.min("at").alias("at"), F.min("row_id").alias("row_id"))
    return rows


def sold_within_a_day(journey: Journey, visits: Any) -> Any:
    """Visits (customer_id, at) with `sold`: 1 where the customer bought within a day of the visit's start, 0 where not, null where no purchase can be seen."""
    if not can_purchase(journey):  # a segment may lack what the company has
        return visits.withColumn("sold", F.lit(None).cast("int"))
    near = engine.seconds_between("at", "next_at") <= DAY
    return next_purchase(journey, visits, same=True).withColumn("sold", F.when(near, 1).otherwise(0)).drop("next_at")


def hand_overs(journey: Journey) -> Any:
    """Contacts that follow one on another channel within a day: customer_id, at, row_id, seq, from_channel, channel,
    from_touchpoint, touchpoint, outcome."""
    return journey.once("hand_overs", lambda: engine.keep(_hand_overs(journey)))


def _hand_overs(journey: Journey) -> Any:
    rows = interactions(journey).select("customer_id", "at", "row_id", "seq", "channel", "touchpoint", "outcome")
    before = Window.partitionBy("customer_id").orderBy("seq")
    for name in ("channel", "touchpoint", "at"):
        rows = rows.withColumn(f"from_{name}", F.lag(name).over(before))
    near = engine.seconds_between("from_at", "at") <= DAY
    return rows.filter(F.col("from_channel").isNotNull() & F.col("channel").isNotNull() & (F.col("from_channel") != F.col("channel")) & near)


def served_months(journey: Journey) -> Any:
    """One row a customer and month with a contact: customer_id, at (the month's first contact), row_id, cost.

    cost is what the customer's contacts of the month bear of the cost of all activities, see `value_chain.cost_of_contacts`.
    """
    rows = cost_of_contacts(journey).withColumn("month", engine.month_of("at"))
    each = rows.groupBy("customer_id", "month")
    return each.agg(F.min("at").alias("at"), F.min("row_id").alias("row_id"), F.sum("cost").alias("cost"))


def solved_at_once(journey: Journey) -> Any:
    """Tickets old enough to judge, with `solved`: 1 where one contact was enough.

    Columns of tickets and solved. A ticket counts as solved at once where it was resolved within 7 days of opening, was not
    reopened, and its customer neither opened another ticket nor came to a touchpoint whose role is support from an hour
    after opening until the 7 days are over. Tickets of the last 7 days are left out. Where nobody is named, only
    resolution and reopening tell.
    """
    return journey.once("solved at once", lambda: engine.keep(_solved_at_once(journey)))


def _solved_at_once(journey: Journey) -> Any:
    week, known = F.lit(AGAIN_DAYS * DAY), engine.instant(journey.as_of)
    rows = journey.table("tickets").filter(engine.seconds_between(F.col("opened_at"), known) >= week)
    calls = journey.table("tickets").select("customer_id", F.col("opened_at").alias("called_at"))
    if has_role(journey, "support"):
        calls = calls.unionByName(with_role(journey, "support").select("customer_id", F.col("at").alias("called_at")))
    asked = rows.filter(F.col("customer_id").isNotNull()).select("customer_id", "row_id", "opened_at")
    again = asked.join(calls, "customer_id").filter(engine.seconds_between("opened_at", "called_at").between(HOUR, AGAIN_DAYS * DAY))
    again = again.select("row_id", F.lit(1).alias("again")).distinct()
    good = F.coalesce(engine.seconds_between("opened_at", "resolved_at") <= week, F.lit(False))
    good = good & ~F.coalesce(F.col("reopened"), F.lit(False)) & F.col("again").isNull()
    joined = rows.join(again, "row_id", "left")
    return joined.withColumn("solved", F.when(good, 1.0).otherwise(0.0)).drop("again")


def _scales(journey: Journey, word: str) -> pd.DataFrame:
    """The scales an instrument is asked on: scale_min, scale_max, n (answers)."""
    scales = ["scale_min", "scale_max"]
    counts = instrument(journey, word).groupBy(*scales).agg(F.count(F.lit(1)).alias("n"))
    return journey.once(f"scales of {word}", lambda: journey.collect(counts, scales))


def scale_of(journey: Journey, word: str) -> tuple[float, float]:
    """The scale that most answers of an instrument use: its lowest and highest answer (NaN where there is none)."""
    used = _scales(journey, word) if journey.has("surveys") else ()
    if not len(used):
        return float("nan"), float("nan")
    low, high, _ = used.sort_values("n", ascending=False, kind="stable").iloc[0]
    return float(low), float(high)


def common_scale(journey: Journey, word: str) -> Any:
    """The surveys of one instrument with `score` on the scale that most answers use; others are carried over to it."""
    rows = instrument(journey, word)
    if len(_scales(journey, word)) < 2:
        return rows
    low, high = scale_of(journey, word)
    place = (F.col("score") - F.col("scale_min")) / (F.col("scale_max") - F.col("scale_min"))
    return rows.withColumn("score", F.lit(float(low)) + place * F.lit(float(high - low)))
