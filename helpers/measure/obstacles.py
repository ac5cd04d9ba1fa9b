"""What stands between a start and a first use: support and technical trouble early on, tries that failed, no try at all, a rival."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from helpers import engine
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.adoption import adopters, can_adopt, has_onboarding
from helpers.measure.base import experiences, purchases, with_role

EARLY_DAYS = 30
TECHNICAL = ("technic", "error", "fault", "defect", "bug", "broken", "crash", "outage", "malfunction", "hardware", "software", "install", "set-up", "setup",
             "connect", "login")
RIVAL = ("competit", "rival", "other provider", "other supplier", "another provider", "another supplier", "switched to", "switching to", "better offer",
         "cheaper elsewhere", "cheaper offer")
OBSTACLES = ("unused", "failed", "technical", "rival")
HIDDEN = {
    "unused": "who was onboarded (no touchpoint has the role onboarding)", "failed": "whether a try failed (interactions carry no outcome)",
    "technical": "technical trouble (no ticket of a known customer has a topic that speaks of it)",
    "rival": "rivals (no ticket topic, comment or mention of a known customer speaks of one)",
}
LABELS = {
    "unused": "Onboarded, but never tried to use it", "failed": "Tried to use it, without success", "technical": "Opened a technical ticket",
    "rival": "Spoke of a rival or of switching", "none": "None of these is seen",
}


def topics(journey: Journey, words: tuple[str, ...]) -> list[str]:
    """The topics of the company's tickets, whoever opened them, that contain one of the words, in order."""
    if not journey.has("tickets", "topic"):
        return []
    every = journey.once("ticket topics", lambda: journey.collect(journey.whole().table("tickets").select("topic").distinct())["topic"])
    return sorted(topic for topic in every.dropna() if any(word in str(topic).lower() for word in words))


def early(journey: Journey) -> Any:
    """What tickets customers opened in the 30 days after their start: customer_id, asked, technical (0/1: a ticket, a technical one); everybody who has started."""
    marks = {"asked": F.lit(1.0), "technical": F.when(F.col("topic").isin(*(topics(journey, TECHNICAL) or [""])), 1.0).otherwise(0.0)}
    return _marked(journey, adopters(journey).select("customer_id", "at"), marks, before=0.0, after=float(EARLY_DAYS)).drop("at")


def _marked(journey: Journey, rows: Any, marks: dict[str, Any], *, before: float, after: float) -> Any:
    """Rows with each mark, the largest over the customer's tickets from `before` days before the start to `after` days after it; 0 where none."""
    if not journey.has("tickets", "customer_id"):
        for name in marks:
            rows = rows.withColumn(name, F.lit(0.0))
        return rows
    tickets = journey.table("tickets").filter(F.col("customer_id").isNotNull()).select("customer_id", "opened_at", "topic")
    held = rows.select("customer_id", "at").join(tickets, "customer_id")
    # Strictly after the start: where a customer becomes one with a ticket, that ticket is no trouble on the way.
    held = held.withColumn("gap", engine.days_between("at", "opened_at")).filter((F.col("gap") > -before) & (F.col("gap") <= after))
    found = held.groupBy("customer_id").agg(*[F.max(mark).alias(name) for name, mark in marks.items()])
    rows = rows.join(found, "customer_id", "left")
    for name in marks:
        rows = rows.withColumn(name, F.coalesce(F.col(name), F.lit(0.0)))
    return rows


def available(journey: Journey) -> list[str]:
    """The obstacles that this company's tables can show: those of OBSTACLES."""
    there = {
        "unused": has_onboarding(journey), "failed": journey.has("interactions", "outcome"),
        "technical": bool(topics(journey, TECHNICAL)) and journey.has("tickets", "customer_id"),
        "rival": bool(topics(journey, RIVAL)) and journey.has("tickets", "customer_id") or bool(rival_words(journey)),
    }
    return [name for name in OBSTACLES if there[name]]


