"""What the journey map counts beyond `inventory`: who was seen at each stage, and which way customers go."""

from __future__ import annotations

from functools import reduce

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import described
from helpers.measure.registry import person, six_sums
from helpers.measure.stages import stage_visits

def stage_people(journey: Journey) -> pd.DataFrame:
    """Who was seen at each stage in the period: stage, people (customers; rows where nobody is named).

    By a contact or ticket at one of its touchpoints, at the purchase stage by a purchase (see `stages.stage_visits`). Where nothing but
    answers shows where customers are, by an answer to a survey about one of its touchpoints.
    """
    frames = []
    if (visits := stage_visits(journey)) is not None:
        stages = engine.frame(list(enumerate(journey.stages)), "place int, stage string")
        frames.append(journey.cut(visits).join(stages, "place").select("stage", F.col("customer_id").alias("who")))
    for name, at in (("tickets", "opened_at"), ("surveys", "at")):
        if journey.has(name, "touchpoint") and (name == "tickets" or seen_by_answers(journey)):
            rows = described(journey, journey.cut(journey.table(name), at)).filter(F.col("stage").isNotNull())
            frames.append(rows.select("stage", person(rows).alias("who")))
    if not frames:
        return pd.DataFrame({"stage": pd.Series(dtype="str"), "people": pd.Series(dtype=int)})
    every = reduce(lambda a, b: a.unionByName(b), frames)
    return journey.collect(every.groupBy("stage").agg(F.countDistinct("who").alias("people")), ["stage"])


def seen_by_answers(journey: Journey) -> bool:
    """Whether nothing but survey answers shows where customers are."""
    return journey.has("surveys", "touchpoint") and not any(journey.has(name) for name in ("interactions", "tickets", "orders"))


def stage_steps(journey: Journey) -> pd.DataFrame:
    """Every change of stage in the period: source, target (stages), steps, customers.

    A customer's contacts and purchases in order of time, several at one stage in a row as one; a step belongs to the period in which
    it arrives. Of one instant the earlier stage comes first.
    """
    counted = _steps(journey).groupBy("before", "place").agg(F.count(F.lit(1)).alias("steps"), F.countDistinct("cluster").alias("customers"))
    table = journey.collect(counted, ["before", "place"])
    stages = pd.Series(list(journey.stages))
    return pd.DataFrame({
        "source": table["before"].map(stages), "target": table["place"].map(stages), "steps": table["steps"], "customers": table["customers"],
    })


def steps_as_designed(journey: Journey) -> pd.DataFrame:
    """How often a step leads to the very next stage: source (a stage; "" for all), and the six sums, s 1 where it does, w 1."""
    next_one = F.when(F.col("place") == F.col("before") + 1, 1.0).otherwise(0.0)
    rows = _steps(journey).select(F.col("before").cast("long").alias("before"), "cluster", next_one.alias("s"))
    whole = rows.select(F.lit(-1).cast("long").alias("before"), "cluster", "s")
    table = journey.collect(six_sums(rows.unionByName(whole), "before"), ["before"])
    stages = list(journey.stages)
    table.insert(0, "source", [stages[place] if place >= 0 else "" for place in table.pop("before").astype(int)])
    return table


def _steps(journey: Journey):
    """cluster, before, place: the changes of stage in the period (places count from 0)."""
    return journey.once("stage steps", lambda: engine.keep(_changes(journey)))


def _changes(journey: Journey):
    visits = stage_visits(journey)
    if visits is None:
        return engine.frame([("", 0, 0)], "cluster string, before int, place int").filter(F.col("cluster") != "")
    order = Window.partitionBy("customer_id").orderBy("at", "place")
    rows = visits.select("customer_id", "at", "place", F.lag("place").over(order).alias("before"))
    return journey.cut(rows).filter(F.col("before") != F.col("place")).select(F.col("customer_id").alias("cluster"), "before", "place")
