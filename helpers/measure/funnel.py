"""Ordered funnels: how many customers get from step to step, within a window, and how long each passage takes."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import pandas as pd

from helpers import engine, names
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import can_purchase, interactions, purchases, succeeded

KINDS = ("stage", "touchpoint", "role")
UP_TO_PURCHASE = ("awareness", "consideration", "decision", "purchase")
_PURCHASE = "purchase"


def funnel(journey: Journey, steps: Sequence[str] | None = None, *, by: str = "stage", window_days: float | None = None) -> pd.DataFrame:
    """Count customers through ordered steps: greedy on first occurrences, all within `window_days` of the first step.

    `by`: what the steps name: the company's stages (default: those up to the purchase that have data), touchpoints, or
    roles. The purchase stage and role are reached by a purchase (see `base.purchases`), a touchpoint whose role is
    purchase by a contact that succeeded. A customer's first step is the first one in the period; the second is the
    first contact of that step after it, and so on; events of one instant keep the log's order, and a purchase comes after
    the contacts of its instant. Customers whose window is still open at as_of are in `open` only.

    Returns step, label, users (customers), of_start, of_previous (shares 0-1), median_days (days since the step before,
    of those who made it), open (customers at the step whose window is not over). Raises ValueError on a wrong step.
    """
    wanted = default_steps(journey) if steps is None and by == "stage" else list(steps or ())
    labels = _labels(journey, wanted, by)
    if len(wanted) < 2 or not (journey.has("interactions") or wanted == [_PURCHASE]):
        return pd.DataFrame(columns=["step", "label", "users", "of_start", "of_previous", "median_days", "open"])
    reached = passage(journey, wanted, by=by, window_days=window_days)
    numbers = range(len(wanted))
    closed, days = F.col("closed") == 1, {}
    for k in numbers[1:]:
        days[k] = F.when(closed, engine.days_between(f"at_{k - 1}", f"at_{k}"))
    counts = [F.sum(F.when(F.col(f"at_{k}").isNotNull(), F.col("closed"))).alias(f"users_{k}") for k in numbers]
    still = [F.sum(F.when(F.col(f"at_{k}").isNotNull(), 1 - F.col("closed"))).alias(f"open_{k}") for k in numbers]
    medians = [F.median(passed).alias(f"median_{k}") for k, passed in days.items()]
    row = journey.collect(reached.agg(*counts, *still, *medians)).iloc[0]
    table = pd.DataFrame({"step": wanted, "label": labels, "users": [_count(row[f"users_{k}"]) for k in numbers]})
    users = table["users"].where(table["users"] > 0)
    table["of_start"] = table["users"] / users.iloc[0]
    table["of_previous"] = table["users"] / users.shift()
    table["median_days"] = [float("nan"), *(float(row[f"median_{k}"]) for k in numbers[1:])]
    return table.assign(open=[_count(row[f"open_{k}"]) for k in numbers])


def passage(journey: Journey, steps: Sequence[str], *, by: str = "stage", window_days: float | None = None) -> Any:
    """When each customer who starts in the period reaches each step: customer_id, at_0, at_1, ... (null where not), closed (0/1)."""
    found, limit = None, window_days
    before_is_order = False
    for k, step in enumerate(steps):
        events, is_order = _events(journey, step, by)
        if found is None:
            found = journey.cut(events).groupBy("customer_id").agg(F.min("at").alias("at_0"), F.coalesce(F.min("seq"), F.lit(0)).alias("seq"))
        else:
            found = _next(found, events, k, limit, is_order, before_is_order)
        before_is_order = is_order
    over = engine.days_between(F.col("at_0"), engine.instant(journey.as_of)) >= F.lit(float(limit or 0.0))
    return found.withColumn("closed", F.when(over, 1).otherwise(0)).drop("seq")


def _next(found: Any, events: Any, k: int, limit: float | None, is_order: bool, before_is_order: bool) -> Any:
    """Add at_k: the first event of the step after the step before, within the limit."""
    events = events.select("customer_id", F.col("at").alias("event_at"), F.col("seq").alias("event_seq"))
    before = F.col(f"at_{k - 1}")
    after = F.col("event_at") > before if is_order and before_is_order else F.col("event_at") >= before
    if not is_order:
        after = after & (F.col("event_seq") > F.col("seq"))
    if limit is not None:
        after = after & (engine.days_between(F.col("at_0"), F.col("event_at")) <= F.lit(float(limit)))
    # Interactions are numbered by customer and time: the first in number is the first in time.
    joined = found.join(events, "customer_id", "left").withColumn("after", after)
    kept = [F.max(f"at_{i}").alias(f"at_{i}") for i in range(k)]
    joined = joined.groupBy("customer_id").agg(
        *kept, F.max("seq").alias("before_seq"), F.min(F.when(F.col("after"), F.col("event_at"))).alias(f"at_{k}"),
        F.min(F.when(F.col("after"), F.col("event_seq"))).alias("next_seq"),
    )
    return joined.withColumn("seq", F.coalesce(F.col("next_seq"), F.col("before_seq"))).drop("before_seq", "next_seq")


def _events(journey: Journey, step: str, by: str) -> tuple[Any, bool]:
    """The events of a step (customer_id, at, seq), and whether they are orders, which have no place in the log."""
    if by != "touchpoint" and step == _PURCHASE and journey.has("orders", "customer_id"):
        bought = purchases(journey)
        return bought.select("customer_id", "at", F.lit(None).cast("long").alias("seq")), True
    rows = journey.table("interactions") if by == "touchpoint" else interactions(journey)
    rows = rows.filter(F.col(by) == step)
    buys = journey.dictionary.loc[journey.dictionary["role"] == _PURCHASE, "touchpoint"]
    if step == _PURCHASE and by == "stage" and can_purchase(journey):
        rows = rows.filter(F.col("role") == _PURCHASE)
    if step == _PURCHASE and by != "touchpoint" or step in set(buys) and by == "touchpoint":
        rows = rows.filter(succeeded())
    return rows.select("customer_id", "at", "seq"), False


def default_steps(journey: Journey) -> list[str]:
    """The company's stages up to the purchase, in order, without those that have no contact (or no purchase) in the data."""
    stages = [stage for stage in journey.stages if stage in UP_TO_PURCHASE]
    seen = set()
    if journey.has("interactions") and journey.has("touchpoints", "stage"):
        rows = interactions(journey).filter(F.col("stage").isin(*stages)).select("stage").distinct()
        seen = set(journey.collect(rows)["stage"])
    if can_purchase(journey):
        seen.add(_PURCHASE)
    return [stage for stage in stages if stage in seen]