def rival_words(journey: Journey) -> list[str]:
    """The tables in which a named customer's words speak of a rival: mentions, surveys."""
    return journey.once("rival words", lambda: [name for name, column in (("mentions", "text"), ("surveys", "comment")) if _speaks(journey.whole(), name, column)])


def _speaks(journey: Journey, table: str, column: str) -> bool:
    if not journey.has(table, column, "customer_id"):
        return False
    return len(journey.collect(_speaking(journey, table, column).limit(1))) > 0


def _speaking(journey: Journey, table: str, column: str) -> Any:
    """Who said when something that names a rival: customer_id, said_at."""
    pattern = "|".join(re.escape(word).replace("\\ ", " ").replace("\\-", "-") for word in RIVAL)
    rows = journey.table(table).filter(F.col("customer_id").isNotNull() & F.lower(F.col(column)).rlike(pattern))
    return rows.select("customer_id", F.col("at").alias("said_at"))


def flags(journey: Journey) -> Any:
    """Customers who start in the period and whose adoption window is over, with what stood in their way within it.

    Columns customer_id, row_id, at, adopted, learnt (finished onboarding), unused, failed, technical, rival, none (0/1). `rival` reaches back one intent
    window, to the time of the choice. One that the company's tables cannot show is 0.
    """
    return journey.once("obstacles", lambda: engine.keep(_flags(journey)))


def _flags(journey: Journey) -> Any:
    windows = journey.company.windows
    rows = journey.cut(adopters(journey)).filter(F.col("adopted").isNotNull())
    inside = {name: engine.days_between("started_at", name) <= float(windows.adoption_days) for name in ("onboarded_at", "tried_at")}
    learnt, tried = (F.col(name).isNotNull() & condition for name, condition in inside.items())
    rows = rows.withColumn("learnt", F.when(learnt, 1.0).otherwise(0.0)).withColumn("tried", F.when(tried, 1.0).otherwise(0.0))
    rows = rows.select("customer_id", "row_id", "at", "adopted", "learnt", "tried")
    rows = rows.withColumn("unused", F.when((F.col("learnt") == 1) & (F.col("tried") == 0), 1.0).otherwise(0.0))
    rows = rows.withColumn("failed", F.when((F.col("tried") == 1) & (F.col("adopted") == 0), 1.0).otherwise(0.0))
    technical = F.when(F.col("topic").isin(*(topics(journey, TECHNICAL) or [""])), 1.0).otherwise(0.0)
    rows = _marked(journey, rows, {"technical": technical}, before=0.0, after=float(EARLY_DAYS))
    rows = _rivals(journey, rows)
    seen = F.lit(0.0)
    for name in available(journey):
        seen = F.greatest(seen, F.col(name))
    return rows.withColumn("none", F.lit(1.0) - seen)


def _rivals(journey: Journey, rows: Any) -> Any:
    """Add `rival`: a ticket on that topic, a comment or a mention from one intent window before the start to the end of the adoption window."""
    before, after = (float(getattr(journey.company.windows, f"{name}_days")) for name in ("intent", "adoption"))
    named = F.when(F.col("topic").isin(*(topics(journey, RIVAL) or [""])), 1.0).otherwise(0.0)
    rows = _marked(journey, rows, {"rival": named}, before=before, after=after)
    for table, column in (("mentions", "text"), ("surveys", "comment")):
        if table not in rival_words(journey):
            continue
        held = rows.select("customer_id", "at").join(_speaking(journey, table, column), "customer_id")
        held = held.filter(engine.days_between("at", "said_at").between(-before, after)).select("customer_id", F.lit(1.0).alias("spoke")).distinct()
        rows = rows.join(held, "customer_id", "left")
        rows = rows.withColumn("rival", F.greatest(F.col("rival"), F.coalesce(F.col("spoke"), F.lit(0.0)))).drop("spoke")
    return rows


