"""What each touchpoint is: who uses it, how it ends, how it is rated, what it costs; and the tickets by topic."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure import outcome, value_chain
from helpers.measure.base import experiences, has_instrument, interactions, succeeded
from helpers.measure.registry import alike, person, six_sums
from helpers.measure.stages import stage_reached

SOURCES = {"interactions": "contacts", "tickets": "tickets", "surveys": "answers", "orders": "orders"}
NO_TOPIC = "(no topic)"


def used(journey: Journey) -> pd.DataFrame:
    """How often the period's tables name each touchpoint: touchpoint, contacts, tickets, answers, orders (0 where none), customers, people.

    customers are those with a contact; people all whom any of the tables names there, at least (the largest of the tables' counts).
    """
    parts = []
    for table, name in SOURCES.items():
        if not journey.has(table, "touchpoint"):
            continue
        rows = journey.inside(table).filter(F.col("touchpoint").isNotNull())
        counted = rows.groupBy("touchpoint").agg(F.count(F.lit(1)).alias(name), F.countDistinct(person(rows)).alias(f"{name}_people"))
        parts.append(journey.collect(counted, ["touchpoint"]).set_index("touchpoint"))
    frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=pd.Index([], name="touchpoint", dtype="str"))
    frame = frame.reindex(columns=[*SOURCES.values(), *[f"{name}_people" for name in SOURCES.values()]]).fillna(0).astype(int)
    people = frame[[f"{name}_people" for name in SOURCES.values()]]
    frame = frame.assign(customers=frame["contacts_people"], people=people.max(axis=1)).drop(columns=people.columns)
    return frame.rename_axis("touchpoint").sort_index().reset_index()


def failures(journey: Journey, *keys: str) -> pd.DataFrame:
    """Contacts of the period that failed or were abandoned, by the given columns (default touchpoint): the six sums, s 1 where it did.

    Contacts whose outcome is not recorded are left out.
    """
    keys = keys or ("touchpoint",)
    rows = journey.cut(interactions(journey)).filter(F.col("outcome").isNotNull())
    rows = rows.select(*keys, F.col("customer_id").alias("cluster"), F.when(succeeded(), 0.0).otherwise(1.0).alias("s"))
    return journey.collect(six_sums(rows, *keys), list(keys))


def rated(journey: Journey, *keys: str) -> pd.DataFrame:
    """Experience by the given columns of `outcome.ratings` (default touchpoint): the keys and the six sums of quality (0-1)."""
    return _quality(journey, outcome.ratings(journey), keys or ("touchpoint",))


def rated_by_month(journey: Journey) -> pd.DataFrame:
    """Experience by touchpoint and month ("2026-03") of the period: touchpoint, month and the six sums of quality (0-1)."""
    return _quality(journey, outcome.ratings(journey).withColumn("month", engine.month_of("at")), ("touchpoint", "month"))


def effort(journey: Journey) -> pd.DataFrame:
    """Ease by touchpoint, from effort answers: touchpoint and the six sums of quality (0-1, 1 is easy)."""
    if not has_instrument(journey, "ces"):
        return pd.DataFrame(columns=["touchpoint", "clusters", "people", "n", "s", "w", "ss", "sw", "ww"])
    return _quality(journey, experiences(journey, "ces").filter(F.col("touchpoint").isNotNull()), ("touchpoint",))


def _quality(journey: Journey, rows: Any, keys: tuple[str, ...]) -> pd.DataFrame:
    rows = journey.cut(rows)
    rows = rows.select(*keys, person(rows).alias("cluster"), F.col("quality").alias("s"))
    return journey.collect(six_sums(rows, *keys), list(keys))


def by_setting(journey: Journey) -> pd.DataFrame:
    """Contacts of the period online and offline: setting, touchpoints, contacts, customers."""
    rows = journey.cut(interactions(journey)).filter(F.col("setting").isNotNull())
    table = rows.groupBy("setting").agg(
        F.countDistinct("touchpoint").alias("touchpoints"), F.count(F.lit(1)).alias("contacts"), F.countDistinct("customer_id").alias("customers"),
    )
    return journey.collect(table, ["setting"])


def serving_cost(journey: Journey) -> pd.DataFrame:
    """What the activities spend on each touchpoint in a month: touchpoint, cost, contacts. The whole company's, never a segment's.

    contacts are the whole company's in the period; see `value_chain.serving` for how an activity's cost is dealt out.
    """
    table = value_chain.serving(journey).dropna(subset=["cost"]).groupby("touchpoint", as_index=False)["cost"].sum()
    if not journey.has("interactions"):
        return table.assign(contacts=0)
    counted = value_chain.contacts_by_touchpoint(journey.whole())[["touchpoint", "contacts"]]
    return table.merge(counted, on="touchpoint", how="left").fillna({"contacts": 0}).astype({"contacts": int})


def months(journey: Journey) -> float:
    """How many months of the period the data cover; part of a month counts as that part of its days."""
    first = max(pd.Timestamp(journey.first_at).normalize(), pd.Timestamp(journey.period.start))
    last = min(pd.Timestamp(journey.as_of).normalize() + pd.Timedelta(days=1), pd.Timestamp(journey.period.end))
    covered = 0.0
    for month in pd.period_range(first, last, freq="M"):
        start, end = month.start_time, (month + 1).start_time
        covered += max((min(end, last) - max(start, first)) / (end - start), 0.0)
    return covered


def stage_flow(journey: Journey) -> pd.DataFrame:
    """When the customers who first came to a stage in the period went on from it, see `stages.stage_reached`: stage, days, event (0/1), count.

    days run to the next contact with a later stage (event 1), or to as_of.
    """
    rows = journey.cut(stage_reached(journey)).withColumn("minutes", F.round(F.coalesce(F.col("days"), F.lit(0.0)) * 1440.0))
    table = journey.collect(rows.groupBy("stage", "minutes", "event").agg(F.count(F.lit(1)).alias("count")), ["stage", "minutes", "event"])
    table["days"] = table.pop("minutes") / 1440.0
    return table


def topics(journey: Journey) -> pd.DataFrame:
    """The period's tickets by topic: topic, people, tickets, place (the touchpoint that most of them came by), and the six sums of
    reopened_ and sla_ (service level met)."""
    rows = _tickets(journey)
    head = rows.groupBy("topic").agg(F.countDistinct(person(rows)).alias("people"), F.count(F.lit(1)).alias("tickets"))
    table = journey.collect(head, ["topic"])
    places = journey.collect(rows.groupBy("topic", "touchpoint").agg(F.count(F.lit(1)).alias("n")), ["topic", "touchpoint"]).dropna(subset=["touchpoint"])
    first = places.sort_values("n", ascending=False, kind="stable").drop_duplicates("topic").set_index("topic")["touchpoint"]
    table["place"] = table["topic"].map(first)
    for column, name in (("reopened", "reopened"), ("sla_met", "sla")):
        known = rows.filter(F.col(column).isNotNull()).select("topic", person(rows).alias("cluster"), F.when(F.col(column), 1.0).otherwise(0.0).alias("s"))
        sums = journey.collect(six_sums(known, "topic"), ["topic"]).drop(columns=["people", "n"])
        table = table.merge(sums.rename(columns=lambda c: c if c == "topic" else f"{name}_{c}"), on="topic", how="left")
    return table


def ticket_times(journey: Journey, end: str, *keys: str) -> pd.DataFrame:
    """Times from opening the period's tickets to `end` (a column), open ones censored: keys, days, event, count, and what tickets of one customer have in
    common (the sums of `registry.alike`, one value a combination of keys)."""
    there = F.col(end).isNotNull()
    until = F.when(there, F.col(end)).otherwise(engine.instant(journey.as_of))
    minutes = F.round(engine.seconds_between("opened_at", until) / F.lit(60.0))
    tickets = _tickets(journey)
    rows = tickets.select(*keys, minutes.alias("minutes"), F.when(there, 1).otherwise(0).alias("event"), person(tickets).alias("cluster")).filter(F.col("minutes") >= 0)
    table = journey.collect(rows.groupBy(*keys, "minutes", "event").agg(F.count(F.lit(1)).alias("count")), [*keys, "minutes", "event"])
    common = journey.collect(alike(rows, *keys, window=None), list(keys))
    table["days"] = table.pop("minutes") / 1440.0
    return table.merge(common, on=list(keys)) if keys else table.merge(common, how="cross")


def _tickets(journey: Journey) -> Any:
    return journey.inside("tickets").withColumn("topic", F.coalesce(F.col("topic"), F.lit(NO_TOPIC)))

