"""What the data cover: stages, ages of tables, customers seen in one source only, touchpoints with an experience measure."""

from __future__ import annotations

from functools import reduce

import pandas as pd

from helpers import names
from helpers.engine import F
from helpers.contract import EVENT_TABLES
from helpers.journey import Journey
from helpers.measure.base import EXPERIENCE, described

NAMED = ("interactions", "orders", "surveys", "tickets", "mentions")


def stage_cover(journey: Journey) -> pd.DataFrame:
    """Rows of the period by stage: columns stage, label, after_purchase (bool), contacts, ratings.

    contacts are interactions, ratings survey answers, at touchpoints of the stage. Needs the dictionary's stage.
    """
    counts = {}
    for table, name in (("interactions", "contacts"), ("surveys", "ratings")):
        if journey.has(table, "touchpoint"):
            rows = described(journey, journey.inside(table)).filter(F.col("stage").isNotNull())
            counts[name] = journey.collect(rows.groupBy("stage").agg(F.count(F.lit(1)).alias(name)), ["stage"]).set_index("stage")[name]
    frame = pd.DataFrame({"stage": list(journey.stages), "label": list(journey.stages.values())})
    frame["after_purchase"] = frame["stage"].isin(names.STAGES_AFTER_PURCHASE)
    for name in ("contacts", "ratings"):
        frame[name] = frame["stage"].map(counts.get(name, pd.Series(dtype=float))).fillna(0).astype(int)
    return frame


def ages(journey: Journey) -> pd.DataFrame:
    """How old each table is at as_of: columns table, last_at, days (from the day of its last row to that of as_of)."""
    rows = []
    for name, at in EVENT_TABLES.items():
        if journey.has(name):
            last = journey.collect(journey.table(name).agg(F.max(at).alias("last_at")))["last_at"].iloc[0]
            if not pd.isna(last):
                rows.append((name, last, (pd.Timestamp(journey.as_of).normalize() - last.normalize()).days))
    return pd.DataFrame(rows, columns=["table", "last_at", "days"])


def seen_in(journey: Journey) -> pd.DataFrame:
    """How many tables each customer appears in: columns tables (1, 2, ...), customers. Over all time up to as_of."""
    there = [name for name in NAMED if journey.has(name, "customer_id")]
    parts = [
        journey.table(name).filter(F.col("customer_id").isNotNull()).select("customer_id").distinct()
        .withColumn("source", F.lit(name)) for name in there
    ]
    if not parts:
        return pd.DataFrame({"tables": pd.Series(dtype=int), "customers": pd.Series(dtype=int)})
    each = reduce(lambda a, b: a.unionByName(b), parts).groupBy("customer_id").agg(F.count(F.lit(1)).alias("tables"))
    return journey.collect(each.groupBy("tables").agg(F.count(F.lit(1)).alias("customers")), ["tables"])


def experience_cover(journey: Journey) -> pd.DataFrame:
    """Touchpoints that customers used or rated: columns touchpoint, contacts, ratings (csat, ces, emotion), in the period."""
    parts = []
    for table, name in (("interactions", "contacts"), ("surveys", "ratings")):
        if not journey.has(table, "touchpoint"):
            continue
        rows = journey.inside(table).filter(F.col("touchpoint").isNotNull())
        if table == "surveys":
            rows = rows.filter(F.col("instrument").isin(*EXPERIENCE))
        counted = rows.groupBy("touchpoint").agg(F.count(F.lit(1)).alias(name))
        parts.append(journey.collect(counted, ["touchpoint"]).set_index("touchpoint"))
    frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=pd.Index([], name="touchpoint"))
    frame = frame.reindex(columns=["contacts", "ratings"]).fillna(0).astype(int)
    return frame.rename_axis("touchpoint").sort_index().reset_index()


def persons(journey: Journey) -> dict[str, int]:
    """How many people stand behind the customers, where the customers table says so: customers, persons; else nothing."""
    if not journey.has("customers", "person_id"):
        return {}
    rows = journey.table("customers").filter(F.col("person_id").isNotNull())
    counted = journey.collect(rows.agg(F.countDistinct("customer_id").alias("customers"), F.countDistinct("person_id").alias("persons")))
    return {name: int(counted[name].iloc[0]) for name in ("customers", "persons")}