def counts(journey: Journey, column: str | None = None) -> pd.DataFrame:
    """How many customers had each obstacle: value (of `column`; "" without), adopted (0/1), n, learnt, unused, failed, technical, rival, none."""
    rows = flags(journey)
    if column is None:
        rows = rows.withColumn("value", F.lit(""))
    else:
        people = journey.table("customers").filter(F.col(column).isNotNull()).select("customer_id", F.col(column).cast("string").alias("value"))
        rows = rows.join(people, "customer_id")
    sums = [F.sum(name).cast("double").alias(name) for name in ("learnt", *OBSTACLES, "none")]
    return journey.collect(rows.groupBy("value", "adopted").agg(F.count(F.lit(1)).cast("double").alias("n"), *sums), ["value", "adopted"])


def after_the_window(journey: Journey) -> Any:
    """Customers who start in the period, whose adoption and then retention windows are over: customer_id, adopted, again (0/1: another purchase in the
    retention window that follows the adoption window).

    Looking only at what comes after the adoption window keeps those who lived to adopt from winning for that reason alone.
    """
    windows = journey.company.windows
    first, last = float(windows.adoption_days), float(windows.adoption_days + windows.retention_days)
    rows = journey.cut(adopters(journey)).filter((F.col("followed") >= last) & F.lit(can_adopt(journey))).select("customer_id", "started_at", "adopted")
    bought = purchases(journey).select("customer_id", F.col("at").alias("bought_at"))
    held = rows.join(bought, "customer_id").withColumn("gap", engine.days_between("started_at", "bought_at"))
    held = held.filter((F.col("gap") > first) & (F.col("gap") <= last)).select("customer_id", F.lit(1.0).alias("again")).distinct()
    rows = rows.join(held, "customer_id", "left")
    return rows.withColumn("again", F.coalesce(F.col("again"), F.lit(0.0)))


def onboarding(journey: Journey) -> pd.DataFrame:
    """The onboarding touchpoints, over customers who start in the period and whose adoption window is over.

    One row a touchpoint, rating (met: whoever had a contact; poor, better: the customer's first satisfaction, effort or emotion answer about it) and adopted
    (0/1): touchpoint, rating, adopted, n. Contacts and answers within the adoption window.
    """
    window = float(journey.company.windows.adoption_days)
    base = flags(journey).select("customer_id", F.col("at").alias("since"), "adopted")
    columns = ["touchpoint", "rating", "adopted"]
    met = with_role(journey, "onboarding").select("customer_id", "at", "touchpoint").join(base, "customer_id")
    met = met.filter(engine.days_between("since", "at").between(0, window)).select("customer_id", "touchpoint", "adopted").distinct()
    parts = [met.withColumn("rating", F.lit("met"))]
    if journey.has("surveys", "touchpoint", "customer_id"):
        rated = experiences(journey).filter(F.col("customer_id").isNotNull() & F.col("touchpoint").isin(*(_named(journey, "onboarding") or [""])))
        rated = rated.select("customer_id", "row_id", "at", "touchpoint", "poor").join(base, "customer_id")
        rated = rated.filter(engine.days_between("since", "at").between(0, window))
        first = Window.partitionBy("customer_id", "touchpoint").orderBy("at", "row_id")
        rated = rated.withColumn("place", F.row_number().over(first)).filter(F.col("place") - 1 < 1)
        parts.append(rated.withColumn("rating", F.when(F.col("poor") == 1, "poor").otherwise("better")).select("customer_id", "touchpoint", "adopted", "rating"))
    counted = [part.groupBy(*columns).agg(F.count(F.lit(1)).cast("double").alias("n")) for part in parts]
    return pd.concat([journey.collect(part, columns) for part in counted], ignore_index=True)


def _named(journey: Journey, role: str) -> list[str]:
    words = journey.dictionary
    return words.loc[words["role"] == role, "touchpoint"].tolist()
