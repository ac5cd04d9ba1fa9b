"""Page 4 in words that several sections share: whom they describe, the facts their sentences need, why there is nothing."""

from __future__ import annotations

from helpers.infer.agreement import Q, STABLE
from helpers.infer.effects import OVERLAP
from helpers.infer.moments import Moments
from helpers.journey import Journey
from helpers.measure import outcome


def rule(journey: Journey) -> str:
    """When a touchpoint is called a moment of truth."""
    return (
        f"A moment of truth: the effect, or one regression on everything, is past {100 * journey.company.practical_margin:g} points after a false discovery rate of {100 * Q:g}% and the other "
        "points past it as well; importance above an equal share or a penalty agrees without any adjustment; the effect is past the margin again in at least "
        f"{100 * STABLE:g}% of halves of the customers; and at least {100 * OVERLAP:g}% of those who rated it could have fared either way. What has signs of it and does not pass is to watch."
    )


def nothing(found: Moments) -> str:
    """What to say where a section of the analysis is empty."""
    if found.reason:
        return f"Not measured: {found.reason}."
    if found.same:
        return "Not measured: every touchpoint was rated in the same survey as the outcome, so nothing came before it."
    return "No touchpoint's poor experience is shown to go with fewer outcomes in this period and segment."


def facts(journey: Journey, found: Moments) -> dict:
    table = found.table
    return {
        "phrase": outcome.phrase(journey), "bare": outcome.phrase(journey, bare=True), "outcome": journey.outcome, "same": found.same,
        "reason": found.reason, "rate": found.rate, "rate_words": outcome.rate_words(journey, found.rate, found.occasions), "occasions": found.occasions, "rows": found.rows, "customers": found.customers, "part": found.part,
        "margin": journey.company.practical_margin, "r_squared": found.r_squared,
        "moments": table.loc[table["verdict"] == "moment_of_truth", "label"].tolist(),
        "watch": table.loc[table["verdict"] == "watch", "label"].tolist(),
        "refused": table.loc[table["refused"].astype(bool), "label"].tolist(),
    }


def analysed(journey: Journey, found: Moments) -> str:
    if not found.rows:
        return journey.segment.people
    what = "purchases" if journey.outcome == "repeat_purchase" else "answers"
    part = f", {100 * found.part:.0f}% of them drawn at random" if found.part < 1 else ""
    return f"{found.rows:,} rated {what} of {found.customers:,} customers ({journey.segment.people}{part})"


def method(journey: Journey, found: Moments) -> str:
    if found.reason:
        return ""
    days = f"{journey.company.windows.retention_days:g}"
    unit = {
        "repeat_purchase": f"Moments: one case is a day on which a customer bought, with the ratings given after it and before the next purchase, within {days} days; its "
        f"outcome is another purchase within {days} days of it. Purchases whose window is still open are left out; of two ratings of one touchpoint the later counts.",
    }.get(str(journey.outcome), f"Moments: one case is an answer about the company as a whole, with the ratings of touchpoints that the same customer gave in the {days} days up to it.")
    if found.same:
        unit += " Here both come from one and the same survey: what goes together is shown, and no effect is claimed."
    if found.part < 1:
        unit += (
            f" There are so many cases that importance, penalty, reward, effects and the plain shares after each experience rest on {100 * found.part:.0f}% of the customers, drawn at random with a fixed seed; "
            "ratings, performance, the removal effect and who met what count everybody."
        )
    importance = "importance is each touchpoint's part of the variance that all ratings explain (LMG; Johnson's weights beyond twelve touchpoints), with a bootstrap interval over customers"
    if found.table["removal_effect"].notna().any():
        importance += (". The removal effect is the part of the outcomes that the exact chain of contacts loses when all who come to a touchpoint are lost (bootstrap over blocks of customers): "
                       "it grows with how many pass there, whatever they think of it")
    return f"{unit} Performance is the mean on the survey's own scale; {importance}.{'' if found.same else ' ' + rule(journey)}"
