"""The KPIs of the phase touchpoints: rows a label; see `registry` for how rows become a value with an interval."""

from __future__ import annotations

from typing import Any

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure.base import instrument, interactions, succeeded
from helpers.measure.campaigns import campaign_visits, campaigns
from helpers.measure.intents import BUYS
from helpers.measure.registry import kpi, tagged
from helpers.measure.touchpoints import common_scale, hand_overs, kept_orders, repurchases, returning, served_months, sessions, sold_within_a_day, solved_at_once

PHASE = "touchpoints"
ONE_TO_ONE = ("app", "call centre", "call_centre", "chat", "e-mail", "email", "letter", "mail", "messenger", "phone", "sms", "telephone", "video", "whatsapp")


def _survey(word: str, label: str, definition: str) -> None:
    @kpi(
        id=word, label=label, phase=PHASE, perspective="customer", kind="leading", unit="score", better="higher", statistic="mean",
        definition=definition, numerator="sum of weighted scores", denominator="answers",
        needs=(f"surveys.instrument={word}",),
    )
    def mean_score(journey: Journey) -> Any:
        weight = F.coalesce(F.col("weight"), F.lit(1.0))
        return tagged(journey, common_scale(journey, word), s=F.col("score") * weight, w=weight)


_survey("csat", "Satisfaction (CSAT)", "Mean satisfaction over all answers, on the scale that most of them use; answers that stand for more people weigh more.")
_survey("ces", "Ease (CES)", "Mean agreement that it was easy to get things done, on the scale that most answers use; higher is easier.")


@kpi(
    id="overall_satisfaction", label="Satisfaction overall", phase=PHASE, perspective="customer", kind="lagging", unit="score", better="higher", statistic="mean",
    definition="Mean of the satisfaction answers about the company as a whole, which name no touchpoint, on the scale that most answers use.",
    numerator="sum of weighted scores", denominator="answers that name no touchpoint", needs=("surveys.instrument=csat",),
)
def overall_satisfaction(journey: Journey) -> Any:
    weight = F.coalesce(F.col("weight"), F.lit(1.0))
    return tagged(journey, common_scale(journey, "csat").filter(F.col("touchpoint").isNull()), s=F.col("score") * weight, w=weight)


@kpi(
    id="nps", label="Recommendation (NPS)", phase=PHASE, perspective="customer", kind="lagging", unit="points", better="higher",
    statistic="nps", definition="Share of promoters (9 or 10 of 10) less share of detractors (6 or less).",
    numerator="promoters less detractors", denominator="recommendation answers", needs=("surveys.instrument=nps",),
)
def nps(journey: Journey) -> Any:
    vote = F.when(F.col("score") >= 9, 1.0).when(F.col("score") <= 6, -1.0).otherwise(0.0)
    weight = F.coalesce(F.col("weight"), F.lit(1.0))
    return tagged(journey, instrument(journey, "nps"), s=vote * weight, w=weight)


@kpi(
    id="retention", label="Retention", phase=PHASE, perspective="customer", kind="lagging", unit="share", better="higher",
    statistic="survival_share", window="retention",
    definition="Share of purchases after which the customer buys again within {window}; purchases whose window is still open are censored.",
    numerator="purchases followed by another", denominator="purchases", needs=(BUYS,),
)
def retention(journey: Journey) -> Any:
    rows = repurchases(journey)
    return tagged(journey, rows, days=F.col("days"), event=F.col("event"))


@kpi(
    id="repeat_rate", label="Orders from returning customers", phase=PHASE, perspective="customer", kind="lagging", unit="share",
    better="higher", statistic="share",
    definition="Share of orders placed by a customer who had ordered before. Where the data begin in the middle of customers' lives, whether an order is their first is "
    "not known: orders within a retention window of the first data are left out, but for customers known to have been acquired since.",
    numerator="orders of returning customers", denominator="orders whose customer's history is known", needs=("orders.customer_id",),
)
def repeat_rate(journey: Journey) -> Any:
    return tagged(journey, returning(journey), s=F.col("again"), w=F.lit(1.0))


@kpi(
    id="sales_conversion", label="Sales conversion", phase=PHASE, perspective="financial", kind="leading", unit="share", better="higher",
    statistic="share", definition="Share of all visits, of whatever kind, within a day of whose start the customer buys; visits of the last day are left out.",
    numerator="visits with a purchase", denominator="visits", needs=("interactions", BUYS),
)
def sales_conversion(journey: Journey) -> Any:
    over = engine.seconds_between(F.col("at"), engine.instant(journey.as_of)) >= F.lit(86400)
    visits = sessions(journey).filter(over)
    sold = sold_within_a_day(journey, visits)
    return tagged(journey, sold.filter(F.col("sold").isNotNull()), s=F.col("sold"), w=F.lit(1.0))


