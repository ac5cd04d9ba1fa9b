"""Small words of page 5: a feeling, a difference in a KPI's own unit, and what a segment that falls short needs."""

from __future__ import annotations

from collections.abc import Mapping

from helpers import names
from helpers.draw.text import is_missing, say
from helpers.report.words import quoted

NEEDS = {
    "stage_conversion_consideration": "a way on to what is on offer", "stage_conversion_decision": "a way on to a decision",
    "stage_conversion_purchase": "a way on to the purchase", "stage_conversion_post_purchase": "a welcome after the purchase",
    "stage_conversion_loyalty": "a reason to come closer", "stage_conversion_advocacy": "an occasion to speak of us",
    "adoption_rate": "help to get started", "retention": "a reason to buy again", "information_found_rate": "information that can be found",
    "trust_exposure": "signs of trust before buying", "concern_rate": "answers to doubts before buying", "hand_over_success": "hand-overs that work",
    "resolution_time": "faster solutions", "service_level_met": "service in the promised time", "technical_issue_rate": "fewer technical troubles at the start",
    "csat": "better experiences", "ces": "less effort",
}


SHORT = {
    "adoption_rate": "Uses the product", "trust_exposure": "Meets signs of trust", "concern_rate": "Has a doubt", "technical_issue_rate": "Technical trouble",
}
"""Labels that are too long for the head of a column."""


def need(kpi: str, label: str, stages: Mapping[str, str]) -> str:
    """What a segment needs that falls short on a KPI, with the company's own name of a stage.

    >>> need("csat", "Satisfaction", {}), need("stage_conversion_loyalty", "", {"loyalty": "Finishing"})
    ('better experiences', 'a way on to “Finishing”')
    """
    _, about, stage = kpi.partition("stage_conversion_")
    own = stages.get(stage, "") if about else ""
    return f"a way on to {quoted(own)}" if own and own != names.STAGES[stage] else NEEDS.get(kpi, quoted(label))


def feeling(value: float) -> str:
    """A feeling from -2 to +2, with its sign.

    >>> feeling(0.73), feeling(-1.2), feeling(0.0)
    ('+0.73', '−1.20', '0.00')
    """
    if is_missing(value):
        return "no data"
    text = f"{value:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")


def amount(value: float, unit: str, short: bool = False) -> str:
    """A difference with its sign: percentage points for shares, else the unit's own.

    >>> amount(-0.389, "share"), amount(-0.389, "share", short=True), amount(3.25, "hours")
    ('−38.9 pts', '−39', '+3.2 hours')
    >>> amount(0.001, "score"), amount(-0.2, "hours", short=True)
    ('0', '−0.2')
    """
    if unit == "share":
        text = f"{100 * value:+.0f}" if short else say(value, "change")
    elif unit == "score":
        text = f"{value:+.2f}"
    else:
        text = f"{value:+,.1f}" + ("" if short or unit not in ("hours", "days") else f" {unit}")
    text = "0" if not text.strip("+-0.") else text
    return text.replace("-", "−")


def gap(row, short: bool = False) -> str:
    """The difference of a row of `segments.against_others`."""
    return amount(row.difference, row.unit, short)


def against(row) -> str:
    """The interval of that difference."""
    if is_missing(row.difference_low):
        return "–"
    return f"{amount(row.difference_low, row.unit)} to {amount(row.difference_high, row.unit)}"
