"""The KPIs of the phase moments of truth: rows a label; see `registry` for how rows become a value with an interval."""

from __future__ import annotations

from typing import Any

from helpers import engine, names
from helpers.engine import F
from helpers.journey import Journey
from helpers.measure import outcome, recovery, value_chain
from helpers.measure.base import can_purchase, described, instrument, next_purchase, purchases
from helpers.measure.registry import kpi, tagged
from helpers.measure.stages import WINDOWS, before, stage_reached

PHASE = "moments_of_truth"
RATED = ("surveys.touchpoint",)
FIVE_POINTS = 4.0
"""From a place on a scale of 0 to 1 to the steps of a five-point scale."""


def _register_conversion(stage: str, window: str) -> None:
    label = names.STAGES[stage].lower()
    early = stage in ("consideration", "decision", "purchase")

    @kpi(
        id=f"stage_conversion_{stage}", label=f"Going on to {label}", phase=PHASE, perspective="customer",
        kind="leading" if early else "lagging", unit="share", better="higher", statistic="survival_share", window=window,
        definition=f"Of the customers who reach the stage before for the first time, the share who have contact with the stage {label} (or a later one) "
        "within {window} of it; open windows are censored. The purchase stage is reached by a purchase; a stage without any contact is passed over.",
        numerator=f"customers who go on to {label} or beyond", denominator=f"customers who reach the stage before {label}",
        needs=("interactions", f"touchpoints.stage={stage}" + ("|orders.customer_id" if stage == "purchase" else "")),
    )
    def conversion(journey: Journey) -> Any:
        rows = stage_reached(journey).filter(F.col("stage") == (before(journey, stage) or ""))
        return tagged(journey, rows, days=F.col("days"), event=F.col("event"))


for _stage, _window in WINDOWS.items():
    _register_conversion(_stage, _window)


@kpi(
    id="outcome_rate", label="Occasions with the outcome", phase=PHASE, perspective="customer", kind="lagging", unit="share",
    better="higher", statistic="share",
    definition="Share of occasions that end as the company wants: a purchase followed by another within the retention window (open windows are left out); "
    "without orders an answer of 9 or 10 to the recommendation question, without that an overall satisfaction in the top two boxes.",
    numerator="occasions with the outcome", denominator="occasions whose outcome is settled",
    needs=("orders.customer_id|touchpoints.role=purchase|surveys.customer_id",),
)
def outcome_rate(journey: Journey) -> Any:
    rows = outcome.occasions(journey).filter(F.col("closed") == 1).withColumn("row_id", F.lit(0))
    return tagged(journey, rows, s=F.col("outcome"), w=F.lit(1.0))


@kpi(
    id="poor_experience_share", label="Poor experiences", phase=PHASE, perspective="customer", kind="leading", unit="share",
    better="lower", statistic="share",
    definition="Share of ratings of touchpoints in the lower half of their scale (1 or 2 of 5). Where a touchpoint is rated by several questions, the one with most answers counts.",
    numerator="poor ratings", denominator="ratings of touchpoints", needs=RATED,
)
def poor_experience_share(journey: Journey) -> Any:
    return tagged(journey, outcome.ratings(journey), s=F.col("poor"), w=F.lit(1.0))


@kpi(
    id="delighted_share", label="Delightful experiences", phase=PHASE, perspective="customer", kind="leading", unit="share",
    better="higher", statistic="share",
    definition="Share of ratings of touchpoints at the top of their scale (5 of 5, 9 or 10 of 10).",
    numerator="ratings at the top of the scale", denominator="ratings of touchpoints", needs=RATED,
)
def delighted_share(journey: Journey) -> Any:
    return tagged(journey, outcome.ratings(journey), s=F.col("delighted"), w=F.lit(1.0))


