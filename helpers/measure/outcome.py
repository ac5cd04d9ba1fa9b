"""What the customer does next, after what: occasions with their outcome, and the experiences rated within them.

| outcome | an occasion is | its outcome is reached where | experiences that belong to it |
|---|---|---|---|
| repeat_purchase | a day on which the customer bought | the customer buys again within the retention window of it | rated from then on, before the next purchase |
| recommendation | one answer to the recommendation question | the answer is 9 or 10 | rated before the answer, within the retention window |
| satisfaction | one overall satisfaction answer (no touchpoint) | it lies in the top two boxes | as above |

So an experience always comes before its outcome. A purchase whose window is still open has no outcome yet: it is left
out, never counted as lost. An experience counts once, for the purchase it follows (or the answer it precedes); where
one touchpoint was rated twice on one occasion the later answer stands. After a purchase, experiences at stages before
purchase belong to the search for the next one, which is already part of what the customer does next: left out, and said.
Where touchpoints and the whole are rated at the same instant (a survey with many questions) there is no before and
after: `timing` says so, and nothing may be called an effect.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import can_purchase, described, experiences, interactions, purchases

ASKED = {"recommendation": "nps", "satisfaction": "csat"}
BEFORE_PURCHASE = ("awareness", "consideration", "decision")
LATE_SHARE = 0.95
"""A touchpoint is refused where this share of its first ratings comes after the outcome was settled."""
PLACES = {
    "used": "counted",
    "same": "asked in the same survey as the outcome",
    "open": "its window is still open",
    "search": "part of the search for the next purchase",
    "before": "before a first purchase",
    "late": "after the outcome was settled",
}


def occasions(journey: Journey) -> Any:
    """Every occasion of the company's outcome, whatever the period.

    Columns customer_id, number (1 for the customer's first), at (the purchase, or the answer), outcome (0/1, null while
    the window is open), closed (0/1), days (to the next purchase; null where none), revenue, channel (the touchpoint of
    the purchase). No rows where the company shows no outcome. Purchases of one day are one occasion.
    """
    return journey.once("occasions", lambda: engine.keep(_occasions(journey)))


def _occasions(journey: Journey) -> Any:
    word = journey.outcome
    if word == "repeat_purchase" and can_purchase(journey):
        return _purchase_days(journey)
    if word in ASKED and journey.has("surveys", "customer_id"):
        return _answers(journey, word)
    schema = "customer_id string, number long, at timestamp, outcome double, closed int, days double, revenue double, channel string"
    return engine.frame([("", 0, journey.as_of, 0.0, 0, 0.0, 0.0, "")], schema).filter(F.col("number") > 0)


def _purchase_days(journey: Journey) -> Any:
    bought = purchases(journey)
    if journey.has("orders", "touchpoint"):
        bought = bought.join(journey.table("orders").select("row_id", F.col("touchpoint").alias("channel")), "row_id", "left")
    else:
        bought = bought.withColumn("channel", F.lit(None).cast("string"))
    days = bought.groupBy("customer_id", F.to_date("at").alias("day")).agg(
        F.min("at").alias("at"), F.sum("revenue").alias("revenue"), F.max("channel").alias("channel")
    )
    order = Window.partitionBy("customer_id").orderBy("at")
    days = days.select("*", F.row_number().over(order).alias("number"), F.lead("at").over(order).alias("next_at"))
    window = F.lit(float(journey.company.windows.retention_days))
    days = days.withColumn("days", engine.days_between("at", "next_at"))
    over = engine.days_between(F.col("at"), engine.instant(journey.as_of)) >= window
    days = days.withColumn("closed", F.when(over, 1).otherwise(0))
    again = F.when(F.col("days") <= window, 1.0).otherwise(0.0)
    days = days.withColumn("outcome", F.when(F.col("closed") == 1, again))
    return days.select("customer_id", "number", "at", "outcome", "closed", "days", "revenue", "channel")


def _answers(journey: Journey, word: str) -> Any:
    rows = journey.table("surveys").filter((F.col("instrument") == ASKED[word]) & F.col("customer_id").isNotNull())
    if word == "satisfaction":
        rows = rows.filter(F.col("touchpoint").isNull())
    rows = rows.withColumn("outcome", F.when(top_of_scale(word), 1.0).otherwise(0.0))
    order = Window.partitionBy("customer_id").orderBy("at", "row_id")
    return rows.select(
        "customer_id", F.row_number().over(order).alias("number"), "at", "outcome", F.lit(1).alias("closed"),
        F.lit(None).cast("double").alias("days"), F.lit(None).cast("double").alias("revenue"), F.lit(None).cast("string").alias("channel"),
    )


def top_of_scale(word: str) -> Any:
    """A condition on survey answers: 9 or 10 of 10 for a recommendation, the top two boxes (top tenth of a long scale) else."""
    if word == "recommendation":
        return F.col("score") >= 9
    step = (F.col("scale_max") - F.col("scale_min")) / F.lit(10.0)
    return F.col("score") >= F.col("scale_max") - F.when(step > 1, step).otherwise(1.0)


def instruments(journey: Journey) -> pd.DataFrame:
    """The question that stands for each touchpoint: touchpoint, instrument, scale_min, scale_max, n.

    Of satisfaction, effort and emotion the one with most answers (over all time), on its commonest scale.
    """
    return journey.once("instruments", lambda: _instruments(journey)).copy()


def _instruments(journey: Journey) -> pd.DataFrame:
    columns = ["touchpoint", "instrument", "scale_min", "scale_max"]
    if not journey.has("surveys", "touchpoint"):
        return pd.DataFrame(columns=[*columns, "n"])
    rows = experiences(journey).filter(F.col("touchpoint").isNotNull())
    counted = journey.collect(rows.groupBy(*columns).agg(F.count(F.lit(1)).alias("n")), columns)
    counted["asked"] = counted.groupby(["touchpoint", "instrument"])["n"].transform("sum")
    best = counted.sort_values(["touchpoint", "asked", "n"], ascending=[True, False, False], kind="stable")
    return best.drop_duplicates("touchpoint").drop(columns="asked").reset_index(drop=True)


def ratings(journey: Journey) -> Any:
    """Ratings of touchpoints, one question a touchpoint (see `instruments`): surveys' columns, quality, poor, delighted, stage ..."""
    return journey.once("ratings", lambda: _ratings(journey))


