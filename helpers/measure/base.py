"""What several phases build on: touchpoints with their dictionary, purchases, and rated experiences.

One figure, one definition: a phase that needs one of these takes it from here.
"""

from __future__ import annotations

from typing import Any

from helpers import engine, names
from helpers.engine import F, Window
from helpers.journey import Journey

DESCRIPTION = ("stage", "setting", "role", "owner")
EXPERIENCE = ("csat", "ces", "emotion")
POOR_BELOW, DELIGHT_FROM = 0.5, 0.875
"""Ends of a scale of 0 to 1: poor is 1 or 2 of 5, delightful 5 of 5 or 9 and 10 of 10."""


def described(journey: Journey, frame: Any) -> Any:
    """A frame with `touchpoint`, joined to the dictionary: adds stage, setting, role, owner, null where unknown.

    A channel on the row is kept; where the row has none, the dictionary's stands in.
    """
    if not journey.has("touchpoints"):
        for column in DESCRIPTION:
            frame = frame.withColumn(column, F.lit(None).cast("string"))
        return frame if "channel" in frame.columns else frame.withColumn("channel", F.lit(None).cast("string"))
    chosen = [F.col("touchpoint"), F.col("channel").alias("usual_channel"), *[F.col(c) for c in DESCRIPTION]]
    words = journey.table("touchpoints").select(*chosen)
    joined = frame.drop(*DESCRIPTION).join(words, "touchpoint", "left")
    own = F.coalesce(F.col("channel"), F.col("usual_channel")) if "channel" in frame.columns else F.col("usual_channel")
    return joined.withColumn("channel", own).drop("usual_channel")


def interactions(journey: Journey) -> Any:
    """All interactions up to as_of with stage, setting, role, owner and a channel."""
    return journey.once("interactions described", lambda: described(journey, journey.table("interactions")))


def with_role(journey: Journey, *roles: str) -> Any:
    """The interactions at touchpoints of the given roles."""
    return interactions(journey).filter(F.col("role").isin(*roles))


def related(journey: Journey, *words: str) -> Any:
    """The contacts at touchpoints whose `relation` is one of the words (start, lost, done): customer_id, at; no rows where there is none."""
    known = journey.dictionary
    places = known.loc[known["relation"].isin(words), "touchpoint"].tolist()
    if not (places and journey.has("interactions")):
        return engine.frame([("", journey.as_of)], "customer_id string, at timestamp").filter(F.col("customer_id") != "")
    return journey.table("interactions").filter(F.col("touchpoint").isin(*places)).select("customer_id", "at")


def has_role(journey: Journey, *roles: str) -> bool:
    """Whether the company's dictionary has a touchpoint of one of the roles, and there are interactions."""
    return journey.has("interactions") and bool(journey.dictionary["role"].isin(roles).any())


def can_purchase(journey: Journey) -> bool:
    """Whether a purchase can be seen: in orders that name a customer, or at a touchpoint whose role is purchase."""
    return journey.has("orders", "customer_id") or has_role(journey, "purchase")


def purchases(journey: Journey) -> Any:
    """Purchases: columns customer_id, at, order_id, revenue, row_id.

    Orders where there are any; else successful interactions (not failed or abandoned) at touchpoints whose role is
    purchase, without revenue; no rows where neither is there.
    """
    columns = ("customer_id", "at", "order_id", "revenue", "row_id")
    if journey.has("orders", "customer_id"):
        return journey.table("orders").filter(F.col("customer_id").isNotNull()).select(*columns)
    if not journey.has("interactions"):
        schema = "customer_id string, at timestamp, order_id string, revenue double, row_id long"
        return engine.frame([("", journey.as_of, "", 0.0, 0)], schema).filter(F.col("customer_id") != "")
    rows = with_role(journey, "purchase").filter(succeeded())
    return rows.select(
        "customer_id", "at", F.concat(F.lit("i"), F.col("row_id").cast("string")).alias("order_id"),
        F.lit(None).cast("double").alias("revenue"), "row_id",
    )


def next_purchase(journey: Journey, rows: Any, *, same: bool = False) -> Any:
    """Add `next_at` to rows with customer_id and at: the customer's first purchase after each (with `same`, or at that instant); null where none.

    A customer has few purchases, so a range within the customer beats sorting all the rows.
    """
    bought = purchases(journey).select(F.col("customer_id").alias("buyer"), F.col("at").alias("next_at")).distinct()
    bought = bought.withColumn("since", F.lag("next_at").over(Window.partitionBy("buyer").orderBy("next_at")))
    at, since, until = F.col("at"), F.col("since"), F.col("next_at")
    inside = (at <= until) & (since.isNull() | (at > since)) if same else (at < until) & (since.isNull() | (at >= since))
    return rows.join(bought, (F.col("customer_id") == F.col("buyer")) & inside, "left").drop("buyer", "since")


def succeeded() -> Any:
    """A condition on interactions: neither failed nor abandoned (an outcome that is not recorded counts as reached)."""
    return F.coalesce(F.col("outcome"), F.lit("success")) == "success"


def experiences(journey: Journey, *instruments: str) -> Any:
    """Rated experiences: surveys of csat, ces or emotion (or the given instruments), with `quality` added.

    Columns of surveys plus quality: the score's place on its own scale, 0 (worst) to 1 (best), and `poor`, 1 where
    quality is under 0.5 (2 or less of 5 stars is .25; the middle of a scale is not poor), `delighted`, 1 at .875 or more.
    """
    rows = journey.table("surveys").filter(F.col("instrument").isin(*(instruments or EXPERIENCE)))
    quality = (F.col("score") - F.col("scale_min")) / (F.col("scale_max") - F.col("scale_min"))
    rows = rows.withColumn("quality", quality)
    rows = rows.withColumn("poor", F.when(F.col("quality") < POOR_BELOW, 1.0).otherwise(0.0))
    return rows.withColumn("delighted", F.when(F.col("quality") >= DELIGHT_FROM, 1.0).otherwise(0.0))


def instrument(journey: Journey, word: str) -> Any:
    """The surveys of one instrument."""
    if word not in names.INSTRUMENTS:
        raise ValueError(f"instrument is '{word}'; allowed are {', '.join(names.INSTRUMENTS)}")
    return journey.table("surveys").filter(F.col("instrument") == word)


def has_instrument(journey: Journey, *words: str) -> bool:
    """Whether the company has surveys of one of the instruments in this segment."""
    if not journey.has("surveys"):
        return False
    rows = journey.table("surveys").filter(F.col("instrument").isin(*words)).select("instrument").limit(1)
    return len(journey.collect(rows)) > 0
