"""The KPIs of the phase intent: rows a label; see `registry` for how rows become a value with an interval."""

from __future__ import annotations

from typing import Any

from helpers import engine, names
from helpers.engine import F, Window
from helpers.journey import Journey
from helpers.measure import intent, overload
from helpers.measure.base import described, interactions
from helpers.measure.intents import BUYS, LOOKS, contacts, intents, of_phase
from helpers.measure.registry import kpi, tagged
from helpers.measure.touchpoints import common_scale

PHASE = "intent"
INTENTS = ("interactions", LOOKS)
TEAM = ("team.headcount", "touchpoints.owner")


@kpi(
    id="intent_conversion", label="Intents that end in a purchase", phase=PHASE, perspective="financial", kind="lagging", unit="share",
    better="higher", statistic="survival_share", window="intent",
    definition="Share of intents that end in a purchase within {window} of their start (Kaplan-Meier; open windows censored). An intent starts at a research, "
    "comparison or evaluation contact with none before it in that window since the last purchase.",
    numerator="intents that end in a purchase within the window", denominator="intents started", needs=(*INTENTS, BUYS),
)
def intent_conversion(journey: Journey) -> Any:
    return tagged(journey, intents(journey), days=F.col("days"), event=F.col("event"))


@kpi(
    id="time_to_decide", label="Days from the first look to the purchase", phase=PHASE, perspective="customer", kind="lagging", unit="days",
    better="lower", statistic="survival_median", window="intent",
    definition="Median days from the start of an intent to its purchase, among intents that end in one within {window}. Intents whose window is still open are "
    "left out, so that quick deciders do not count twice as much at the end.",
    numerator="days from start to purchase", denominator="intents whose window is over and that ended in a purchase", needs=(*INTENTS, BUYS),
)
def time_to_decide(journey: Journey) -> Any:
    rows = intents(journey).filter(F.col("converted") == 1)
    return tagged(journey, rows, days=F.col("days"), event=F.lit(1))


@kpi(
    id="intent_csat", label="Satisfaction before the purchase", phase=PHASE, perspective="customer", kind="lagging", unit="score", better="higher",
    statistic="mean",
    definition="Mean satisfaction with the touchpoints of the intent phase (research, comparison, evaluation, needs, information, concerns, trust; before the "
    "purchase), on the scale that most satisfaction answers use; answers that stand for more people weigh more.",
    numerator="sum of weighted scores", denominator="satisfaction answers about touchpoints before the purchase",
    needs=("surveys.instrument=csat", "surveys.touchpoint", "touchpoints.role"),
)
def intent_csat(journey: Journey) -> Any:
    weight = F.coalesce(F.col("weight"), F.lit(1.0))
    return tagged(journey, of_phase(described(journey, common_scale(journey, "csat"))), s=F.col("score") * weight, w=weight)


@kpi(
    id="engaged_session_rate", label="Visits that go beyond one contact", phase=PHASE, perspective="customer", kind="leading", unit="share", better="higher",
    statistic="share",
    definition="Share of visits with a research, comparison or evaluation contact that hold two or more contacts.",
    numerator="visits with two or more contacts", denominator="visits with a research, comparison or evaluation contact", needs=INTENTS,
)
def engaged_session_rate(journey: Journey) -> Any:
    looks = F.when(F.col("role").isin(*names.INTENT_ROLES), 1).otherwise(0)
    visits = interactions(journey).withColumn("look", looks).groupBy("customer_id", "session_id").agg(
        F.min("at").alias("at"), F.min("row_id").alias("row_id"), F.count(F.lit(1)).alias("contacts"), F.max("look").alias("look"))
    return tagged(journey, visits.filter(F.col("look") == 1), s=F.when(F.col("contacts") > 1, 1.0).otherwise(0.0), w=F.lit(1.0))


@kpi(
    id="cost_per_intent", label="Campaign cost of an intent", phase=PHASE, perspective="financial", kind="leading", unit="currency", better="lower",
    statistic="mean",
    definition="Cost of all campaigns, spread evenly over the days they run, per intent started on these days. A segment's intents bear the same cost each as "
    "everybody's.",
    numerator="campaign cost of the days", denominator="intents started", needs=(*INTENTS, "campaigns.cost"),
)
def cost_per_intent(journey: Journey) -> Any:
    # The cost is known to the cent; what varies is how many intents a day brings: the day is the unit.
    rows = intent.costed(journey)
    return tagged(journey, rows.withColumn("customer_id", F.col("day").cast("string")), s=F.col("cost"), w=F.lit(1.0), people=F.lit(1))


