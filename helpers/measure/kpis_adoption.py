"""The KPIs of the phase adoption: rows a label; see `registry` for how rows become a value with an interval.

Customers count in the month of their start (see `adoption`), months of use in the month itself.
"""

from __future__ import annotations

from typing import Any

from helpers import engine
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure import obstacles, staying
from helpers.measure.adoption import ALIVE, ONBOARDING, START, USE, can_adopt, has_onboarding, signs
from helpers.measure.membership import LOST, membership
from helpers.measure.newcomers import RETENTION, YEAR, newcomers
from helpers.measure.registry import kpi, tagged
from helpers.measure.touchpoints import kept_orders

PHASE = "adoption"
ALIVE_IS = "uses the product or buys (where neither is recorded: is seen at all)"


@kpi(
    id="adoption_rate", label="New customers who use the product", phase=PHASE, perspective="customer", kind="leading", unit="share", better="higher",
    statistic="survival_share", window="adoption",
    definition="Share of new customers with a first contact at a usage touchpoint that works within {window} of their start (Kaplan-Meier; open windows "
    "censored). The start is the first order; in a company without purchases the first onboarding contact, else becoming a customer, else the first contact.",
    numerator="customers who use the product within the window", denominator="customers who start", needs=USE,
)
def adoption_rate(journey: Journey) -> Any:
    return newcomers(journey).filter(F.lit(can_adopt(journey)))


@kpi(
    id="time_to_first_value", label="Days from the start to the first use", phase=PHASE, perspective="customer", kind="leading", unit="days", better="lower",
    statistic="survival_median", window="adoption",
    definition="Median days from the start to the first use that works, over all new customers: those who have not used it yet are censored, never left out.",
    numerator="days to the first use that works", denominator="customers who start", needs=USE,
)
def time_to_first_value(journey: Journey) -> Any:
    return newcomers(journey).filter(F.lit(can_adopt(journey)))


def _onboarded(journey: Journey) -> Any:
    there = F.col("onboarded_at").isNotNull()
    days = F.when(there, engine.days_between("started_at", "onboarded_at")).otherwise(F.col("followed"))
    rows = newcomers(journey).filter(F.lit(has_onboarding(journey)))
    return rows.select("piece", "cluster", days.alias("days"), F.when(there, 1).otherwise(0).alias("event"))


@kpi(
    id="onboarding_completion", label="New customers who finish onboarding", phase=PHASE, perspective="customer", kind="leading", unit="share", better="higher",
    statistic="survival_share", window="adoption",
    definition="Share of new customers with a contact at an onboarding touchpoint that works within {window} of their start (Kaplan-Meier; open windows censored).",
    numerator="customers who finish onboarding within the window", denominator="customers who start", needs=("interactions", ONBOARDING),
)
def onboarding_completion(journey: Journey) -> Any:
    return _onboarded(journey)


@kpi(
    id="onboarding_cycle_time", label="Days until onboarding is finished", phase=PHASE, perspective="internal_processes", kind="leading", unit="days",
    better="lower", statistic="survival_median", window="adoption",
    definition="Median days from the start to the first onboarding contact that works, over all new customers; those who have not finished are censored.",
    numerator="days to the first onboarding contact that works", denominator="customers who start", needs=("interactions", ONBOARDING),
)
def onboarding_cycle_time(journey: Journey) -> Any:
    return _onboarded(journey)


@kpi(
    id="active_share", label="Recent adopters active in a month", phase=PHASE, perspective="customer", kind="leading", unit="share", better="higher", statistic="share",
    definition=f"Of the customers who had adopted (started, where no use can be seen) in the retention window before a month began, the share who {ALIVE_IS} in it; over "
    "several months, the mean over customers and months. Months that are not over are left out, and so is whoever has left.",
    numerator="customers and months with a sign of life", denominator="customers and months soon after adoption", needs=(ALIVE,),
)
def active_share(journey: Journey) -> Any:
    rows = staying.owner_months(journey, float(journey.company.windows.retention_days)).filter(F.lit(bool(signs(journey))))
    return tagged(journey, rows, s=F.col("active"), w=F.lit(1.0))


