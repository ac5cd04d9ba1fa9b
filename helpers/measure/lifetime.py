"""What each customer has bought so far, day by day, as a forecast of lifetime value needs it, at several days in the past too.

A purchase is a day with an order that was not refunded (`touchpoints.kept_orders`, as in every KPI of money); several orders of one day are one. A day's value is its
margin, revenue less cost, where the cost of nearly all orders is known, else its revenue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.touchpoints import kept_orders

COST_KNOWN = 0.95
_PLACES = 6  # beyond, a sum depends on the order in which the engine happened to add, and the forecasts' last digits with it


def basis(journey: Journey) -> str:
    """What a purchase is worth here: "margin" where the cost of 95 % of the orders is known, over all customers, else "revenue"."""
    return journey.once("lifetime basis", lambda: _basis(journey.whole()))


def _basis(journey: Journey) -> str:
    if not journey.has("orders", "cost"):
        return "revenue"
    known = F.avg(F.when(F.col("cost").isNotNull(), 1.0).otherwise(0.0))
    share = journey.collect(kept_orders(journey).agg(known.alias("share")))["share"].iloc[0]
    return "margin" if share >= COST_KNOWN else "revenue"


def last_day(journey: Journey) -> int:
    """The last day that counts, in whole days since the first of the data: that of as_of, or of the period's end if that is earlier."""
    until = min(journey.as_of, journey.period.end - timedelta(seconds=1))
    return (until - _origin(journey)).days


def _origin(journey: Journey) -> Any:
    return journey.first_at.replace(hour=0, minute=0, second=0, microsecond=0)


def purchase_days(journey: Journey) -> Any:
    """One row a customer and day with a purchase, up to `last_day`: customer_id, day (whole days since the first of the data), value (null where no cost is known)."""
    worth = F.col("revenue") - F.col("cost") if basis(journey) == "margin" else F.col("revenue")
    day = F.floor(engine.days_between(engine.instant(_origin(journey)), F.col("at"))).cast("int")
    rows = kept_orders(journey).filter(F.col("customer_id").isNotNull()).select("customer_id", day.alias("day"), worth.alias("worth"))
    rows = rows.filter(F.col("day") <= F.lit(last_day(journey)))
    return rows.groupBy("customer_id", "day").agg(F.sum("worth").alias("value"))


def histories(journey: Journey, back: Sequence[int] = (), columns: Sequence[str] = ()) -> pd.DataFrame:
    """One row a customer who has bought, in the order of their ids, which are not given: what was known at the end and so many days `back`.

    For each number of days d in (0, *back): x_d (days with a repeat purchase), t_d and age_d (days from the first purchase to the last, and to d days before the
    end), z_d (mean value of a repeat purchase; 0 without one), later_d and brought_d (days with a purchase after it, and their value). Who had not bought by then
    has no x_d. `columns` of customers stand beside them.
    """
    table = journey.collect(_histories(journey, back, columns), ["customer_id"]).drop(columns="customer_id")
    money = [name for name in table.columns if name.startswith(("z_", "brought_"))]
    return table.assign(**{name: table[name].round(_PLACES) for name in money})


def _histories(journey: Journey, back: Sequence[int], columns: Sequence[str]) -> Any:
    days, end = engine.keep(purchase_days(journey)), last_day(journey)
    first = days.groupBy("customer_id").agg(F.min("day").alias("first"))
    rows = days.join(first, "customer_id")
    wanted = []
    for d in (0, *back):
        known = F.col("day") <= F.lit(end - d)
        repeat = known & (F.col("day") > F.col("first"))
        wanted += [
            F.sum(F.when(repeat, 1.0).otherwise(0.0)).alias(f"n_{d}"), F.max(F.when(known, F.col("day"))).alias(f"last_{d}"),
            F.sum(F.when(repeat, F.col("value"))).alias(f"worth_{d}"), F.sum(F.when(repeat & F.col("value").isNotNull(), 1.0)).alias(f"valued_{d}"),
            F.sum(F.when(known, 0.0).otherwise(1.0)).alias(f"later_{d}"), F.sum(F.when(known, 0.0).otherwise(F.coalesce(F.col("value"), F.lit(0.0)))).alias(f"brought_{d}"),
        ]
    found = rows.groupBy("customer_id", "first").agg(*wanted)
    told = [F.col("customer_id")]
    for d in (0, *back):
        there = F.col("first") <= F.lit(end - d)
        told += [
            F.when(there, F.col(f"n_{d}")).alias(f"x_{d}"), (F.col(f"last_{d}") - F.col("first")).cast("double").alias(f"t_{d}"),
            F.when(there, F.lit(end - d) - F.col("first")).cast("double").alias(f"age_{d}"),
            F.coalesce(F.col(f"worth_{d}") / F.col(f"valued_{d}"), F.lit(0.0)).alias(f"z_{d}"), F.col(f"later_{d}"), F.col(f"brought_{d}"),
        ]
    found = found.select(*told)
    if not columns:
        return found
    people = journey.table("customers").select("customer_id", *[F.col(name).cast("string").alias(name) for name in columns])
    return found.join(people, "customer_id", "left")