@kpi(
    id="open_intent_value", label="Expected value of open intents", phase=PHASE, perspective="financial", kind="leading", unit="currency", better="higher",
    statistic="level",
    definition="Sum over the intents open at the end of the month or period (started within {window}, no purchase yet) of their chance of a purchase in the "
    "days left, as finished intents of the same age had it, times the mean revenue of purchases that ended an intent.",
    numerator="chance of a purchase times mean revenue, over open intents", denominator="intents open at the end", needs=(*INTENTS, "orders.revenue", "orders.customer_id"),
    window="intent",
)
def open_intent_value(journey: Journey) -> Any:
    rows = intent.valued(journey, journey.labels[["key", "end"]])
    return rows.select("key", F.col("customer_id").alias("cluster"), F.col("expected").alias("s"))


@kpi(
    id="information_found_rate", label="Information found", phase=PHASE, perspective="customer", kind="leading", unit="share", better="higher",
    statistic="share",
    definition="Share of contacts with information touchpoints before the purchase that ended well. Contacts without a recorded outcome are left out.",
    numerator="contacts with an information touchpoint that succeeded", denominator="contacts with information touchpoints before the purchase",
    needs=("interactions.outcome", "touchpoints.role=information"),
)
def information_found_rate(journey: Journey) -> Any:
    rows = of_phase(interactions(journey), "information").filter(F.col("outcome").isNotNull())
    return tagged(journey, rows, s=F.when(F.col("outcome") == "success", 1.0).otherwise(0.0), w=F.lit(1.0))


@kpi(
    id="presales_response_time", label="First answer to a question before the purchase", phase=PHASE, perspective="internal_processes", kind="leading",
    unit="hours", better="lower", statistic="survival_median",
    definition="Median hours from the opening of a ticket at a touchpoint before the purchase to the first answer (or the solution, where no answer is "
    "recorded); tickets still waiting are censored.",
    numerator="hours to the first answer", denominator="tickets at touchpoints before the purchase", needs=("tickets.first_response_at", "tickets.touchpoint", "touchpoints.stage"),
)
def presales_response_time(journey: Journey) -> Any:
    rows = intent.questions(journey).withColumn("answered_at", F.coalesce(F.col("first_response_at"), F.col("resolved_at")))
    days = engine.days_between(F.col("opened_at"), F.coalesce(F.col("answered_at"), engine.instant(journey.as_of)))
    return tagged(journey, rows, at="opened_at", days=days, event=F.when(F.col("answered_at").isNull(), 0).otherwise(1))


@kpi(
    id="trust_exposure", label="Intents that meet a sign of trust", phase=PHASE, perspective="customer", kind="leading", unit="share", better="higher",
    statistic="share",
    definition="Share of intents with a contact at a trust touchpoint (reviews, guarantees) before they end. Intents whose window is still open are left out.",
    numerator="intents with a contact at a trust touchpoint", denominator="intents whose window is over", needs=(*INTENTS, "touchpoints.role=trust"),
)
def trust_exposure(journey: Journey) -> Any:
    rows = intent.exposed(journey).filter(F.col("closed") == 1)
    return tagged(journey, rows, s=F.when(F.col("trust") > 0, 1.0).otherwise(0.0), w=F.lit(1.0))


@kpi(
    id="concern_rate", label="Intents with a question or doubt", phase=PHASE, perspective="customer", kind="leading", unit="share", better="lower",
    statistic="share",
    definition="Share of intents in which the customer comes to a concerns touchpoint or opens a ticket at a touchpoint before the purchase. Intents whose "
    "window is still open are left out.",
    numerator="intents with a question or doubt", denominator="intents whose window is over", needs=(*INTENTS, "touchpoints.role=concerns|tickets.touchpoint"),
)
def concern_rate(journey: Journey) -> Any:
    rows = intent.exposed(journey).filter(F.col("closed") == 1)
    return tagged(journey, rows, s=F.when((F.col("concerns") > 0) | (F.col("asked") > 0), 1.0).otherwise(0.0), w=F.lit(1.0))


