"""One row an intent, a rating or a text: what the comparisons of the intent page need of each, and nothing else.

These are the page's only tables by customer. They hold the columns that a statistic over customers needs.
"""

from __future__ import annotations

from functools import reduce

import pandas as pd

from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import described
from helpers.measure.intent import exposed, questions
from helpers.measure.intents import contacts, has_intents, intents, of_phase, within
from helpers.measure.touchpoints import common_scale
from helpers.measure.voices import sampled

MOST = 24
"""At most so many touchpoints, channels or topics are set side by side: the most frequent ones."""
KEYS = ["customer_id", "number"]


def segment_columns(journey: Journey) -> list[str]:
    """The customers' segment columns that reports are cut by and that this journey's segment does not fix already."""
    fixed = {column for column, _ in journey.segment.pairs}
    return [column for column in journey.company.segments if journey.has("customers", column) and column not in fixed]


def rows(journey: Journey) -> pd.DataFrame:
    """The intents that start in the period, one row each: customer_id, number, at, the columns of `intent.exposed`, and the
    customer's segments as `segment_<column>`."""
    return journey.once("intent rows", lambda: _rows(journey))


def _rows(journey: Journey) -> pd.DataFrame:
    found = journey.cut(exposed(journey)).drop("row_id", "last_at", "ended_at", "until", "revenue")
    return journey.collect(_with_segments(journey, found), KEYS)


def _with_segments(journey: Journey, frame):
    columns = segment_columns(journey)
    if not columns:
        return frame
    people = journey.table("customers").select("customer_id", *[F.col(c).cast("string").alias(f"segment_{c}") for c in columns])
    return frame.join(people, "customer_id", "left")


def marked(journey: Journey, pairs: pd.DataFrame, column: str) -> pd.DataFrame:
    """One 0/1 column a value of `column`, aligned with `rows`: whether the intent has such a pair.

    In: pairs with customer_id, number and the column. The most frequent values come first; at most MOST.
    """
    base = rows(journey)[KEYS]
    order = pairs[column].value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:MOST]
    place = pd.MultiIndex.from_frame(base)
    found = {name: place.isin(pd.MultiIndex.from_frame(pairs.loc[pairs[column] == name, KEYS])).astype(float) for name in order}
    return pd.DataFrame(found, index=base.index)


def met(journey: Journey, column: str) -> pd.DataFrame:
    """Which intents of the period met which touchpoint, channel or role: customer_id, number, the column; one row each pair."""
    if not has_intents(journey):
        return pd.DataFrame(columns=[*KEYS, column])
    pairs = journey.cut(contacts(journey), at="began").filter(F.col(column).isNotNull()).select(*KEYS, column).distinct()
    return journey.collect(pairs, [*KEYS, column])


def topics(journey: Journey) -> pd.DataFrame:
    """The topics of tickets at touchpoints before the purchase, by intent of the period: customer_id, number, topic."""
    if not (has_intents(journey) and journey.has("tickets", "customer_id", "topic")):
        return pd.DataFrame(columns=[*KEYS, "topic"])
    asked = within(journey, questions(journey), at="opened_at").filter(F.col("topic").isNotNull())
    return journey.collect(journey.cut(asked, at="began").select(*KEYS, "topic").distinct(), [*KEYS, "topic"])


def texts(journey: Journey) -> pd.DataFrame:
    """Comments and mentions that fall into a finished intent of the period, one row each: customer_id, converted, text (the customer's own, never shown).

    attrs: rows (all there are) and sampled (see `voices.sampled`).
    """
    parts, columns = [], ["customer_id", "converted", "text"]
    if has_intents(journey) and journey.has("surveys", "customer_id", "comment"):
        said = of_phase(described(journey, journey.table("surveys"))).filter(F.col("comment").isNotNull())
        parts.append(said.select("customer_id", "at", "row_id", F.col("comment").alias("text")))
    if has_intents(journey) and journey.has("mentions", "customer_id"):
        parts.append(journey.table("mentions").filter(F.col("customer_id").isNotNull()).select("customer_id", "at", "row_id", "text"))
    if not parts:
        return pd.DataFrame(columns=columns)
    held = journey.cut(within(journey, reduce(lambda a, b: a.unionByName(b), parts)), at="began")
    held = held.filter((F.col("closed") == 1) & F.col("converted").isNotNull())
    return sampled(journey, held, columns, by="customer_id", order=["customer_id", "at", "row_id", "text"])


def ratings(journey: Journey) -> pd.DataFrame:
    """Satisfaction with touchpoints of the intent phase in the period, one row an answer: customer_id (the row where nobody is
    named), touchpoint, role, channel, score (on the scale most answers use), weight, device and options of the intent it falls into (else empty), segments."""
    return journey.once("intent ratings", lambda: _ratings(journey))


def _ratings(journey: Journey) -> pd.DataFrame:
    if not journey.has("surveys", "touchpoint"):
        return pd.DataFrame({"customer_id": [], "touchpoint": [], "role": [], "channel": [], "score": [], "weight": [], "device": [], "options": []})
    weight = F.coalesce(F.col("weight"), F.lit(1.0)).alias("weight")
    said = journey.cut(of_phase(described(journey, common_scale(journey, "csat")))).select(
        "row_id", "customer_id", "at", "touchpoint", "role", "channel", "score", weight)
    if has_intents(journey):
        held = within(journey, said.filter(F.col("customer_id").isNotNull()).select("customer_id", "at", "row_id")).select("row_id", *KEYS)
        held = held.join(intents(journey).select(*KEYS, "device", "options"), KEYS).groupBy("row_id").agg(
            F.max("device").alias("device"), F.max("options").alias("options"))
        said = said.join(held, "row_id", "left")
    else:
        said = said.withColumn("device", F.lit(None).cast("string")).withColumn("options", F.lit(None).cast("long"))
    table = journey.collect(_with_segments(journey, said), ["row_id"])
    table["customer_id"] = table["customer_id"].fillna("row " + table.pop("row_id").astype(str))
    return table.drop(columns="at")