@kpi(
    id="stickiness", label="Days of use in an active month", phase=PHASE, perspective="customer", kind="leading", unit="share", better="higher", statistic="share",
    definition=f"Share of a month's days on which a customer who is active in the month {ALIVE_IS}; months after that of the start, and that are over.",
    numerator="days with a sign of life", denominator="days of the active customers' months", needs=(ALIVE,),
)
def stickiness(journey: Journey) -> Any:
    return tagged(journey, staying.active_months(journey), s=F.col("days"), w=F.col("length"))


def _over(journey: Journey, days: float, column: str) -> Any:
    """Newcomers for whom so many days since the start are over, with a column as `s`."""
    return newcomers(journey).filter(F.col("followed") >= float(days)).withColumn("s", F.col(column))


def _retention(day: int) -> None:
    @kpi(
        id=f"retention_{day}d", label=f"Active from day {day} to {day + 29}", phase=PHASE, perspective="customer", kind="lagging", unit="share",
        better="higher", statistic="share", days=day + staying.STEP,
        definition=f"Share of new customers for whom there is a sign of life in the 30 days from day {day} after their start: who {ALIVE_IS}. Customers for whom "
        "these days are not over are left out.",
        numerator=f"customers active from day {day} to {day + 29}", denominator="new customers for whom these days are over", needs=(ALIVE,),
    )
    def retention(journey: Journey) -> Any:
        return _over(journey, day + staying.STEP, f"active_{day}").filter(F.lit(bool(signs(journey))))


for _day in RETENTION:
    _retention(_day)


@kpi(
    id="churn", label="Customers lost in a month", phase=PHASE, perspective="customer", kind="lagging", unit="share", better="lower", statistic="share",
    window="retention",
    definition=f"Of the customers active in a month (after that of their start), the share without a sign of life in the {{window}} after it: nobody who {ALIVE_IS}. "
    "Months for which these days are not over are left out. Where the touchpoint dictionary says which contacts end a relation (relation: lost), of the "
    "customers there when a month begins the share who leave in it.",
    numerator="customers lost", denominator="customers active in the month, or there when it begins", needs=(ALIVE,),
)
def churn(journey: Journey) -> Any:
    rows = staying.lost(journey, float(journey.company.windows.retention_days))
    return tagged(journey, rows, s=F.col("lost"), w=F.lit(1.0))


@kpi(
    id="early_leaving", label="New customers who leave", phase=PHASE, perspective="customer", kind="lagging", unit="share", better="lower", statistic="survival_share",
    window="adoption",
    definition="Share of customers who leave, by a contact that ends the relation, within {window} of their start (Kaplan-Meier). Who is still there at the end of the "
    "data, or whose relation has come to its proper end before, is censored.",
    numerator="customers who leave within the window", denominator="customers who start", needs=("interactions", LOST),
)
def early_leaving(journey: Journey) -> Any:
    return tagged(journey, membership(journey), days=F.col("days"), event=F.col("event"))


@kpi(
    id="revenue_per_adopter", label="Revenue of an adopter", phase=PHASE, perspective="financial", kind="lagging", unit="currency", better="higher", statistic="mean",
    window="retention",
    definition="Mean revenue, in the {window} from the first order on, of the customers who used the product within the adoption window. Customers for whom these "
    "days are not over are left out, and so are refunded orders.",
    numerator="revenue of adopters in these days", denominator="adopters for whom these days are over", needs=("orders.revenue", *USE),
)
def revenue_per_adopter(journey: Journey) -> Any:
    return _over(journey, journey.company.windows.retention_days, "revenue").filter(F.col("adopted") == 1)


@kpi(
    id="first_year_margin", label="Margin of a customer's first year", phase=PHASE, perspective="financial", kind="lagging", unit="currency", better="higher",
    statistic="mean", days=YEAR,
    definition="Mean revenue less cost of a customer's orders in the 365 days from the first one on. Observed, not a forecast: what customers are expected to bring from here on is worked out apart, on the page of adoption; "
    "customers whose first year is not over are left out, and so are refunded orders.",
    numerator="revenue less cost in the first year", denominator="customers whose first year is over", needs=("orders.revenue", "orders.cost"),
)
def first_year_margin(journey: Journey) -> Any:
    return _over(journey, YEAR, "margin")


