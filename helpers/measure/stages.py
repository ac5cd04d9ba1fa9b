"""When each customer first reaches each stage of the journey, and when they go on from it."""

from __future__ import annotations

from functools import reduce
from typing import Any

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import can_purchase, interactions, purchases

WINDOWS = {
    "consideration": "intent", "decision": "intent", "purchase": "intent", "post_purchase": "adoption", "loyalty": "retention",
    "advocacy": "retention",
}
"""The window in which a customer who reached the stage before is expected at this one."""


def before(journey: Journey, stage: str) -> str | None:
    """The company's nearest earlier stage that has any contact, or None where there is none."""
    places = list(journey.stages)
    seen = journey.once("stages seen", lambda: _seen(journey))
    return next((one for one in reversed(places[: places.index(stage)]) if one in seen), None) if stage in places else None


def _seen(journey: Journey) -> set[str]:
    visits, places = stage_visits(journey), list(journey.stages)
    return set() if visits is None else {places[int(place)] for place in journey.collect(visits.select("place").distinct())["place"]}


def stage_reached(journey: Journey) -> Any:
    """The first time a customer reaches each stage, and the next contact with any later stage from then on.

    Columns customer_id, row_id (0), stage, at, next_at (null where none yet), days (to next_at, or to as_of where none), event (1, 0).
    A stage is reached by a contact with one of its touchpoints, the purchase stage by a purchase. Of one instant the
    earlier stage comes first. Where nobody was ever seen after a stage, days is null: that nobody went on is not known.
    """
    return journey.once("stage reached", lambda: engine.keep(_stage_reached(journey)))


def _stage_reached(journey: Journey) -> Any:
    visits = stage_visits(journey)
    seen = journey.once("stages seen", lambda: _seen(journey))
    if not seen:
        schema = "customer_id string, row_id long, stage string, at timestamp, next_at timestamp, days double, event int"
        return engine.frame([("", 0, "", journey.as_of, journey.as_of, 0.0, 0)], schema).filter(F.col("stage") != "")
    places = list(journey.stages)
    last = max(places.index(stage) for stage in seen)
    ends = range(max(last, 1))  # the stages that a later one may follow; where only the first was ever seen, none does
    first = visits.groupBy("customer_id", "place").agg(F.min("at").alias("at"))
    wide = first.groupBy("customer_id").agg(*[F.min(F.when(F.col("place") == i, F.col("at"))).alias(f"first_{i}") for i in ends])
    # Of one instant the later stage comes after: a contact at the very time at which the earlier one was reached goes on from it.
    onward = [F.min(F.when((F.col("place") > i) & (F.col("at") >= F.col(f"first_{i}")), F.col("at"))).alias(f"after_{i}") for i in ends]
    then = visits.filter(F.col("place") > min(places.index(stage) for stage in seen)).join(wide, "customer_id").groupBy("customer_id").agg(*onward)
    stage, next_at = F.lit(None).cast("string"), F.lit(None).cast("timestamp")
    for i, name in enumerate(places):
        stage = F.when(F.col("place") == i, F.lit(name)).otherwise(stage)
        next_at = F.when(F.col("place") == i, F.col(f"after_{i}")).otherwise(next_at) if i in ends else next_at
    rows = first.join(then, "customer_id", "left")
    rows = rows.select("customer_id", F.lit(0).cast("long").alias("row_id"), stage.alias("stage"), "at", next_at.alias("next_at"), "place")
    until = F.when(F.col("place") < last, F.coalesce(F.col("next_at"), engine.instant(journey.as_of)))
    rows = rows.withColumn("until", until).drop("place")
    return rows.withColumn("days", engine.days_between("at", "until")).withColumn("event", F.when(F.col("next_at").isNull(), 0).otherwise(1)).drop("until")


def stage_visits(journey: Journey) -> Any:
    """customer_id, at, place (0 for the company's first stage), or None where nothing says which stage anything belongs to."""
    return journey.once("stage visits", lambda: _stage_visits(journey))


def _stage_visits(journey: Journey) -> Any:
    places, parts = list(journey.stages), []
    bought = can_purchase(journey) and "purchase" in places
    if bought:
        parts.append(purchases(journey).select("customer_id", "at", F.lit(places.index("purchase")).alias("place")))
    if journey.has("interactions") and journey.has("touchpoints", "stage"):
        rows = interactions(journey).filter(F.col("stage").isNotNull())
        rows = rows.filter(F.col("stage") != "purchase") if bought else rows
        order = engine.frame(list(zip(places, range(len(places)), strict=True)), "stage string, place int")
        parts.append(rows.join(order, "stage").select("customer_id", "at", "place"))
    return reduce(lambda a, b: a.unionByName(b), parts) if parts else None
