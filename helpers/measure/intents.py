"""Intents: when a customer starts to look, until the purchase or until the window has passed.

An intent starts at a contact with a research, comparison or evaluation touchpoint that has no such contact in the intent
window before it since the customer's last purchase. It ends at the customer's next purchase, unless a further intent
starts before that. Of one instant the look comes before the purchase.
"""

from __future__ import annotations

from typing import Any

from helpers import engine, names
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure.base import can_purchase, has_role, interactions, purchases, with_role

AFTER = ("purchase", *names.STAGES_AFTER_PURCHASE)
"""Stages whose touchpoints are no part of an intent, whatever their role (order tracking informs, but after the purchase)."""
LOOKS = "|".join(f"touchpoints.role={role}" for role in names.INTENT_ROLES)
"""What intents need beyond interactions: a touchpoint to look at."""
BUYS = "orders.customer_id|touchpoints.role=purchase"
"""What their end needs: a purchase that can be seen."""
PHASE_ROLES = (*names.INTENT_ROLES, *names.INTENT_COMPONENTS)
_SCHEMA = (
    "customer_id string, number long, row_id long, at timestamp, last_at timestamp, ended_at timestamp, until timestamp, options long, device string, "
    "revenue double, days double, event int, followed double, closed int, converted double"
)


def has_intents(journey: Journey) -> bool:
    """Whether the company's interactions and dictionary can show an intent at all."""
    return has_role(journey, *names.INTENT_ROLES)


def can_convert(journey: Journey) -> bool:
    """Whether both intents and purchases can be seen: without purchases, an intent that never ends proves nothing."""
    return has_intents(journey) and can_purchase(journey)


def intents(journey: Journey) -> Any:
    """Every intent up to as_of, whatever the period; no rows where the dictionary names no touchpoint to look at.

    Columns customer_id, number (1 for the customer's first), row_id (0), at (its start), last_at (the last look),
    ended_at (the purchase; null where none), until (the purchase, else the end of the window, else as_of: what comes
    later is no part of it), options (looks within the window, up to the purchase), device (of the first look that
    has one), revenue (of the purchase; null where not known), days (to the purchase, or as long as it was followed),
    event (1 bought, 0 not or not yet), followed (days from the start to as_of), closed (1: its window is over),
    converted (bought within the window, 0/1; null while open or where no purchase can be seen).
    """
    return journey.once("intents", lambda: engine.keep(_intents(journey)))


def _intents(journey: Journey) -> Any:
    if not has_intents(journey):
        row = ("", 0, 0, *[journey.as_of] * 4, 0, "", 0.0, 0.0, 0, 0.0, 0, 0.0)
        return engine.frame([row], _SCHEMA).filter(F.col("number") > 0)
    window = F.lit(float(journey.company.windows.intent_days))
    looks = _numbered(_timeline(journey), window)
    began = F.min("at").over(Window.partitionBy("customer_id", "number"))
    looks = looks.select("customer_id", "number", "at", "seq", "device", "bought_at", began.alias("began"))
    counts = F.when(engine.days_between("began", "at") <= window, 1).otherwise(0)
    having = F.when(F.col("device").isNotNull(), F.col("seq"))
    found = looks.groupBy("customer_id", "number").agg(
        F.min("at").alias("at"), F.max("at").alias("last_at"), F.min("bought_at").alias("bought_at"), F.sum(counts).alias("options"),
        F.min_by("device", having).alias("device"),
    )
    following = F.lead("at").over(Window.partitionBy("customer_id").orderBy("number"))
    found = found.select("customer_id", "number", "at", "last_at", "bought_at", "options", "device", following.alias("next_at"))
    mine = F.col("next_at").isNull() | (F.col("bought_at") < F.col("next_at"))
    kept = ["customer_id", "number", "at", "last_at", "options", "device", "next_at"]
    found = found.select(*kept, F.when(mine, F.col("bought_at")).alias("ended_at"))
    return _followed(journey, found.join(_revenue(journey), ["customer_id", "ended_at"], "left"), window)


def _timeline(journey: Journey) -> Any:
    """Looks with `bought` (purchases before) and `bought_at` (the next purchase)."""
    looks = with_role(journey, *names.INTENT_ROLES).select("customer_id", "at", "seq", "device", F.lit(0).alias("mark"))
    if not can_purchase(journey):
        return looks.withColumn("bought", F.lit(0)).withColumn("bought_at", F.lit(None).cast("timestamp"))
    nothing = [F.lit(None).cast(kind).alias(name) for name, kind in (("seq", "long"), ("device", "string"))]
    bought = purchases(journey).select("customer_id", "at", *nothing, F.lit(1).alias("mark"))
    order = Window.partitionBy("customer_id").orderBy("at", "mark")
    before = order.rangeBetween(Window.unboundedPreceding, Window.currentRow)
    after = order.rangeBetween(Window.currentRow, Window.unboundedFollowing)
    both = looks.unionByName(bought)
    bought_at = F.min(F.when(F.col("mark") == 1, F.col("at"))).over(after)
    both = both.select("customer_id", "at", "seq", "device", "mark", F.sum("mark").over(before).alias("bought"), bought_at.alias("bought_at"))
    return both.filter(F.col("mark") == 0)