@kpi(
    id="revenue", label="Revenue", phase=PHASE, perspective="financial", kind="lagging", unit="currency", better="higher", statistic="total",
    definition="Sum of what customers paid for orders that were not refunded.", numerator="revenue of orders", denominator="orders",
    needs=("orders.revenue",),
)
def revenue(journey: Journey) -> Any:
    return tagged(journey, kept_orders(journey), s=F.col("revenue"))


@kpi(
    id="margin", label="Margin", phase=PHASE, perspective="financial", kind="lagging", unit="share", better="higher", statistic="mean",
    definition="Revenue less the cost of the orders, as a share of revenue; refunded orders left out.", numerator="revenue less cost",
    denominator="revenue of orders with a cost", needs=("orders.revenue", "orders.cost"),
)
def margin(journey: Journey) -> Any:
    rows = kept_orders(journey).filter(F.col("cost").isNotNull())
    return tagged(journey, rows, s=F.col("revenue") - F.col("cost"), w=F.col("revenue"))


@kpi(
    id="order_value", label="Order value", phase=PHASE, perspective="financial", kind="lagging", unit="currency", better="higher",
    statistic="mean", definition="Mean revenue of an order that was not refunded.", numerator="revenue of orders", denominator="orders",
    needs=("orders.revenue",),
)
def order_value(journey: Journey) -> Any:
    return tagged(journey, kept_orders(journey), s=F.col("revenue"), w=F.lit(1.0))


@kpi(
    id="return_on_campaign_spend", label="Revenue at campaign touchpoints per unit of spend", phase=PHASE, perspective="financial",
    kind="lagging", unit="score", better="higher", statistic="mean",
    definition="What customers paid for orders within {window} after they met a campaign's touchpoint while it ran, over what the campaigns cost. An order after several "
    "campaigns is divided evenly among them; campaigns whose window is still open are left out. It goes with the campaigns; who would have bought anyway is in it.",
    numerator="revenue of orders after meeting a campaign", denominator="campaign cost",
    needs=("campaigns.cost", "campaigns.touchpoint", "orders.revenue", "interactions"), window="intent",
)
def return_on_campaign_spend(journey: Journey) -> Any:
    rows = campaigns(journey).filter((F.col("cost") > 0) & (F.col("settled") == 1))
    return tagged(journey, rows, s=F.col("revenue"), w=F.col("cost"), people=F.col("people"))


@kpi(
    id="campaign_response", label="Campaign contacts with a response", phase=PHASE, perspective="customer", kind="leading", unit="share",
    better="higher", statistic="share",
    definition="Of the visits in which a customer meets the touchpoint of a campaign, the share that go on to another touchpoint, of engagement or purchase. "
    "Where the source gives the mailing and its redemption one session_id, this is the campaign's redemption rate.",
    numerator="visits that go on to engagement or purchase", denominator="visits that meet a campaign's touchpoint",
    needs=("campaigns.touchpoint", "interactions", "touchpoints.role"),
)
def campaign_response(journey: Journey) -> Any:
    return tagged(journey, campaign_visits(journey), s=F.col("responded"), w=F.lit(1.0))


@kpi(
    id="cost_to_serve", label="Cost to serve", phase=PHASE, perspective="financial", kind="leading", unit="currency", better="lower",
    statistic="mean",
    definition="What all activities cost in a month, per customer with a contact in that month. The activities behind a touchpoint are borne by its contacts, the rest by all "
    "contacts alike, so that a customer who calls the workshop costs more than one who reads a newsletter.",
    numerator="monthly cost of the activities behind the contacts", denominator="customers with a contact in the month, month by month",
    needs=("activities.cost", "activity_touchpoints", "interactions"),
)
def cost_to_serve(journey: Journey) -> Any:
    return tagged(journey, served_months(journey), s=F.col("cost"), w=F.lit(1.0))


def _ticket_time(id: str, label: str, end: str, what: str) -> None:
    @kpi(
        id=id, label=label, phase=PHASE, perspective="internal_processes", kind="leading", unit="hours", better="lower",
        statistic="survival_median", definition=f"Median hours from opening a ticket to {what}; tickets without one yet are censored.",
        numerator=f"tickets by hours to {what}", denominator="tickets", needs=(f"tickets.{end}",),
    )
    def time_to(journey: Journey) -> Any:
        rows = journey.table("tickets")
        there = F.col(end).isNotNull()
        until = F.when(there, F.col(end)).otherwise(engine.instant(journey.as_of))
        return tagged(
            journey, rows, at="opened_at", days=engine.days_between("opened_at", until), event=F.when(there, 1).otherwise(0),
        )


_ticket_time("first_response_time", "Time to first response", "first_response_at", "the first answer")
_ticket_time("resolution_time", "Time to resolution", "resolved_at", "its resolution")


