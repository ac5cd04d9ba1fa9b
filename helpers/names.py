"""The words of the workbook: one concept, one name, one way to write a day. Nothing here computes."""

from datetime import timedelta

STAGES = {
    "awareness": "Awareness",
    "consideration": "Consideration",
    "decision": "Decision",
    "purchase": "Purchase",
    "post_purchase": "After purchase",
    "loyalty": "Loyalty",
    "advocacy": "Advocacy",
}
STAGES_AFTER_PURCHASE = ("post_purchase", "loyalty", "advocacy")

PHASES = {
    "intent": "Intent",
    "touchpoints": "Touchpoints",
    "adoption": "Adoption",
    "moments_of_truth": "Moments of truth",
}

PAGES = {
    "0_data": "Data",
    "1_intent": "Intent",
    "2_touchpoints": "Touchpoints",
    "3_adoption": "Adoption",
    "4_moments_of_truth": "Moments of truth",
    "5_journey": "Journey",
}

PERSPECTIVES = {
    "financial": "Financial",
    "customer": "Customer",
    "internal_processes": "Internal processes",
    "learning_and_growth": "Learning and growth",
}

ROLES = (
    "research", "comparison", "evaluation", "needs", "information", "concerns", "trust",
    "purchase", "onboarding", "support", "engagement", "usage", "loyalty", "advocacy",
)
INTENT_ROLES = ("research", "comparison", "evaluation")
INTENT_COMPONENTS = ("needs", "information", "concerns", "trust")

SETTINGS = ("online", "offline")
# What a touchpoint means for a relation that ends some day: it begins, the customer leaves, or it comes to its proper end.
RELATIONS = ("start", "lost", "done")
INSTRUMENTS = ("csat", "ces", "nps", "expectation", "emotion")
INTERACTION_OUTCOMES = ("success", "failed", "abandoned")

# What the customer does next, in the order in which a company falls back (DESIGN section 2).
OUTCOMES = {
    "repeat_purchase": "another order within the retention window",
    "recommendation": "an NPS answer of 9 or 10",
    "satisfaction": "an overall satisfaction answer in the top two boxes",
}

# Porter's five primary and four support activities.
ACTIVITY_KINDS = {
    "inbound_logistics": "primary",
    "operations": "primary",
    "outbound_logistics": "primary",
    "marketing_and_sales": "primary",
    "service": "primary",
    "infrastructure": "support",
    "human_resources": "support",
    "technology": "support",
    "procurement": "support",
}

KINDS = ("leading", "lagging")
BETTER = ("higher", "lower", "range")
UNITS = ("share", "points", "score", "days", "hours", "currency", "count")
GRAINS = ("month", "period")

STATUSES = {
    "on_target": "On target",
    "below_target": "Below target",
    "red_flag": "Red flag",
    "not_yet_known": "Not yet known",
    "no_information": "No information",
}

VERDICTS = {
    "moment_of_truth": "Moment of truth",
    "watch": "Watch",
    "not_shown": "Not shown",
    "too_few": "Too few",
}

# The machine interface (DESIGN section 6): a column is never renamed silently.
KPI_COLUMNS = (
    "phase", "perspective", "objective", "kpi", "label", "unit", "better", "kind", "period",
    "grain", "segment", "value", "low", "high", "n", "base", "target", "red_flag", "score",
    "status", "owner", "definition",
)
MOMENT_COLUMNS = (
    "touchpoint", "stage", "channel", "n", "performance", "importance", "importance_low",
    "importance_high", "penalty", "reward", "asymmetry", "effect", "effect_low", "effect_high",
    "p_value", "q_value", "removal_effect", "methods_agreeing", "verdict",
)


def day_words(when) -> str:
    """A day as it stands in a sentence; `when` is a date, datetime or pandas Timestamp.

    >>> from datetime import date
    >>> day_words(date(2026, 9, 30))
    '30 September 2026'
    """
    return f"{when.day} {when:%B %Y}"


def days_words(start, end) -> str:
    """A span of time from `start` until just before `end` by its first and last day.

    >>> from datetime import datetime
    >>> days_words(datetime(2026, 7, 1), datetime(2026, 10, 1))
    '1 July 2026 to 30 September 2026'
    """
    return f"{day_words(start)} to {day_words(end - timedelta(seconds=1))}"
