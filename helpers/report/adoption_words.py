"""The words in which page 3 names steps, groups and comparisons; what its figures and its findings share."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers.draw.text import say
from helpers.infer.adoption_parts import SURE, older_than_the_data
from helpers.infer.section import Result
from helpers.report.words import quoted

USE = "use the product"
STEPS = {"met": "Began onboarding", "onboarded": "Onboarding that worked", "used": "First use", "again": "Use on another day"}
START = {"relation": "Start", "purchase": "First order", "onboarding": "First onboarding contact", "acquired": "Became a customer", "contact": "First contact"}
LEVELS = {"on_target": "good", "below_target": "watch", "red_flag": "bad", "not_yet_known": "watch", "no_information": "watch"}


def funnel_words(kind: str) -> dict[str, str]:
    """The name of each step of the onboarding funnel."""
    return {"started": START[kind], **STEPS}


def group(column: str, value: str) -> str:
    """A group as a sentence names it: `region “ost”`."""
    return f"{column.replace('_', ' ')} {quoted(value)}"


def alive_words(result: Result) -> str:
    """What a sign of life is here, after "who"."""
    words = {("usage", "purchase"): "use the product or order again", ("usage",): "use the product", ("purchase",): "buy again"}
    return words.get(tuple(result.facts["signs"]), "are seen again")


def earlier_words(result: Result) -> str:
    """A sentence where the first start in the data is hardly the first one; else nothing."""
    f = result.facts
    start = {"purchase": "order", "onboarding": "onboarding contact", "contact": "contact"}.get(f["kind"], "contact")
    return {
        "known": f"{say(f['known'] / max(f['started'], 1), 'share')} of these customers were customers before the data begin: the first {start} seen here is not their first.",
        "early": f"{say(f['early'] / max(f['started'], 1), 'share')} of these customers have their first {start} in the data's first 30 days. Most of them will have been customers before: they are older "
                 "than they look here, and the first months are not months of new customers.",
    }.get(older_than_the_data(f, result.journey), "")


def settled(q: float) -> str:
    """Whether a comparison shows a difference."""
    return "–" if q != q else "differs" if q < SURE else "not shown"


def late_words(f: Mapping) -> str:
    """The group that adopts late, beside the fastest of its column, in one line."""
    one, fast = f["late"], f["fastest"]
    where = group(one["column"], one["value"])
    if one["median"] != one["median"]:
        return f"In {where} fewer than half have used the product so far; among the others half have by day {one['rest_median']:.0f}"
    if fast is None:
        return f"In {where} half have used the product by day {one['median']:.0f}, among the others by day {one['rest_median']:.0f}"
    return (f"In {where} the first use comes {one['median'] - fast['median']:.0f} days later than in {quoted(fast['value'])}: half have used the product by day {one['median']:.0f}, there by day "
            f"{fast['median']:.0f}")


def kpi_row(card, kpi: str) -> pd.Series | None:
    """The scorecard's row of a KPI for the period; None where there is none."""
    if card is None:
        return None
    rows = card.table[card.table["kpi"] == kpi]
    return rows.iloc[0] if len(rows) else None


def owner_of(row: pd.Series | None) -> str:
    """Who owns a KPI, or nobody."""
    return row["owner"] if row is not None and isinstance(row["owner"], str) else ""