@kpi(
    id="expectation_gap", label="Experience against expectation", phase=PHASE, perspective="customer", kind="leading", unit="score",
    better="higher", statistic="mean",
    definition="Mean of what customers experienced at a touchpoint less what they said they expected of it within {window} before, in steps of a five-point "
    "scale. Below 0, they expected more.",
    numerator="sum of experience less expectation", denominator="ratings with an expectation before them",
    needs=(*RATED, "surveys.instrument=expectation"), window="retention",
)
def expectation_gap(journey: Journey) -> Any:
    hoped = instrument(journey, "expectation").filter(F.col("touchpoint").isNotNull() & F.col("customer_id").isNotNull())
    place = (F.col("score") - F.col("scale_min")) / (F.col("scale_max") - F.col("scale_min"))
    hoped = hoped.select("customer_id", "touchpoint", F.col("at").alias("hoped_at"), place.alias("hoped"))
    felt = outcome.ratings(journey).select("customer_id", "touchpoint", "row_id", F.col("at").alias("felt_at"), "quality")
    pairs = felt.join(hoped, ["customer_id", "touchpoint"]).select("customer_id", "row_id", "felt_at", "hoped_at", "quality", "hoped")
    days = engine.days_between("hoped_at", "felt_at")
    pairs = pairs.filter((days >= 0) & (days <= F.lit(float(journey.company.windows.retention_days))))
    # One row a rating: the expectation said last before it.
    pairs = pairs.groupBy("customer_id", "row_id", F.col("felt_at").alias("at")).agg(F.max("quality").alias("quality"), F.max_by("hoped", "hoped_at").alias("hoped"))
    return tagged(journey, pairs, s=(F.col("quality") - F.col("hoped")) * F.lit(FIVE_POINTS), w=F.lit(1.0))


@kpi(
    id="moment_nps", label="Recommendation after a rated experience", phase=PHASE, perspective="customer", kind="lagging", unit="points",
    better="higher", statistic="nps",
    definition="Share of promoters (9 or 10) less share of detractors (6 or less) among answers given within {window} after the customer rated a touchpoint.",
    numerator="promoters less detractors", denominator="recommendation answers after a rated experience",
    needs=(*RATED, "surveys.instrument=nps"), window="retention",
)
def moment_nps(journey: Journey) -> Any:
    said = instrument(journey, "nps").filter(F.col("customer_id").isNotNull()).select("customer_id", "row_id", F.col("at").alias("said_at"), "score")
    rated = outcome.ratings(journey).select("customer_id", F.col("at").alias("rated_at"))
    both = said.join(rated, "customer_id").select("customer_id", "row_id", "said_at", "rated_at", "score")
    days = engine.days_between("rated_at", "said_at")
    both = both.filter((days >= 0) & (days <= F.lit(float(journey.company.windows.retention_days))))
    both = both.select("customer_id", "row_id", F.col("said_at").alias("at"), "score").distinct()
    vote = F.when(F.col("score") >= 9, 1.0).when(F.col("score") <= 6, -1.0).otherwise(0.0)
    return tagged(journey, both, s=vote, w=F.lit(1.0))


@kpi(
    id="moment_retention", label="Coming back after a rated experience", phase=PHASE, perspective="customer", kind="lagging", unit="share",
    better="higher", statistic="survival_share", window="retention",
    definition="Share of rated experiences after which the customer buys within {window} (where no purchases are known: is seen again), open windows censored.",
    numerator="rated experiences followed by a purchase", denominator="rated experiences",
    needs=("surveys.touchpoint", "surveys.customer_id", "orders.customer_id|interactions"),
)
def moment_retention(journey: Journey) -> Any:
    rows = outcome.ratings(journey).filter(F.col("customer_id").isNotNull()).select("customer_id", "row_id", "at")
    rows = next_purchase(journey, rows) if can_purchase(journey) else recovery.next_event(rows, journey.table("interactions").select("customer_id", "at"))
    days = engine.days_between(F.col("at"), F.coalesce(F.col("next_at"), engine.instant(journey.as_of)))
    return tagged(journey, rows, days=days, event=F.when(F.col("next_at").isNull(), 0).otherwise(1))


