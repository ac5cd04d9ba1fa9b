"""The value chain: what each activity costs, which touchpoints it serves, and where its time goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.journey.segment import parse_segment

def activities(journey: Journey) -> pd.DataFrame:
    """The activities: activity, label, kind, cost (currency a month), owner, elapsed_hours, waiting_hours."""
    columns = ["activity", "label", "kind", "cost", "owner", "elapsed_hours", "waiting_hours"]
    if not journey.has("activities"):
        return pd.DataFrame(columns=columns)
    frame = journey.collect(journey.table("activities").select(*columns), ["activity"])
    frame["label"] = frame["label"].fillna(frame["activity"].str.replace("_", " ").str.capitalize())
    return frame


def serving(journey: Journey) -> pd.DataFrame:
    """Which activity serves which touchpoint, at what cost: activity, touchpoint, part, cost (currency a month).

    `part` is the share of the activity's cost: as stated; where some shares of an activity are empty, what the others
    leave is spread over them evenly. Stated shares that sum to more than 1 are scaled to 1.
    """
    columns = ["activity", "touchpoint", "part", "cost"]
    if not journey.has("activity_touchpoints"):
        return pd.DataFrame(columns=columns)
    rows = journey.collect(journey.table("activity_touchpoints").select("activity", "touchpoint", "share"), ["activity", "touchpoint"])
    stated = rows.groupby("activity")["share"].transform("sum")
    silent = rows["share"].isna().groupby(rows["activity"]).transform("sum")
    left = (1 - stated).clip(lower=0)
    rows["part"] = rows["share"].fillna((left / silent.where(silent > 0)).fillna(0.0)) / stated.clip(lower=1)
    cost = activities(journey).set_index("activity")["cost"]
    rows["cost"] = rows["activity"].map(cost).astype(float) * rows["part"]
    return rows[columns]


def contacts_by_touchpoint(journey: Journey) -> pd.DataFrame:
    """How often each touchpoint was used in the period: touchpoint, contacts, customers."""
    if not journey.has("interactions"):
        return pd.DataFrame({"touchpoint": pd.Series(dtype="str"), "contacts": pd.Series(dtype=int), "customers": pd.Series(dtype=int)})
    rows = journey.inside("interactions").groupBy("touchpoint").agg(
        F.count(F.lit(1)).alias("contacts"), F.countDistinct("customer_id").alias("customers"))
    return journey.once("contacts by touchpoint", lambda: journey.collect(rows, ["touchpoint"])).copy()


def cost_of_contacts(journey: Journey) -> Any:
    """Interactions with `cost`: what each contact bears of the month's cost of all activities.

    The cost of the activities behind a touchpoint is borne by its contacts of the month; the cost that serves no touchpoint, or
    one without contacts in the month, by all contacts alike. So the contacts of a month bear all of its cost, and a segment's
    contacts the same cost each as everybody's. A month that the data cover only in part bears that part of its cost.
    """
    return journey.once("cost of contacts", lambda: engine.keep(_cost_of_contacts(journey)))


def _cost_of_contacts(journey: Journey) -> Any:
    total = float(activities(journey)["cost"].sum())
    by = serving(journey).dropna(subset=["cost"]).groupby("touchpoint", as_index=False)["cost"].sum()
    costs = engine.frame([*by.itertuples(index=False, name=None), ("", 0.0)], "touchpoint string, monthly double")
    spans = engine.frame(covered_months(journey), "month string, covered double")
    everyone = replace(journey, segment=parse_segment("all")).table("interactions").withColumn("month", engine.month_of("at"))
    counts = everyone.groupBy("month", "touchpoint").agg(F.count(F.lit(1)).alias("contacts"))
    counts = counts.join(costs, "touchpoint", "left").withColumn("monthly", F.coalesce(F.col("monthly"), F.lit(0.0)))
    months = counts.groupBy("month").agg(F.sum("contacts").alias("everything"), F.sum("monthly").alias("served"))
    each = counts.join(months, "month").join(spans, "month")
    rest = F.greatest(F.lit(total) - F.col("served"), F.lit(0.0)) / F.col("everything")
    each = each.select("month", "touchpoint", ((F.col("monthly") / F.col("contacts") + rest) * F.col("covered")).alias("cost"))
    rows = journey.table("interactions").select("customer_id", "row_id", "at", "touchpoint", engine.month_of("at").alias("month"))
    return rows.join(each, ["month", "touchpoint"])


def covered_months(journey: Journey) -> list[tuple[str, float]]:
    """Each month of the data with the part of it that they cover, 1 for a whole one."""
    first, last = pd.Timestamp(journey.first_at).normalize(), pd.Timestamp(journey.as_of)
    months = []
    for month in pd.period_range(first, last, freq="M"):
        start, end = month.start_time, (month + 1).start_time
        covered = (min(end, last.normalize() + pd.Timedelta(days=1)) - max(start, first)) / (end - start)
        months.append((f"{start:%Y-%m}", float(covered)))
    return months


def time_of_contacts(journey: Journey) -> Any:
    """Interactions with `elapsed_hours` and `waiting_hours`: summed over the activities that serve the touchpoint."""
    hours = activities(journey).dropna(subset=["elapsed_hours", "waiting_hours"])
    joined = serving(journey).merge(hours[["activity", "elapsed_hours", "waiting_hours"]], on="activity")
    by = joined.groupby("touchpoint", as_index=False)[["elapsed_hours", "waiting_hours"]].sum()
    chosen = [*by.itertuples(index=False, name=None), ("", 0.0, 0.0)]
    times = engine.frame(chosen, "touchpoint string, elapsed_hours double, waiting_hours double")
    return journey.table("interactions").join(times, "touchpoint")
