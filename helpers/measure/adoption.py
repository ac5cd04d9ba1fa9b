"""Who has started, and what became of it: onboarding, first use, and every later sign of life.

A customer **starts** with the first contact at a touchpoint whose relation is start, where the company names one; else with the first purchase; in a company without purchases with the first contact at an onboarding
touchpoint; without those, on becoming a customer (`acquired_at`), or with the first contact of any kind. One company has
one kind of start (`start_kind`). A customer **adopts** with the first contact after it at a touchpoint whose role is usage that
neither failed nor was abandoned. A customer is **active** who uses in that sense or buys (again); where a company records
neither use nor purchases, any contact is a sign of life. Where a relation comes to its proper end (relation: done), nobody is followed beyond it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import has_role, interactions, purchases, related, succeeded, with_role

START = "orders.customer_id|interactions|customers.acquired_at"
ALIVE = "orders.customer_id|interactions"
USAGE, ONBOARDING = "touchpoints.role=usage", "touchpoints.role=onboarding"
USE = ("interactions", USAGE)
STARTS = {
    "relation": "start", "purchase": "first order", "onboarding": "first onboarding contact", "acquired": "first day as a customer", "contact": "first contact",
}
_TIMES = ("started_at", "met_at", "onboarded_at", "tried_at", "adopted_at", "used_at", "again_at")
_SCHEMA = (
    "customer_id string, row_id long, at timestamp, " + ", ".join(f"{name} timestamp" for name in _TIMES)
    + ", days double, event int, followed double, closed int, adopted double"
)


def start_kind(journey: Journey) -> str | None:
    """What counts as a start in this company: a key of STARTS, or None where nothing shows one."""
    return journey.once("start kind", lambda: _start_kind(journey))


def _start_kind(journey: Journey) -> str | None:
    if relates(journey, "start"):
        return "relation"
    if journey.has("orders", "customer_id") or _seen(journey, "purchase"):
        return "purchase"
    if _seen(journey, "onboarding"):
        return "onboarding"
    if journey.has("customers", "acquired_at"):
        return "acquired"
    return "contact" if journey.has("interactions") else None


def relates(journey: Journey, word: str) -> bool:
    """Whether anybody, of whatever segment, had a contact at a touchpoint whose relation is the word."""
    if word not in set(journey.dictionary["relation"]):
        return False
    return journey.once(f"relation {word} seen", lambda: len(journey.collect(related(journey.whole(), word).limit(1))) > 0)


def _seen(journey: Journey, role: str) -> bool:
    """Whether anybody, of whatever segment, had a contact at a touchpoint of the role."""
    if not has_role(journey, role):
        return False
    rows = with_role(journey.whole(), role).select("customer_id").limit(1)
    return len(journey.collect(rows)) > 0


def can_adopt(journey: Journey) -> bool:
    """Whether both a start and a use can be seen."""
    return start_kind(journey) is not None and journey.once("usage seen", lambda: _seen(journey, "usage"))


def has_onboarding(journey: Journey) -> bool:
    """Whether contacts at onboarding touchpoints can be seen."""
    return journey.once("onboarding seen", lambda: _seen(journey, "onboarding"))


def adopters(journey: Journey) -> Any:
    """Every customer who has started, up to as_of, whatever the period; no rows where nothing shows a start.

    Columns customer_id, row_id (0), at and started_at (the start), met_at (first onboarding contact), onboarded_at (the
    first that succeeded), tried_at (first contact with a usage touchpoint, however it ended), adopted_at (the first that
    succeeded), used_at (the first of these from onboarded_at on; from the start where the company has no onboarding),
    again_at (the first use on a later day than used_at), all from the start on and null where there is none; days (from start
    to adoption, or as long as it was followed), event (1 adopted, 0 not or not yet), followed (days from start to as_of, or to
    the relation's proper end), closed (1: the adoption window is over), adopted (within the window, 0/1; null while it is open or where no use can be seen).
    """
    return journey.once("adopters", lambda: engine.keep(_adopters(journey)))


def _adopters(journey: Journey) -> Any:
    if start_kind(journey) is None:
        row = ("", 0, *[journey.as_of] * (1 + len(_TIMES)), 0.0, 0, 0.0, 0, 0.0)
        return engine.frame([row], _SCHEMA).filter(F.col("row_id") > 0)
    found = _starts(journey)
    if journey.has("interactions"):
        found = found.join(_firsts(journey, found), "customer_id", "left")
    if relates(journey, "done"):
        found = found.join(_done(journey, found), "customer_id", "left")
    for name in (*_TIMES, "done_at"):
        found = found if name in found.columns else found.withColumn(name, F.lit(None).cast("timestamp"))
    known = engine.instant(journey.as_of)
    window = F.lit(float(journey.company.windows.adoption_days))
    found = found.withColumn("at", F.col("started_at")).withColumn("row_id", F.lit(0).cast("long"))
    until = F.coalesce(F.col("done_at"), known)
    found = found.withColumn("days", engine.days_between(F.col("started_at"), F.coalesce(F.col("adopted_at"), until)))
    found = found.withColumn("event", F.when(F.col("adopted_at").isNull(), 0).otherwise(1))
    found = found.withColumn("followed", engine.days_between(F.col("started_at"), until))
    found = found.withColumn("closed", F.when(F.col("followed") >= window, 1).otherwise(0))
    within = F.when((F.col("event") == 1) & (F.col("days") <= window), 1.0).otherwise(0.0)
    found = found.withColumn("adopted", F.when((F.col("closed") == 1) & F.lit(can_adopt(journey)), within))
    return found.select(*[part.split()[0] for part in _SCHEMA.split(", ")])


def _starts(journey: Journey) -> Any:
    """The start of each customer: customer_id, started_at."""
    kind = start_kind(journey)
    if kind == "acquired":
        return journey.table("customers").filter(F.col("acquired_at").isNotNull()).select("customer_id", F.col("acquired_at").alias("started_at"))
    rows = {
        "relation": lambda j: related(j, "start"), "purchase": purchases, "onboarding": lambda j: with_role(j, "onboarding"), "contact": lambda j: j.table("interactions"),
    }[kind](journey)
    return rows.groupBy("customer_id").agg(F.min("at").alias("started_at"))


def _done(journey: Journey, starts: Any) -> Any:
    """When the relation of each customer first comes to its proper end after the start: customer_id, done_at."""
    rows = related(journey, "done").select("customer_id", F.col("at").alias("end_at")).join(starts.select("customer_id", "started_at"), "customer_id")
    return rows.filter(F.col("end_at") >= F.col("started_at")).groupBy("customer_id").agg(F.min("end_at").alias("done_at"))


def _firsts(journey: Journey, starts: Any) -> Any:
    """The first onboarding and usage contacts of each customer from the start on: customer_id and _TIMES but the start."""
    rows = with_role(journey, "onboarding", "usage").select("customer_id", "at", "role", F.when(succeeded(), 1).otherwise(0).alias("worked"))
    rows = rows.join(starts, "customer_id").filter(F.col("at") >= F.col("started_at"))
    each = Window.partitionBy("customer_id")
    learnt = F.when((F.col("role") == "onboarding") & (F.col("worked") == 1), F.col("at"))
    use = (F.col("role") == "usage") & (F.col("worked") == 1)
    ready = F.min(learnt).over(each) if has_onboarding(journey) else F.col("started_at")
    rows = rows.withColumn("ready_at", ready)
    rows = rows.withColumn("used_at", F.min(F.when(use & (F.col("at") >= F.col("ready_at")), F.col("at"))).over(each))
    later = use & (F.to_date("at") > F.to_date("used_at"))
    return rows.groupBy("customer_id").agg(
        F.min(F.when(F.col("role") == "onboarding", F.col("at"))).alias("met_at"), F.min(learnt).alias("onboarded_at"),
        F.min(F.when(F.col("role") == "usage", F.col("at"))).alias("tried_at"), F.min(F.when(use, F.col("at"))).alias("adopted_at"),
        F.min("used_at").alias("used_at"), F.min(F.when(later, F.col("at"))).alias("again_at"),
    )


def signs(journey: Journey) -> tuple[str, ...]:
    """What counts as a sign of life here: of usage and purchase those that can be seen, else contact; none where there is none."""
    seen = [name for name, there in (("usage", can_adopt(journey)), ("purchase", start_kind(journey) == "purchase")) if there]
    return tuple(seen or (["contact"] if journey.has("interactions") else []))


def activity(journey: Journey) -> Any:
    """Every sign of life after a customer's start: customer_id, at, started_at, day (date), age (whole days since the start)."""
    return journey.once("activity", lambda: engine.keep(_activity(journey)))


def _activity(journey: Journey) -> Any:
    sources = {
        "usage": lambda: with_role(journey, "usage").filter(succeeded()), "purchase": lambda: purchases(journey),
        "contact": lambda: interactions(journey),
    }
    parts = [sources[name]().select("customer_id", "at") for name in signs(journey)]
    if not parts:
        empty = engine.frame([("", journey.as_of, journey.as_of, 0)], "customer_id string, at timestamp, started_at timestamp, age int")
        return empty.filter(F.col("age") > 0).withColumn("day", F.to_date("at"))
    rows = parts[0]
    for part in parts[1:]:
        rows = rows.unionByName(part)
    rows = rows.join(adopters(journey).select("customer_id", "started_at"), "customer_id")
    rows = rows.filter(F.col("at") > F.col("started_at"))
    age = F.floor(engine.days_between("started_at", "at")).cast("int")
    return rows.withColumn("age", age).withColumn("day", F.to_date("at"))


def steps(journey: Journey) -> pd.DataFrame:
    """The onboarding funnel of customers who start in the period: each step follows the one before, all within the adoption window.

    Returns step (started, met: an onboarding contact, onboarded: one that worked, used, again), users (customers whose window is over), of_start, of_previous
    (shares 0-1), median_days (since the step before, of those who made it), open (customers at the step whose window is
    still open). Steps that the company's touchpoints cannot show are left out.
    """
    times = {"started": "started_at"}
    if has_onboarding(journey):
        times |= {"met": "met_at"} if start_kind(journey) != "onboarding" else {}
        times |= {"onboarded": "onboarded_at"}
    times |= {"used": "used_at", "again": "again_at"} if can_adopt(journey) else {}
    window = F.lit(float(journey.company.windows.adoption_days))
    rows, before, wanted = journey.cut(adopters(journey)), None, []
    for step, column in times.items():
        inside = F.col(column).isNotNull() & (engine.days_between("started_at", column) <= window)
        wanted += [F.sum(F.when(inside, F.col("closed"))).alias(f"{step}_users"), F.sum(F.when(inside, 1 - F.col("closed"))).alias(f"{step}_open")]
        if before is not None:
            wanted.append(F.median(F.when(inside & (F.col("closed") == 1), engine.days_between(before, column))).alias(f"{step}_days"))
        before = column
    row = journey.collect(rows.agg(*wanted)).iloc[0]
    users = pd.Series([_count(row[f"{step}_users"]) for step in times])
    return pd.DataFrame({
        "step": list(times), "users": users, "of_start": users / (users.iloc[0] or float("nan")), "of_previous": users / users.shift().where(lambda n: n > 0),
        "median_days": [float("nan"), *(float(row[f"{step}_days"]) for step in list(times)[1:])], "open": [_count(row[f"{step}_open"]) for step in times],
    })


def times(journey: Journey, column: str | None = None) -> pd.DataFrame:
    """Times from start to adoption of customers who start in the period, counted: group, days (to the hour), event (0/1), count, people.

    `column` of customers gives the groups; without it there is one, named "". Customers without a value are left out.
    """
    rows = journey.cut(adopters(journey)).filter(F.lit(can_adopt(journey)))
    hours = F.round(F.col("days") * 24.0)
    if column is None:
        rows = rows.withColumn("group", F.lit(""))
    else:
        people = journey.table("customers").filter(F.col(column).isNotNull()).select("customer_id", F.col(column).cast("string").alias("group"))
        rows = rows.join(people, "customer_id")
    counted = rows.groupBy("group", hours.alias("hours"), "event").agg(F.count(F.lit(1)).alias("count"))
    table = journey.collect(counted, ["group", "hours", "event"])
    table.insert(1, "days", table.pop("hours") / 24.0)
    return table


def cutting(journey: Journey) -> list[str]:
    """The columns of customers that cut this page: the company's segments, but those that the journey is already cut by."""
    fixed = {column for column, _ in journey.segment.pairs}
    return [column for column in journey.company.segments if column not in fixed and journey.has("customers", column)]


def _count(value: object) -> int:
    return 0 if pd.isna(value) else int(value)


def before_the_data(journey: Journey) -> dict[str, int]:
    """How many of those who start in the period may have started earlier than the data show.

    started: all of them; known: those who were customers (`acquired_at`) before the day on which the data begin; early: those whose
    start lies in the data's first 30 days.
    """
    rows = journey.cut(adopters(journey))
    first = engine.instant(journey.first_at.replace(hour=0, minute=0, second=0, microsecond=0))
    known = F.lit(0)
    if journey.has("customers", "acquired_at"):
        rows = rows.join(journey.table("customers").select("customer_id", "acquired_at"), "customer_id", "left")
        known = F.when(F.col("acquired_at") < first, 1).otherwise(0)
    early = F.when(engine.days_between(first, F.col("started_at")) < 30, 1).otherwise(0)
    row = journey.collect(rows.agg(F.count(F.lit(1)).alias("started"), F.sum(known).alias("known"), F.sum(early).alias("early"))).iloc[0]
    return {name: _count(row[name]) for name in ("started", "known", "early")}