def _ticket_share(id: str, label: str, column: str, better: str, definition: str, numerator: str) -> None:
    @kpi(
        id=id, label=label, phase=PHASE, perspective="internal_processes", kind="leading", unit="share", better=better, statistic="share",
        definition=definition, numerator=numerator, denominator="tickets", needs=(f"tickets.{column}",),
    )
    def ticket_share(journey: Journey) -> Any:
        rows = journey.table("tickets").filter(F.col(column).isNotNull())
        return tagged(journey, rows, at="opened_at", s=F.when(F.col(column), 1.0).otherwise(0.0), w=F.lit(1.0))


_ticket_share("reopened_rate", "Reopened tickets", "reopened", "lower", "Share of tickets that came back after they were resolved.", "reopened tickets")
_ticket_share("service_level_met", "Service level met", "sla_met", "higher", "Share of tickets that met the promised service level.", "tickets that met it")


@kpi(
    id="first_contact_resolution", label="Solved in one contact", phase=PHASE, perspective="internal_processes", kind="leading", unit="share", better="higher",
    statistic="share", days=7,
    definition="Share of tickets solved within {window} of opening and without a second contact: not reopened, and in these days neither another ticket nor another "
    "contact for support by the same customer. Tickets of the last {window} are left out; where a ticket names nobody, only solution and reopening tell.",
    numerator="tickets solved without a second contact", denominator="tickets opened at least 7 days ago", needs=("tickets.resolved_at", "tickets.reopened"),
)
def first_contact_resolution(journey: Journey) -> Any:
    return tagged(journey, solved_at_once(journey), at="opened_at", s=F.col("solved"), w=F.lit(1.0))


@kpi(
    id="hand_over_success", label="Hand-overs that succeed", phase=PHASE, perspective="internal_processes", kind="leading", unit="share",
    better="higher", statistic="share",
    definition="Of the contacts to which a customer comes from another channel in the same visit or within a day, the share that neither fails nor is abandoned.",
    numerator="hand-overs that succeed", denominator="hand-overs between channels with a known outcome", needs=("interactions.outcome", "interactions"),
)
def hand_over_success(journey: Journey) -> Any:
    rows = hand_overs(journey).filter(F.col("outcome").isNotNull())
    return tagged(journey, rows, s=F.when(succeeded(), 1.0).otherwise(0.0), w=F.lit(1.0))


@kpi(
    id="personalised_share", label="One-to-one contacts", phase=PHASE, perspective="internal_processes", kind="leading",
    unit="share", better="higher", statistic="share",
    definition="Share of contacts over a channel that speaks to one person at a time (app, chat, email, letter, phone, text message, video), advertising and newsletters left out. "
    "A stand-in for personal service: the data do not say whether what was said was made for that person.",
    numerator="one-to-one contacts", denominator="contacts with a channel", needs=("interactions", "interactions.channel|touchpoints.channel"),
)
def personalised_share(journey: Journey) -> Any:
    rows = interactions(journey).filter(F.col("channel").isNotNull())
    single = F.lower("channel").isin(*ONE_TO_ONE)
    spoken = journey.once("one-to-one", lambda: len(journey.collect(rows.filter(single).select("channel").limit(1))) > 0)
    broadcast = F.coalesce(F.col("role"), F.lit("")) == "engagement"
    # A company that calls its channels otherwise has an unknown share, not none.
    return tagged(journey, rows.filter(F.lit(spoken)), s=F.when(single & ~broadcast, 1.0).otherwise(0.0), w=F.lit(1.0))


def _team(id: str, label: str, column: str, unit: str, numerator: str, definition: str) -> None:
    @kpi(
        id=id, label=label, phase=PHASE, perspective="learning_and_growth", kind="leading", unit=unit, better="higher", statistic="mean",
        definition=definition, numerator=numerator, denominator="people" if unit != "score" else "people, month by month", needs=(f"team.{column}",),
    )
    def by_person(journey: Journey) -> Any:
        rows = journey.table("team").filter(F.col(column).isNotNull()).withColumn("customer_id", F.lit(None).cast("string"))
        heads = F.coalesce(F.col("headcount"), F.lit(1.0))
        weighed = F.col(column) * heads if unit == "score" else F.col(column)
        return tagged(journey, rows, at="month", s=weighed, w=heads, people=heads)


_team("employee_satisfaction", "Employee satisfaction", "employee_satisfaction", "score", "satisfaction times people",
      "Mean satisfaction of the people who work here, departments weighed by their people.")
_team("training_hours", "Training per person and month", "training_hours", "hours", "hours of training",
      "Hours of training a person and month, over all departments (where no headcount is known: a department and month).")
_team("knowledge_shared", "Knowledge articles per person and month", "knowledge_articles", "count", "articles written or renewed",
      "Knowledge articles written or renewed, a person and month (where no headcount is known: a department and month).")
