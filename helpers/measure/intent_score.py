"""One row an open intent and prediction date: what was known of it before that date, and whether a purchase came.

Prediction dates lie a week apart, counted back from the end of the period. At each stands every intent that was then
open: begun before the date, its window not over, no purchase yet. A row holds features of what happened before the date
only. Each feature declares the time stamp of the rows that feed it, and each row carries what `infer.intent_guard` needs to
check that on the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import purchases
from helpers.measure.intents import AFTER, intents

KEYS = ["customer_id", "number", "snapshot"]
MOST_ROWS = 60_000
"""Of more rows than this, all rows of a share of the customers are used: whose id has the lowest MD5 sums."""
UNDATED, AFTERWARDS, LATE = 1, 2, 3
"""The worst that `why_<feature>` knows of the rows that feed a value: one without a time stamp, one of a touchpoint of the purchase
or later within the intent, one at or after the date. 0 is clean."""


@dataclass(frozen=True)
class Feature:
    """One thing known of an intent before the date.

    name: snake_case. label: in plain words, as "days since the last look". value: the aggregate over the rows that feed it; it is
    given `only`, which keeps a column's value on those rows and is null on the others. where: which rows feed it, of those of
    its source (default: all). kind: number, flag (0 or 1) or text. empty: the value where no row feeds it.
    """

    name: str
    label: str
    value: Callable[[Callable[[Any], Any]], Any]
    where: Callable[[], Any] | None = None
    kind: str = "number"
    empty: float | None = 0.0


@dataclass(frozen=True)
class Source:
    """The rows that feed some features.

    time: "table.column", the time stamp of these rows. rows: (journey, prediction rows) -> one row a feeding row, with KEYS, began,
    fed_at (that time stamp) and stage, cut to what lies before the snapshot. own_time: whether the values carry that time
    stamp themselves; a trait of a customer does not, it may have been written later. needs: see `Journey.missing`.
    """

    name: str
    time: str
    rows: Callable[[Journey, Any], Any]
    features: Callable[[Journey], Sequence[Feature]]
    needs: tuple[str, ...] = ()
    own_time: bool = True


def snapshot_end(journey: Journey) -> datetime:
    """The last prediction date: the end of the period, or the second after the data end."""
    return min(journey.period.end, journey.as_of + timedelta(seconds=1))


def step_days(journey: Journey) -> int:
    """Days between prediction dates: 7; 1 where the intent window is shorter than two weeks."""
    return 7 if journey.company.windows.intent_days >= 14 else 1


def prediction_rows(journey: Journey) -> Any:
    """Every intent at each prediction date at which it was open; of very many, all rows of some customers (see MOST_ROWS).

    Columns KEYS, began (its start), age (days since), bought (1.0 where a purchase came before its window was over, else
    0.0; null where the window is still open at the last date), later (1 where its customer bought at any time from
    the date on), fresh (1 where the customer had not bought before it).
    """
    return journey.once("prediction rows", lambda: engine.keep(_sampled(journey)))


def row_count(journey: Journey) -> int:
    """How many prediction rows there are, before any are left out."""
    return journey.once("prediction row count", lambda: int(journey.collect(_every_row(journey).agg(F.count(F.lit(1)).alias("n")))["n"].iloc[0]))


def _every_row(journey: Journey) -> Any:
    return journey.once("every prediction row", lambda: engine.keep(_prediction_rows(journey)))


def _prediction_rows(journey: Journey) -> Any:
    end, step, window = snapshot_end(journey), step_days(journey), float(journey.company.windows.intent_days)
    limit, length = engine.instant(end), F.lit(window)
    dates = engine.frame([(k, end - timedelta(days=step * k)) for k in range((end - journey.first_at).days // step + 1)], "back long, snapshot timestamp")
    tries = engine.frame([(i,) for i in range(int(window // step) + 2)], "try long")
    found = intents(journey).filter(F.col("at") < limit).select(
        "customer_id", "number", F.col("at").alias("began"), "ended_at", "days", F.floor(engine.days_between(F.col("at"), limit) / F.lit(float(step))).cast("long").alias("weeks"),
        F.when(engine.days_between(F.col("at"), limit) >= length, 1).otherwise(0).alias("over"))
    rows = found.crossJoin(tries).withColumn("back", F.col("weeks") - F.col("try"))
    rows = rows.join(dates, "back")
    age = engine.days_between("began", "snapshot")
    rows = rows.withColumn("age", age).filter((F.col("age") > 0) & (F.col("age") < length))
    rows = rows.filter(F.col("ended_at").isNull() | (F.col("ended_at") >= F.col("snapshot")))
    ends = F.when(F.col("ended_at").isNotNull() & (F.col("days") <= length), 1.0).otherwise(0.0)
    rows = rows.select(*KEYS, "began", "age", F.when(F.col("over") == 1, ends).alias("bought"))
    known = purchases(journey).filter(F.col("at") < limit).groupBy("customer_id").agg(F.min("at").alias("first_bought"), F.max("at").alias("last_bought"))
    rows = rows.join(known, "customer_id", "left")
    later = F.when(F.col("last_bought") >= F.col("snapshot"), 1).otherwise(0).alias("later")
    fresh = F.when(F.col("first_bought") < F.col("snapshot"), 0).otherwise(1).alias("fresh")
    return rows.select(*KEYS, "began", "age", "bought", later, fresh)


def _sampled(journey: Journey) -> Any:
    """All rows of so many customers as come to about MOST_ROWS, and everybody at the last date."""
    rows, count = _every_row(journey), row_count(journey)
    if count <= MOST_ROWS:
        return rows
    edge = f"{int(MOST_ROWS / count * 16**8):08x}"
    return rows.filter((F.md5("customer_id") < edge) | (F.col("snapshot") == engine.instant(snapshot_end(journey))))


def scored_rows(journey: Journey, sources: Sequence[Source]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The prediction rows with their features, and what each feature declares.

    Out: one row an intent and date (columns of `prediction_rows`, one a feature, and `why_<feature>`: UNDATED, AFTERWARDS or LATE);
    and one row a feature: feature, label, kind, source, time, own_time. A source whose needs are not met is left out.
    """
    rows, declared = prediction_rows(journey), []
    for source in (one for one in sources if not journey.missing(one.needs)):
        features = tuple(source.features(journey))
        if not features:
            continue
        fed = _judged(source.rows(journey, prediction_rows(journey)))
        table = fed.groupBy(*KEYS).agg(*[column for one in features for column in _columns(one)])
        rows = rows.join(table, KEYS, "left")
        declared += [(one.name, one.label, one.kind, one.empty, source.name, source.time, source.own_time) for one in features]
    known = pd.DataFrame(declared, columns=["feature", "label", "kind", "empty", "source", "time", "own_time"])
    table = journey.collect(rows, KEYS)
    for one in known.itertuples():
        table[f"why_{one.feature}"] = table[f"why_{one.feature}"].fillna(0).astype(int)
        if one.kind != "text":
            table[one.feature] = table[one.feature].astype(float).round(9)  # an engine adds in any order
            table[one.feature] = table[one.feature] if pd.isna(one.empty) else table[one.feature].fillna(one.empty)
    return table, known.drop(columns="empty")


def _columns(one: Feature) -> list[Any]:
    """The value of a feature, and what speaks against the rows that feed it."""
    chosen = one.where() if one.where else None

    def only(column: Any) -> Any:
        return column if chosen is None else F.when(chosen, column)

    value = one.value(only)
    value = value.cast("string") if one.kind == "text" else value.cast("double")
    return [value.alias(one.name), F.max(only(F.col("fault"))).alias(f"why_{one.name}")]


def _judged(fed: Any) -> Any:
    """Add `fault`: what speaks against a feeding row."""
    mine = (F.col("fed_at") >= F.col("began")) & F.coalesce(F.col("stage"), F.lit("")).isin(*AFTER)
    late = F.when(F.col("fed_at") >= F.col("snapshot"), LATE)
    return fed.withColumn("fault", late.when(mine, AFTERWARDS).when(F.col("fed_at").isNull(), UNDATED).otherwise(0))