def _labels(journey: Journey, steps: Sequence[str], by: str) -> list[str]:
    """What to call each step; raises ValueError where a step is not one."""
    if by not in KINDS:
        raise ValueError(f"by is '{by}'; allowed are {', '.join(KINDS)}")
    if by == "stage":
        known = journey.stages
    elif by == "role":
        known = {role: role.replace("_", " ").capitalize() for role in names.ROLES}
    else:
        known = dict(zip(journey.dictionary["touchpoint"], journey.dictionary["label"], strict=True))
        if unlisted := [step for step in steps if step not in known]:
            known |= {name: name.replace("_", " ").capitalize() for name in _unlisted(journey, unlisted)}
    for step in steps:
        if step not in known:
            near = get_close_matches(step, known, n=1)
            hint = f". Type {near[0]}" if near else ""
            raise ValueError(f"'{step}' is not a {by} of {journey.company.name}; there are {', '.join(list(known)[:12])}{hint}")
    return [known[step] for step in steps]


def _unlisted(journey: Journey, wanted: Sequence[str]) -> list[str]:
    """Those of the wanted touchpoints that are in the data, though not in the dictionary."""
    if not journey.has("interactions"):
        return []
    rows = journey.table("interactions").filter(F.col("touchpoint").isin(*wanted)).select("touchpoint").distinct()
    return journey.collect(rows)["touchpoint"].tolist()


def _count(value: object) -> int:
    return 0 if pd.isna(value) else int(value)