def _numbered(looks: Any, window: Any) -> Any:
    """Add `number`: which of the customer's intents a look belongs to."""
    order = Window.partitionBy("customer_id").orderBy("at", "seq")
    kept = ["customer_id", "at", "seq", "device", "bought", "bought_at"]
    looks = looks.select(*kept, F.lag("at").over(order).alias("last_look"), F.lag("bought").over(order).alias("last_bought"))
    rested = engine.days_between("last_look", "at") > window
    first = F.col("last_look").isNull() | (F.col("last_bought") != F.col("bought")) | rested
    looks = looks.select(*kept, F.when(first, 1).otherwise(0).alias("starts"))
    return looks.select(*kept, F.sum("starts").over(order.rowsBetween(Window.unboundedPreceding, Window.currentRow)).alias("number"))


def _revenue(journey: Journey) -> Any:
    """What each customer paid at each instant: customer_id, ended_at, revenue."""
    if not can_purchase(journey):
        return engine.frame([("", journey.as_of, 0.0)], "customer_id string, ended_at timestamp, revenue double").filter(F.col("revenue") > 0)
    return purchases(journey).groupBy("customer_id", F.col("at").alias("ended_at")).agg(F.sum("revenue").alias("revenue"))


def _followed(journey: Journey, found: Any, window: Any) -> Any:
    """Add what became of each intent: until, days, event, followed, closed, converted."""
    known, seconds = engine.instant(journey.as_of), int(journey.company.windows.intent_days * 86400)
    last = F.coalesce(F.col("ended_at"), F.col("next_at"), known)
    kept = ["customer_id", "number", "at", "last_at", "ended_at", "options", "device", "revenue"]
    found = found.select(
        *kept, F.lit(0).cast("long").alias("row_id"), engine.days_between(F.col("at"), last).alias("days"),
        F.when(F.col("ended_at").isNull(), 0).otherwise(1).alias("event"), engine.days_between(F.col("at"), known).alias("followed"),
    )
    inside = (F.col("event") == 1) & (F.col("days") <= window)
    over = F.col("followed") >= window
    seen = over & F.lit(can_purchase(journey))
    end = F.least(F.col("at") + F.expr(f"INTERVAL {seconds} SECOND"), known)
    return found.select(
        *kept, "row_id", "days", "event", "followed", F.when(inside, F.col("ended_at")).otherwise(end).alias("until"),
        F.when(over, 1).otherwise(0).alias("closed"), F.when(seen, F.when(inside, 1.0).otherwise(0.0)).alias("converted"),
    )


def of_phase(frame: Any, *roles: str) -> Any:
    """The rows of a frame with stage and role (see `base.described`) that belong to the time before a purchase.

    Touchpoints of the given roles (default: those of the intent phase) at a stage before the purchase, or at none.
    """
    before = ~F.coalesce(F.col("stage"), F.lit("")).isin(*AFTER)
    return frame.filter(F.col("role").isin(*(roles or PHASE_ROLES)) & before)


def phase_touchpoints(journey: Journey, *roles: str) -> list[str]:
    """The dictionary's touchpoints of the intent phase (of the given roles)."""
    words = journey.dictionary
    chosen = words["role"].isin(roles or PHASE_ROLES) & ~words["stage"].isin(AFTER)
    return words.loc[chosen, "touchpoint"].tolist()


def within(journey: Journey, rows: Any, *, at: str = "at") -> Any:
    """Rows of customers with the intent they fall into: those from its start up to `until`.

    Adds number, began (the intent's start), converted, closed. A row outside every intent is left out.
    """
    spans = intents(journey).select("customer_id", "number", F.col("at").alias("began"), "until", "closed", "converted")
    joined = rows.join(spans, "customer_id").filter((F.col(at) >= F.col("began")) & (F.col(at) <= F.col("until")))
    return joined.drop("until")


def contacts(journey: Journey) -> Any:
    """Contacts with touchpoints of the intent phase that fall into an intent: interactions' columns, stage, role, number, began, converted, closed."""
    return journey.once("intent contacts", lambda: engine.keep(within(journey, of_phase(interactions(journey)))))