def _ratings(journey: Journey) -> Any:
    asked = instruments(journey)
    rows = experiences(journey).filter(F.col("touchpoint").isNotNull())
    if len(asked):
        pairs = engine.frame(list(asked[["touchpoint", "instrument"]].itertuples(index=False, name=None)), "touchpoint string, instrument string")
        rows = rows.join(pairs, ["touchpoint", "instrument"], "left_semi")
    return described(journey, rows)


def placed(journey: Journey) -> Any:
    """Every rating with the occasion it belongs to and its `place` (a key of PLACES).

    Columns customer_id, row_id, rated_at, touchpoint, score, scale_min, scale_max, quality, poor, delighted, stage, number,
    at, outcome, channel, revenue, next_days (from `at` to the next purchase), place. `at` is null where no occasion holds it.
    """
    return journey.once("placed ratings", lambda: engine.keep(_placed(journey)))


def _placed(journey: Journey) -> Any:
    follows = journey.outcome == "repeat_purchase"
    keep = ["customer_id", "row_id", "touchpoint", "score", "scale_min", "scale_max", "quality", "poor", "delighted", "stage"]
    rated = ratings(journey).filter(F.col("customer_id").isNotNull()).select(*keep, F.col("at").alias("rated_at"))
    joined = _held(journey, rated, "left").withColumnRenamed("days", "next_days")
    apart = engine.days_between("at", "rated_at") if follows else engine.days_between("rated_at", "at")
    window = F.lit(float(journey.company.windows.retention_days))
    unheld = F.lit("before" if follows else "late")
    search = F.coalesce(F.col("stage"), F.lit("")).isin(*BEFORE_PURCHASE) & F.lit(follows)
    place = (
        F.when(F.col("at").isNull(), unheld).when(search, F.lit("search")).when(apart > window, F.lit("late"))
        .when(F.col("closed") == 0, F.lit("open")).when((apart == 0) & F.lit(not follows), F.lit("same")).otherwise(F.lit("used"))
    )
    return joined.withColumn("place", place).drop("closed")


def _held(journey: Journey, rows: Any, how: str) -> Any:
    """Rows (customer_id, rated_at, row_id, ...) with the occasion that holds each: number, at, outcome, closed, channel, revenue, days.

    A purchase holds what is rated from its instant on, before the next one; an answer what was rated after the one before it, up to its instant.
    """
    held = occasions(journey).select("customer_id", "number", "at", "outcome", "closed", "channel", "revenue", "days")
    if journey.outcome != "repeat_purchase":
        return _number(rows, held).join(held, ["customer_id", "number"], how)
    # A customer has few days with a purchase, so a range within the customer beats sorting all the rows.
    until = F.lead("at").over(Window.partitionBy("holder").orderBy("at"))
    spans = held.withColumnRenamed("customer_id", "holder").withColumn("until", until)
    inside = (F.col("customer_id") == F.col("holder")) & (F.col("rated_at") >= F.col("at")) & (F.col("until").isNull() | (F.col("rated_at") < F.col("until")))
    return rows.join(spans, inside, how).drop("holder", "until")


def _number(rated: Any, held: Any) -> Any:
    """Add to each row (customer_id, rated_at, row_id) the `number` of the customer's first answer from it on."""
    marks = held.select("customer_id", "at", F.lit(None).cast("long").alias("row_id"), F.lit(1).alias("mark"))
    points = rated.select("customer_id", F.col("rated_at").alias("at"), "row_id", F.lit(0).alias("mark"))
    # Of one instant, an answer comes after what it sums up. A customer may have many answers: one pass over both in order.
    order = Window.partitionBy("customer_id").orderBy("at", "mark").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    counted = points.unionByName(marks).withColumn("passed", F.sum("mark").over(order)).filter(F.col("mark") == 0)
    return rated.join(counted.select("row_id", (F.col("passed") + 1).cast("long").alias("number")), "row_id")