@kpi(
    id="revenue_growth", label="Revenue growth", phase=PHASE, perspective="financial", kind="lagging", unit="share", better="higher", statistic="growth",
    definition="Revenue of orders that were not refunded, against that of the month before (for a period: of the like period before), less one.",
    numerator="revenue", denominator="revenue of the month or period before", needs=("orders.revenue",),
)
def revenue_growth(journey: Journey) -> Any:
    return tagged(journey, kept_orders(journey), s=F.col("revenue"))


@kpi(
    id="early_support_rate", label="New customers who need support", phase=PHASE, perspective="internal_processes", kind="leading", unit="share", better="lower",
    statistic="share", days=obstacles.EARLY_DAYS,
    definition="Share of new customers who open a ticket in the 30 days after their start. Customers for whom these days are not over are left out.",
    numerator="customers with a ticket in these days", denominator="new customers for whom these days are over", needs=(START, "tickets.customer_id"),
)
def early_support_rate(journey: Journey) -> Any:
    return _over(journey, obstacles.EARLY_DAYS, "asked")


@kpi(
    id="technical_issue_rate", label="New customers with technical trouble", phase=PHASE, perspective="internal_processes", kind="leading", unit="share",
    better="lower", statistic="share", days=obstacles.EARLY_DAYS,
    definition="Share of new customers who open a technical ticket in the 30 days after their start; a topic is technical where it speaks of technical matters, errors, "
    "faults, defects, installation, set-up, connection or the like. Customers for whom these days are not over are left out.",
    numerator="customers with a technical ticket in these days", denominator="new customers for whom these days are over",
    needs=(START, "tickets.customer_id", "tickets.topic"),
)
def technical_issue_rate(journey: Journey) -> Any:
    return _over(journey, obstacles.EARLY_DAYS, "technical").filter(F.lit(bool(obstacles.topics(journey, obstacles.TECHNICAL))))


@kpi(
    id="feature_breadth", label="Features an adopter uses", phase=PHASE, perspective="customer", kind="leading", unit="count", better="higher", statistic="mean",
    window="retention",
    definition="Mean number of usage touchpoints that a customer uses in the {window} from the first use on. Customers for whom these days are not over are left out.",
    numerator="usage touchpoints used in these days", denominator="adopters for whom these days are over", needs=USE,
)
def feature_breadth(journey: Journey) -> Any:
    rows = staying.breadth(journey, float(journey.company.windows.retention_days))
    return tagged(journey, rows, s=F.col("features"), w=F.lit(1.0))


@kpi(
    id="ideas_shipped", label="Ideas shipped", phase=PHASE, perspective="learning_and_growth", kind="leading", unit="count", better="higher", statistic="total",
    definition="Ideas of the team that reached customers, over all departments.", numerator="ideas shipped", denominator="ideas shipped",
    needs=("team.ideas_shipped",),
)
def ideas_shipped(journey: Journey) -> Any:
    rows = _team(journey, "ideas_shipped")
    return tagged(journey, rows, at="month", s=F.col("ideas_shipped"), people=F.coalesce(F.col("headcount"), F.lit(1.0)))


@kpi(
    id="onboarding_training_hours", label="Training hours a head for onboarding and support", phase=PHASE, perspective="learning_and_growth", kind="leading",
    unit="hours", better="higher", statistic="mean",
    definition="Hours of training a month and head in the departments that own onboarding, usage or support touchpoints.",
    numerator="training hours", denominator="heads and months of these departments", needs=("team.training_hours", "team.headcount", "touchpoints.owner"),
)
def onboarding_training_hours(journey: Journey) -> Any:
    words = journey.dictionary
    owners = sorted(set(words.loc[words["role"].isin(("onboarding", "usage", "support")), "owner"].dropna()))
    rows = _team(journey, "training_hours").filter(F.col("headcount").isNotNull() & F.lit(bool(owners)))
    rows = rows.filter(F.col("department").isNull() | F.col("department").isin(*owners, ""))
    return tagged(journey, rows, at="month", s=F.col("training_hours"), w=F.col("headcount"), people=F.col("headcount"))


def _team(journey: Journey, column: str) -> Any:
    """Rows of the team table with a value in the column, each its own cluster."""
    return journey.table("team").filter(F.col(column).isNotNull()).withColumn("customer_id", F.lit(None).cast("string"))
