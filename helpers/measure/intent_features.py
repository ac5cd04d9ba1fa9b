"""What is known of an open intent before a prediction date: the features of the intent score, by the table that feeds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpers import engine, names
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import experiences, purchases
from helpers.measure.intent_rows import segment_columns
from helpers.measure.intent_score import KEYS, Feature, Source
from helpers.measure.intents import AFTER, contacts

COMPONENT_WORDS = {
    "needs": ("was helped to what fits", "got no help to what fits"), "information": ("found information", "did not find information"),
    "concerns": ("voiced a doubt and was answered", "voiced a doubt that stayed open"), "trust": ("met a sign of trust", "met a sign of trust that failed"),
}


def before(rows: Any, asked: Any, *, at: str, on: Sequence[str] = ("customer_id",)) -> Any:
    """Rows joined to the prediction rows that they precede: adds KEYS and began; `at` becomes fed_at."""
    rows = rows.withColumnRenamed(at, "fed_at") if at != "fed_at" else rows
    joined = rows.join(asked.select(*KEYS, "began"), list(on))
    return joined.filter(F.col("fed_at") < F.col("snapshot"))


def sources(journey: Journey) -> tuple[Source, ...]:
    """Every source of the intent score."""
    orders = journey.has("orders", "customer_id")
    return (
        Source("intent", "interactions.at", _start, _of_start),
        Source("contacts", "interactions.at", _contacts, _of_contacts),
        Source("purchases", "orders.at" if orders else "interactions.at", _orders, _of_purchases),
        Source("tickets", "tickets.opened_at", _tickets, _of_tickets, needs=("tickets.customer_id",)),
        Source("answers", "surveys.at", _answers, _of_answers, needs=("surveys.customer_id",)),
        Source("traits", "customers.acquired_at", _traits, _of_traits, needs=("customers",), own_time=False),
    )


# The intent and its contacts ----------------------------------------------------------------------------


def _start(journey: Journey, asked: Any) -> Any:
    return asked.select(*KEYS, "began", F.col("began").alias("fed_at"), F.lit(None).cast("string").alias("stage"), "age")


def _of_start(journey: Journey) -> list[Feature]:
    return [
        Feature("days_since_first_look", "days since the first look", lambda only: F.max(only(F.col("age")))),
        Feature("earlier_intents", "searches before this one", lambda only: F.max(only(F.col("number") - F.lit(1)))),
    ]


def _contacts(journey: Journey, asked: Any) -> Any:
    kept = ["customer_id", "number", "at", "touchpoint", "role", "channel", "device", "outcome", "session_id", "seq", "stage"]
    return before(contacts(journey).select(*kept), asked, at="at", on=("customer_id", "number"))


def _looks() -> Any:
    return F.col("role").isin(*names.INTENT_ROLES)


def _since() -> Any:
    return engine.days_between("fed_at", "snapshot")


def _lost() -> Any:
    return F.coalesce(F.col("outcome"), F.lit("success")) != "success"


def _any(only: Any) -> Any:
    return F.max(only(F.lit(1)))


def _of_contacts(journey: Journey) -> list[Feature]:
    found = [
        Feature("days_since_last_look", "days since the last look", lambda only: F.min(only(_since())), _looks, empty=None),
        Feature("options", "options looked at", lambda only: F.count(only(F.lit(1))), _looks),
        Feature("options_last_week", "options looked at in the last seven days", lambda only: F.count(only(F.lit(1))), lambda: _looks() & (_since() <= F.lit(7.0))),
        Feature("visits", "visits", lambda only: F.countDistinct(only(F.col("session_id")))),
        Feature("channels_used", "different channels", lambda only: F.countDistinct(only(F.col("channel")))),
        Feature("compared", "compared", _any, lambda: F.col("role") == "comparison", "flag"),
        Feature("evaluated", "evaluated", _any, lambda: F.col("role") == "evaluation", "flag"),
    ]
    if journey.has("interactions", "outcome"):
        found.append(Feature("failed_contacts", "contacts that failed or were given up", lambda only: F.count(only(F.lit(1))), _lost))
    if journey.has("interactions", "device"):
        found.append(Feature("first_device", "first device", lambda only: F.min_by(only(F.col("device")), only(F.col("seq"))), lambda: _looks() & F.col("device").isNotNull(), "text"))
    return [*found, *[one for role in names.INTENT_COMPONENTS for one in _of_component(role)]]


def _of_component(role: str) -> list[Feature]:
    worked, failed = COMPONENT_WORDS[role]
    return [
        Feature(f"{role}_worked", worked, _any, lambda: (F.col("role") == role) & ~_lost(), "flag"),
        Feature(f"{role}_failed", failed, _any, lambda: (F.col("role") == role) & _lost(), "flag"),
    ]


# What the customer did before, asked and said -----------------------------------------------------------


def _orders(journey: Journey, asked: Any) -> Any:
    rows = purchases(journey).select("customer_id", "at", F.lit(None).cast("string").alias("stage"))
    return before(rows, asked, at="at")


def _of_purchases(journey: Journey) -> list[Feature]:
    return [
        Feature("earlier_orders", "earlier orders", lambda only: F.count(only(F.lit(1)))),
        Feature("days_since_last_order", "days since the last order", lambda only: F.min(only(_since())), empty=None),
    ]


def _ours(journey: Journey, rows: Any, asked: Any, at: str) -> Any:
    """Rows before the date, without what belongs to the purchase or to the time after it and yet falls into the intent."""
    places = journey.dictionary
    after = places.loc[places["stage"].isin(AFTER), "touchpoint"].tolist()
    late = F.col("touchpoint").isin(*after) if after else F.lit(False)
    rows = before(rows.filter(F.col("customer_id").isNotNull()).withColumn("stage", F.when(late, F.lit(AFTER[0]))), asked, at=at)
    return rows.filter((F.col("fed_at") < F.col("began")) | F.col("stage").isNull())


def _tickets(journey: Journey, asked: Any) -> Any:
    return _ours(journey, journey.table("tickets").select("customer_id", "opened_at", "topic", "touchpoint"), asked, "opened_at")


def _of_tickets(journey: Journey) -> list[Feature]:
    def asked() -> Any:
        return F.col("fed_at") >= F.col("began")

    topic = lambda only: F.max_by(only(F.col("topic")), only(F.col("fed_at")))  # noqa: E731
    question = (Feature("topic_asked", "asked about", topic, lambda: asked() & F.col("topic").isNotNull(), "text") if journey.has("tickets", "topic")
                else Feature("questions", "questions asked during the search", lambda only: F.count(only(F.lit(1))), asked))
    return [question, Feature("earlier_tickets", "tickets before the search", lambda only: F.count(only(F.lit(1))), lambda: ~asked())]


def _answers(journey: Journey, asked: Any) -> Any:
    return _ours(journey, experiences(journey).select("customer_id", "at", "touchpoint", "quality"), asked, "at")


def _of_answers(journey: Journey) -> list[Feature]:
    return [Feature("satisfaction_so_far", "mean of the answers given so far (0 worst, 1 best)", lambda only: F.avg(only(F.col("quality"))), empty=None)]


def _traits(journey: Journey, asked: Any) -> Any:
    """Customers with the prediction rows at which they were customers already; one without a first day counts as known."""
    columns = [F.col(c).cast("string").alias(f"is_{c}") for c in segment_columns(journey)]
    people = journey.table("customers").select("customer_id", F.col("acquired_at").alias("fed_at"), F.lit(None).cast("string").alias("stage"), *columns)
    rows = people.join(asked.select(*KEYS, "began"), "customer_id")
    return rows.filter(F.col("fed_at").isNull() | (F.col("fed_at") < F.col("snapshot")))


def _of_traits(journey: Journey) -> list[Feature]:
    def one(column: str) -> Feature:
        return Feature(column, column.replace("_", " "), lambda only: F.max(only(F.col(f"is_{column}"))), kind="text")

    return [one(column) for column in segment_columns(journey)]