@kpi(
    id="recovery_rate", label="Poor experiences put right", phase=PHASE, perspective="internal_processes", kind="leading", unit="share",
    better="higher", statistic="survival_share", days=recovery.DAYS,
    definition="Share of poor ratings after which, within {window}, a ticket of the customer was solved and not reopened, or the customer rated a support "
    "touchpoint well (4 or 5 of 5); open windows censored. Without tickets and rated support, any good rating counts.",
    numerator="poor ratings put right", denominator="poor ratings of touchpoints", needs=("surveys.touchpoint", "surveys.customer_id"),
)
def recovery_rate(journey: Journey) -> Any:
    rows = recovery.poor_experiences(journey).filter(F.lit(recovery.can_recover(journey)))
    return tagged(journey, rows, days=F.col("days"), event=F.col("event"))


@kpi(
    id="time_to_recover", label="Days until a poor experience is put right", phase=PHASE, perspective="internal_processes", kind="leading", unit="days",
    better="lower", statistic="survival_median",
    definition="Median days from a poor rating to the first solved ticket or good answer about support; experiences not put right yet are censored.",
    numerator="days to the repair", denominator="poor ratings of touchpoints", needs=("surveys.touchpoint", "surveys.customer_id"),
)
def time_to_recover(journey: Journey) -> Any:
    rows = recovery.poor_experiences(journey).filter(F.lit(recovery.can_recover(journey)))
    return tagged(journey, rows, days=F.col("days"), event=F.col("event"))


@kpi(
    id="complaint_rate", label="Purchases that lead to a ticket", phase=PHASE, perspective="internal_processes", kind="lagging", unit="share",
    better="lower", statistic="survival_share", days=30,
    definition="Share of purchases after which the customer opens a ticket within {window}, open windows censored. Tickets at touchpoints of stages before the purchase do not count.",
    numerator="purchases followed by a ticket", denominator="purchases",
    needs=("tickets.customer_id", "orders.customer_id|touchpoints.role=purchase"),
)
def complaint_rate(journey: Journey) -> Any:
    opened = described(journey, journey.table("tickets")).filter(F.col("customer_id").isNotNull())
    opened = opened.filter(~F.coalesce(F.col("stage"), F.lit("")).isin(*outcome.BEFORE_PURCHASE))
    rows = recovery.next_event(purchases(journey).select("customer_id", "row_id", "at"), opened.select("customer_id", F.col("opened_at").alias("at")))
    days = engine.days_between(F.col("at"), F.coalesce(F.col("next_at"), engine.instant(journey.as_of)))
    return tagged(journey, rows, days=days, event=F.when(F.col("next_at").isNull(), 0).otherwise(1))


@kpi(
    id="waiting_share", label="Waiting share of elapsed time", phase=PHASE, perspective="internal_processes", kind="leading", unit="share",
    better="lower", statistic="mean",
    definition="Hours in which nothing happens, as a share of the hours that the activities behind each contact take; each contact counts the activities that serve its touchpoint.",
    numerator="waiting hours of the activities behind the contacts", denominator="elapsed hours of the activities behind the contacts",
    needs=("interactions", "activity_touchpoints", "activities.elapsed_hours", "activities.waiting_hours"),
)
def waiting_share(journey: Journey) -> Any:
    return tagged(journey, value_chain.time_of_contacts(journey), s=F.col("waiting_hours"), w=F.col("elapsed_hours"))


@kpi(
    id="activity_cost", label="Cost of the activities", phase=PHASE, perspective="financial", kind="leading", unit="currency",
    better="lower", statistic="total",
    definition="Monthly cost of all activities, borne by the contacts of the month: the cost of those behind a touchpoint by its contacts, the rest by all "
    "contacts alike. A segment bears the cost of its contacts. A month that the data cover in part counts in part.",
    numerator="cost of the activities", denominator="all contacts of the period", needs=("interactions", "activities.cost"),
)
def activity_cost(journey: Journey) -> Any:
    return tagged(journey, value_chain.cost_of_contacts(journey), s=F.col("cost"))


@kpi(
    id="contact_cost", label="Activity cost of a contact", phase=PHASE, perspective="financial", kind="leading", unit="currency",
    better="lower", statistic="mean",
    definition="Cost of all activities over all contacts with customers, by month; see the cost of the activities for how it is spread.",
    numerator="cost of the activities", denominator="contacts with customers", needs=("interactions", "activities.cost"),
)
def contact_cost(journey: Journey) -> Any:
    return tagged(journey, value_chain.cost_of_contacts(journey), s=F.col("cost"), w=F.lit(1.0))