@kpi(
    id="channel_change_success", label="Changes of channel that work", phase=PHASE, perspective="internal_processes", kind="leading", unit="share",
    better="higher", statistic="share",
    definition="Share of contacts of an intent that come from another channel than the one before and end well. Contacts without a recorded outcome are left out.",
    numerator="contacts after a change of channel that succeeded", denominator="contacts after a change of channel within an intent",
    needs=("interactions.outcome", LOOKS),
)
def channel_change_success(journey: Journey) -> Any:
    order = Window.partitionBy("customer_id", "number").orderBy("seq")
    rows = contacts(journey).filter(F.col("channel").isNotNull()).withColumn("before", F.lag("channel").over(order))
    rows = rows.filter((F.col("before") != F.col("channel")) & F.col("outcome").isNotNull())
    return tagged(journey, rows, s=F.when(F.col("outcome") == "success", 1.0).otherwise(0.0), w=F.lit(1.0))


@kpi(
    id="overload_rate", label="Intents with more options than help", phase=PHASE, perspective="customer", kind="leading", unit="share", better="lower",
    statistic="share",
    definition="Share of intents with more research, comparison and evaluation contacts than the turning point, the number from which on conversion falls "
    "(worked out over all intents; where none is found, there is no figure). Intents whose window is still open are left out.",
    numerator="intents past the turning point", denominator="intents whose window is over", needs=(*INTENTS, BUYS),
)
def overload_rate(journey: Journey) -> Any:
    point = overload.turning_point(journey)
    rows = intents(journey).filter((F.col("closed") == 1) & F.lit(point is not None))
    return tagged(journey, rows, s=F.when(F.col("options") > F.lit(point or 0.0), 1.0).otherwise(0.0), w=F.lit(1.0))


@kpi(
    id="intents_started", label="Intents started", phase=PHASE, perspective="financial", kind="leading", unit="count", better="higher", statistic="total",
    definition="Number of intents that start: a research, comparison or evaluation contact with none before it in the intent window since the last purchase.",
    numerator="intents started", denominator="intents started", needs=INTENTS,
)
def intents_started(journey: Journey) -> Any:
    return tagged(journey, intents(journey), s=F.lit(1.0))


@kpi(
    id="campaign_reach", label="Customers reached by campaigns", phase=PHASE, perspective="customer", kind="leading", unit="count", better="higher",
    statistic="total",
    definition="Number of known customers with a contact at a campaign's touchpoint while it runs; each counts once a month, and once in the whole period.",
    numerator="customers reached", denominator="customers reached", needs=("interactions", "campaigns.touchpoint"),
)
def campaign_reach(journey: Journey) -> Any:
    runs = journey.table("campaigns").select("touchpoint", "starts_at", F.coalesce(F.col("ends_at"), engine.instant(journey.as_of)).alias("ends_at"))
    met = journey.table("interactions").select("customer_id", "row_id", "at", "touchpoint").join(runs, "touchpoint")
    met = met.filter((F.col("at") >= F.col("starts_at")) & (F.col("at") <= F.col("ends_at")))
    return journey.labelled(tagged(journey, met, s=F.lit(1.0))).distinct()


@kpi(
    id="presales_training_hours", label="Training hours a head before the purchase", phase=PHASE, perspective="learning_and_growth", kind="leading",
    unit="hours", better="higher", statistic="mean",
    definition="Hours of training a month and head in the departments that own touchpoints of the intent phase.",
    numerator="training hours", denominator="heads and months of these departments", needs=("team.training_hours", *TEAM),
)
def presales_training_hours(journey: Journey) -> Any:
    rows = intent.departments(journey).filter(F.col("training_hours").isNotNull())
    return tagged(journey, rows, at="month", s=F.col("training_hours"), w=F.col("headcount"), people=F.col("headcount"))


@kpi(
    id="fresh_knowledge_articles", label="Knowledge articles written or renewed", phase=PHASE, perspective="learning_and_growth", kind="leading",
    unit="count", better="higher", statistic="total",
    definition="Knowledge articles written or renewed by the departments that own touchpoints of the intent phase.",
    numerator="articles written or renewed", denominator="articles written or renewed", needs=("team.knowledge_articles", "touchpoints.owner"),
)
def fresh_knowledge_articles(journey: Journey) -> Any:
    heads = F.coalesce(F.col("headcount"), F.lit(1.0))
    return tagged(journey, intent.departments(journey), at="month", s=F.col("knowledge_articles"), people=heads)
