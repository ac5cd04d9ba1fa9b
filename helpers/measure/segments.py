"""Segments side by side: who belongs to which, at which stage each stands, and any KPI cut by segment."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey, segment_sizes
from helpers.measure.registry import DURATIONS, Kpi, alike, rows_of, six_sums, timed
from helpers.measure.stages import stage_visits

KEYS = ["column", "value"]
MOST_VALUES = 12
"""A column with more values than this names people rather than segments, and is not compared."""


def compared(journey: Journey) -> pd.DataFrame:
    """The segments that can be compared here: column, value, segment (`column=value`), customers.

    Columns of the company's segments with 2 to 12 values among the journey's customers; a column that the journey itself is cut to has one value only.
    """
    return journey.once("compared segments", lambda: _compared(journey))


def _compared(journey: Journey) -> pd.DataFrame:
    fixed = {column for column, _ in journey.segment.pairs}
    columns = tuple(c for c in journey.company.segments if c not in fixed and journey.has("customers", c))
    shape = ["column", "value", "segment", "customers"]
    if not columns:
        return pd.DataFrame(columns=shape)
    if not fixed:
        sizes = segment_sizes(journey, columns)
    else:
        sizes = journey.collect(_members(journey, columns).groupBy("column", "value").agg(F.countDistinct("customer_id").alias("customers")), ["column", "value"])
        sizes["segment"] = sizes["column"] + "=" + sizes["value"]
    several = sizes.groupby("column")["value"].transform("size").between(2, MOST_VALUES)
    order = sizes["column"].map({name: i for i, name in enumerate(columns)})
    return sizes[several].assign(_order=order).sort_values(["_order", "value"], ignore_index=True)[shape]


def members(journey: Journey) -> Any:
    """One row a customer and column compared: customer_id, column, value."""
    columns = tuple(dict.fromkeys(compared(journey)["column"]))
    return journey.once("members", lambda: engine.keep(_members(journey, columns)))


def _members(journey: Journey, columns: tuple[str, ...]) -> Any:
    people = journey.table("customers")
    parts = [people.select("customer_id", F.lit(c).alias("column"), F.col(c).cast("string").alias("value")) for c in columns]
    return reduce(lambda a, b: a.unionByName(b), parts).filter(F.col("value").isNotNull())


def standing(journey: Journey) -> pd.DataFrame:
    """Where customers stand at the end of the period: column, value, stage, customers; column and value "" for all together.

    A customer seen in the period stands at the stage of the last contact or purchase in it; of one instant the later stage counts.
    """
    shape = ["column", "value", "stage", "customers"]
    visits = stage_visits(journey)
    if visits is None:
        return pd.DataFrame(columns=shape)
    # One number orders time and, within an instant, stages.
    key = engine.seconds("at") * F.lit(100) + F.col("place")
    last = journey.cut(visits).groupBy("customer_id").agg(F.max(key).alias("key"))
    last = engine.keep(last.select("customer_id", (F.col("key") % F.lit(100)).cast("int").alias("place")))
    parts = [journey.collect(last.groupBy("place").agg(F.count(F.lit(1)).alias("customers")), ["place"]).assign(column="", value="")]
    if len(compared(journey)):
        counted = last.join(members(journey), "customer_id").groupBy("column", "value", "place").agg(F.count(F.lit(1)).alias("customers"))
        parts.append(journey.collect(counted, ["column", "value", "place"]))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(stage=table["place"].map(pd.Series(list(journey.stages))))[shape]


def by_segment(journey: Journey, kpi: Kpi) -> pd.DataFrame:
    """What a KPI of the period is made of, by segment; rows that name no customer of a segment are left out.

    Returns column, value and the six sums (see `registry.six_sums`), or, for a KPI of durations, days, event and count, with the
    segment's customers (people) and how alike the rows of one of them are (see `registry.alike`).
    """
    period = journey.labels.loc[journey.labels["grain"] == "period", "key"].iloc[0]
    rows = journey.labelled(rows_of(journey, kpi), period).join(members(journey).withColumnRenamed("customer_id", "cluster"), "cluster")
    if kpi.statistic not in DURATIONS:
        return journey.collect(six_sums(rows, *KEYS), KEYS)
    window = kpi.horizon(journey)
    with engine.held(timed(rows, *KEYS, window=window)) as each:
        table = journey.collect(each.groupBy(*KEYS, "minutes", "event").agg(F.count(F.lit(1)).alias("count")), [*KEYS, "minutes", "event"])
        common = journey.collect(alike(each, *KEYS, window=window), KEYS)
    table["days"] = table.pop("minutes") / 1440.0
    return table.merge(common, on=KEYS)
