"""What the intent page and its KPIs count: exposure to the four components, questions, costs and what open intents are worth."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from helpers import engine, names
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import described, with_role
from helpers.measure.intents import AFTER, can_convert, contacts, has_intents, intents, phase_touchpoints, within


def exposed(journey: Journey) -> Any:
    """Every intent with how often it met each component before it ended.

    Columns of `intents`, then needs, information, concerns, trust (contacts), and of these needs_worked, ... (contacts that
    succeeded or whose outcome is not recorded), asked (tickets at touchpoints before the purchase).
    """
    return journey.once("exposed intents", lambda: engine.keep(_exposed(journey)))


def _exposed(journey: Journey) -> Any:
    worked = F.coalesce(F.col("outcome"), F.lit("success")) == "success"
    counts = []
    for role in names.INTENT_COMPONENTS:
        counts.append(F.sum(F.when(F.col("role") == role, 1).otherwise(0)).alias(role))
        counts.append(F.sum(F.when((F.col("role") == role) & worked, 1).otherwise(0)).alias(f"{role}_worked"))
    columns = [*[f"{role}{end}" for role in names.INTENT_COMPONENTS for end in ("", "_worked")], "asked"]
    rows = intents(journey)
    if has_intents(journey):
        rows = rows.join(contacts(journey).groupBy("customer_id", "number").agg(*counts), ["customer_id", "number"], "left")
    if has_intents(journey) and journey.has("tickets", "customer_id"):
        asked = within(journey, questions(journey), at="opened_at").groupBy("customer_id", "number").agg(F.count(F.lit(1)).alias("asked"))
        rows = rows.join(asked, ["customer_id", "number"], "left")
    own, there = intents(journey).columns, set(rows.columns)
    return rows.select(*own, *[(F.coalesce(F.col(n), F.lit(0)) if n in there else F.lit(0)).alias(n) for n in columns])


def questions(journey: Journey) -> Any:
    """Tickets at touchpoints of stages before the purchase; of the whole table, whoever asks and whenever."""
    rows = described(journey, journey.table("tickets"))
    return rows.filter(F.col("stage").isNotNull() & ~F.col("stage").isin(*AFTER))


def departments(journey: Journey) -> Any:
    """Team rows of the departments that own a touchpoint of the intent phase, or of no named department; one cluster a row."""
    words = journey.dictionary
    owners = sorted(set(words.loc[words["touchpoint"].isin(phase_touchpoints(journey)), "owner"].dropna()))
    rows = journey.table("team")
    rows = rows.filter(F.col("department").isNull() | F.col("department").isin(*owners, ""))
    name = F.concat(F.coalesce(F.col("department"), F.lit("all")), F.lit(" "), engine.month_of("month"))
    return rows.withColumn("customer_id", name)


def costed(journey: Journey) -> Any:
    """Intents with the campaign cost of their day, shared by all intents that start on it: row_id, at, day, cost.

    A campaign's cost is spread evenly over the days of its run on which any intent starts. Of a run that reaches beyond
    the data, the part inside counts. Days without a campaign cost nothing.
    """
    started = intents(journey.whole()).groupBy(F.to_date("at").alias("day")).agg(F.count(F.lit(1)).alias("starts"))
    started = engine.keep(started)
    first, last = (engine.instant(datetime(at.year, at.month, at.day)) for at in (journey.first_at, journey.as_of))
    runs = journey.table("campaigns").filter(F.col("cost").isNotNull())
    end = F.coalesce(F.col("ends_at"), F.col("starts_at"))
    runs = runs.select("campaign_id", "cost", F.date_trunc("day", F.col("starts_at")).alias("starts_at"), F.date_trunc("day", end).alias("ends_at"))
    whole = engine.days_between("starts_at", "ends_at") + F.lit(1.0)
    seen = engine.days_between(F.greatest(F.col("starts_at"), first), F.least(F.col("ends_at"), last)) + F.lit(1.0)
    runs = runs.withColumn("cost", F.col("cost") * F.least(seen / whole, F.lit(1.0))).filter(F.col("cost") > 0)
    runs = runs.select("campaign_id", F.to_date("starts_at").alias("first_day"), F.to_date("ends_at").alias("last_day"), "cost")
    on = started.crossJoin(runs).filter((F.col("day") >= F.col("first_day")) & (F.col("day") <= F.col("last_day")))
    days = on.groupBy("campaign_id").agg(F.count(F.lit(1)).alias("days"))
    daily = on.join(days, "campaign_id").groupBy("day", "starts").agg(F.sum(F.col("cost") / F.col("days")).alias("cost"))
    daily = daily.select("day", (F.col("cost") / F.col("starts")).alias("cost"))
    rows = intents(journey).select("row_id", "at", F.to_date("at").alias("day")).join(daily, "day", "left")
    return rows.withColumn("cost", F.coalesce(F.col("cost"), F.lit(0.0)))


def chances(journey: Journey) -> pd.DataFrame:
    """What finished intents say about open ones: columns age (whole days since the start), open (finished intents without a
    purchase at that age), chance (of these, the share that bought before the window was over). Over all time."""
    window = int(np.ceil(journey.company.windows.intent_days))
    if not can_convert(journey):
        return pd.DataFrame({"age": [], "open": [], "chance": []}, dtype=float)
    day = F.when(F.col("converted") == 1, F.floor("days")).otherwise(F.lit(-1))
    rows = intents(journey).filter(F.col("closed") == 1).withColumn("day", day.cast("int"))
    counts = journey.collect(rows.groupBy("day").agg(F.count(F.lit(1)).alias("n")), ["day"]).set_index("day")["n"]
    bought = counts.reindex(range(window + 1), fill_value=0).astype(float)
    before = bought.cumsum().shift(fill_value=0.0)
    table = pd.DataFrame({"age": range(window + 1), "open": counts.sum() - before.to_numpy()})
    left = bought.sum() - before.to_numpy()
    table["chance"] = np.divide(left, table["open"], out=np.full(len(table), np.nan), where=table["open"] > 0)
    return table.astype({"age": float})


def order_value(journey: Journey) -> float:
    """Mean revenue of the purchases that ended an intent within its window; NaN where none is known. Over all time."""
    rows = intents(journey).filter((F.col("converted") == 1) & F.col("revenue").isNotNull())
    return float(journey.collect(rows.agg(F.avg("revenue").cast("double").alias("value")))["value"].iloc[0])


def last_looks(journey: Journey, end: datetime) -> Any:
    """The last look of each intent up to an instant: customer_id, number, last_look. What comes later was not known then."""
    begun = intents(journey).select("customer_id", "number", F.col("at").alias("began"), "last_at")
    looks = with_role(journey, *names.INTENT_ROLES).select("customer_id", F.col("at").alias("looked"))
    met = begun.join(looks, "customer_id")
    met = met.filter((F.col("looked") >= F.col("began")) & (F.col("looked") <= F.col("last_at")) & (F.col("looked") <= engine.instant(end)))
    return met.groupBy("customer_id", "number").agg(F.max("looked").alias("last_look"))


def valued(journey: Journey, ends: pd.DataFrame) -> Any:
    """The intents open at each end, with what they can be expected to bring.

    In: columns key, end (an instant after as_of is read as as_of). Out: key, customer_id, number, at, last_at, age (days),
    chance, expected (currency; null where no revenue is known). No rows under the floor of finished intents.
    """
    table = chances(journey).dropna()
    few = not len(table) or table["open"].iloc[0] < journey.min_n
    ages = [(int(row.age), float(row.chance)) for row in table.itertuples()] or [(-1, 0.0)]
    value = order_value(journey) if len(table) and journey.has("orders", "revenue") else float("nan")
    known = [(key, min(end.to_pydatetime(), journey.as_of)) for key, end in zip(ends["key"], ends["end"], strict=True)]
    rows = intents(journey).crossJoin(engine.frame(known, "key string, snapshot timestamp"))
    open_then = F.col("ended_at").isNull() | (F.col("ended_at") > F.col("snapshot"))
    rows = rows.withColumn("age", engine.days_between("at", "snapshot"))
    window = F.lit(float(journey.company.windows.intent_days))
    rows = rows.filter((F.col("age") >= 0) & (F.col("age") < window) & open_then & F.lit(not few))
    rows = rows.withColumn("whole_days", F.floor("age").cast("int")).join(engine.frame(ages, "whole_days int, chance double"), "whole_days")
    worth = F.lit(value) if value == value else F.lit(None).cast("double")
    return rows.select("key", "customer_id", "number", "at", "last_at", "age", "chance", (F.col("chance") * worth).alias("expected"))