@kpi(
    id="cost_of_poor_experience", label="Revenue that did not come back after a poor experience", phase=PHASE, perspective="financial", kind="lagging",
    unit="currency", better="lower", statistic="total",
    definition="Revenue of the purchases that were followed by a poor rating and by no further purchase within the retention window; open windows are left out. "
    "The most that poor experience can have cost: some of these customers would not have come back anyway.",
    numerator="revenue of purchases with a poor rating and no further purchase", denominator="all purchases of the period", needs=("orders.revenue", *RATED),
)
def cost_of_poor_experience(journey: Journey) -> Any:
    poor = outcome.rated_with_outcome(journey).filter(F.col("poor") == 1).select("customer_id", "number")
    lost = outcome.occasions(journey).filter((F.col("outcome") == 0) & F.col("revenue").isNotNull()).join(poor, ["customer_id", "number"], "left_semi")
    return tagged(journey, lost.withColumn("row_id", F.col("number")), s=F.col("revenue"))


@kpi(
    id="next_purchase_value", label="Value of the next purchase", phase=PHASE, perspective="financial", kind="lagging", unit="currency",
    better="higher", statistic="mean",
    definition="Revenue of the next purchase within the retention window, per purchase (0 where none follows); open windows are left out.",
    numerator="revenue of next purchases within the window", denominator="purchases whose window is over", needs=("orders.revenue", "orders.customer_id"),
)
def next_purchase_value(journey: Journey) -> Any:
    rows = outcome.occasions(journey).withColumn("row_id", F.lit(0))
    following = rows.select("customer_id", (F.col("number") - 1).alias("number"), F.col("revenue").alias("next_revenue"))
    rows = rows.filter((F.col("closed") == 1) & F.col("revenue").isNotNull()).join(following, ["customer_id", "number"], "left")
    return tagged(journey, rows, s=F.col("outcome") * F.coalesce(F.col("next_revenue"), F.lit(0.0)), w=F.lit(1.0))


def _departments(journey: Journey) -> Any:
    """Team rows of the departments that own a rated touchpoint (or of no named one), with heads."""
    rated = outcome.instruments(journey)["touchpoint"]
    words = journey.dictionary
    owners = words.loc[words["touchpoint"].isin(rated), "owner"].dropna().unique().tolist()
    rows = journey.table("team").filter(F.col("department").isNull() | F.col("department").isin(*owners, ""))
    rows = rows.withColumn("customer_id", F.lit(None).cast("string"))  # each month of a department is a case of its own
    return rows.withColumn("heads", F.coalesce(F.col("headcount"), F.lit(1.0)))


@kpi(
    id="moment_training_hours", label="Training hours a head where customers rate us", phase=PHASE, perspective="learning_and_growth", kind="leading",
    unit="hours", better="higher", statistic="mean",
    definition="Hours of training a month and head in the departments that own a rated touchpoint.",
    numerator="training hours", denominator="heads and months of these departments", needs=("team.training_hours", "team.headcount", *RATED),
)
def moment_training_hours(journey: Journey) -> Any:
    return tagged(journey, _departments(journey), at="month", s=F.col("training_hours"), w=F.col("heads"), people=F.col("heads"))


@kpi(
    id="moment_staff_satisfaction", label="Staff satisfaction where customers rate us", phase=PHASE, perspective="learning_and_growth", kind="leading",
    unit="score", better="higher", statistic="mean",
    definition="Mean satisfaction of the people in the departments that own a rated touchpoint, weighted by heads.",
    numerator="satisfaction of each head", denominator="heads and months of these departments", needs=("team.employee_satisfaction", *RATED),
)
def moment_staff_satisfaction(journey: Journey) -> Any:
    return tagged(journey, _departments(journey), at="month", s=F.col("employee_satisfaction") * F.col("heads"), w=F.col("heads"), people=F.col("heads"))
