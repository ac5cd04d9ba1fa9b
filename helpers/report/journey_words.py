"""Small words of page 5: a feeling, a difference in a KPI's own unit, and what a segment that falls short needs."""

from __future__ import annotations

from collections.abc import Mapping

from helpers import names
from helpers.draw.text import is_missing, signed
from helpers.report.words import moved, quoted

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
    return "no data" if is_missing(value) else signed(value)


def gap(row) -> str:
    """The difference of a row of `segments.against_others`."""
    return moved(row.difference, row.unit)


def gap_in_cell(row) -> str:
    """The same as it stands in a cell of a heat map: without its unit, shares in whole points.

    >>> from types import SimpleNamespace
    >>> [gap_in_cell(SimpleNamespace(difference=one, unit=unit)) for one, unit in ((-0.389, "share"), (0.001, "score"), (-0.2, "hours"))]
    ['−39', '0.00', '−0.2']
    """
    size = 100 * row.difference if row.unit == "share" else row.difference
    return signed(size, {"share": 0, "score": 2}.get(row.unit, 1))


def against(row) -> str:
    """The interval of that difference."""
    if is_missing(row.difference_low):
        return "–"
    return f"{moved(row.difference_low, row.unit)} to {moved(row.difference_high, row.unit)}"