def contacts_on_occasions(journey: Journey) -> Any:
    """Contacts on settled occasions: customer_id, number, at (of the occasion), outcome, met_at, row_id, touchpoint.

    The same rule as for ratings: after the purchase and before the next one, within the retention window, and not of the search
    for the next purchase; or in the window before an answer.
    """
    follows, met = journey.outcome == "repeat_purchase", interactions(journey)
    if follows:
        met = met.filter(~F.coalesce(F.col("stage"), F.lit("")).isin(*BEFORE_PURCHASE))
    met = met.select("customer_id", "row_id", "touchpoint", F.col("at").alias("rated_at"))
    joined = _held(journey, met, "inner").filter(F.col("closed") == 1).drop("closed", "channel", "revenue", "days")
    apart = engine.days_between("at", "rated_at") if follows else engine.days_between("rated_at", "at")
    return joined.filter(apart <= F.lit(float(journey.company.windows.retention_days))).withColumnRenamed("rated_at", "met_at")


def rated_with_outcome(journey: Journey, *, same: bool = False, people: Any = None) -> Any:
    """Ratings that precede a settled outcome, the last of a touchpoint on each occasion: what analyses rest on.

    Columns of `placed`. With `same`, those asked in the same survey as the outcome instead; `people`: only those customers' (a frame with
    customer_id). All time: cut it by `at`.
    """
    rows = placed(journey).filter(F.col("place") == ("same" if same else "used"))
    if people is not None:
        rows = rows.join(people, "customer_id", "left_semi")
    last = Window.partitionBy("customer_id", "number", "touchpoint").orderBy(F.col("rated_at").desc(), F.col("row_id").desc())
    return rows.withColumn("back", F.row_number().over(last)).filter(F.col("back") - 1 < 1).drop("back")


def places(journey: Journey) -> pd.DataFrame:
    """What became of each touchpoint's ratings in the period: touchpoint, one column a place (ratings), and `refused`.

    A touchpoint is refused where, of the ratings by customers who had not come back yet (or, for a question, of all),
    95 % or more came after the outcome was settled: what follows the outcome cannot have moved it, and those who were
    asked earlier are only those who had come back. Judged over all time.
    """
    return journey.once("places of ratings", lambda: _places(journey)).copy()


def _places(journey: Journey) -> pd.DataFrame:
    rows = placed(journey)
    first = F.when(F.coalesce(F.col("number"), F.lit(1)) <= 1, 1.0).otherwise(0.0)
    if journey.outcome != "repeat_purchase":
        first = F.lit(1.0)
    judged = F.when(F.col("place").isin("used", "late", "open", "same"), first)
    grouped = rows.withColumn("judged", judged).withColumn("inside", F.when(_in_period(journey), 1.0).otherwise(0.0))
    counts = journey.collect(grouped.groupBy("touchpoint", "place").agg(
        F.sum("inside").alias("n"), F.sum("judged").alias("judged")), ["touchpoint", "place"])
    table = counts.pivot(index="touchpoint", columns="place", values="n").reindex(columns=list(PLACES)).fillna(0).astype(int)
    told = counts.assign(late=counts["judged"].where(counts["place"] == "late", 0.0)).groupby("touchpoint")[["judged", "late"]].sum()
    table["refused"] = (told["judged"] >= journey.min_cell) & (told["late"] >= LATE_SHARE * told["judged"])
    return table.reset_index().rename_axis(columns=None)


def _in_period(journey: Journey) -> Any:
    start, end = engine.instant(journey.period.start), engine.instant(journey.period.end)
    when = F.coalesce(F.col("at"), F.col("rated_at"))
    return (when >= start) & (when < end)


PHRASES = {
    "repeat_purchase": ("buy again within {days} days", "buy again within {days} days"),
    "recommendation": ("would recommend the company (9 or 10)", "recommend the company (9 or 10)"),
    "satisfaction": ("are satisfied overall (top two boxes)", "be satisfied overall (top two boxes)"),
}


def phrase(journey: Journey, *, bare: bool = False) -> str:
    """What the outcome is, as it stands after "customers who"; `bare` as after "would"."""
    words = PHRASES.get(str(journey.outcome), ("", ""))[bare]
    return words.format(days=f"{journey.company.windows.retention_days:g}")


def rate_words(journey: Journey, rate: float, cases: int) -> str:
    """How often the outcome is reached, in a sentence."""
    share = f"{100 * rate:.0f}%"
    if not cases or rate != rate:
        return "No case has a settled outcome."
    days = f"{journey.company.windows.retention_days:g}"
    return {
        "repeat_purchase": f"Of {cases:,} purchases whose window is over, {share} were followed by another within {days} days.",
        "recommendation": f"Of {cases:,} answers, {share} recommend the company with 9 or 10.",
        "satisfaction": f"Of {cases:,} overall answers, {share} lie in the top two boxes.",
    }.get(str(journey.outcome), "")
