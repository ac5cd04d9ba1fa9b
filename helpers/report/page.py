"""The parts that every page has: what was asked, whether the data can answer, the scorecard, doubt, next steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

import pandas as pd

from helpers import names
from helpers.draw.text import people
from helpers.engine import F
from helpers.infer.section import Result, sections
from helpers.contract import EVENT_TABLES
from helpers.journey import Journey
from helpers.measure import all_kpis
from helpers.names import day_words
from helpers.report import against_target, display, period_change
from helpers.report.finding import FIRST, Finding, ordered, to_html, to_text
from helpers.report.scorecard import silence, status_counts, status_payload, untargeted
from helpers.report.show import needs_in_words

if TYPE_CHECKING:
    from helpers.score import ScoredCard

NEEDS = 6  # missing tables and columns that a page names; all of them are in the csv
_ABSENCE = "This is an absence of evidence, not evidence that all is well."
NOUNS = {
    "customers": "customers", "interactions": "interactions", "orders": "orders", "surveys": "survey answers",
    "tickets": "tickets", "mentions": "mentions", "campaigns": "campaigns", "team": "team months",
}


def findings(page: str, journey: Journey, results: Mapping[str, Result], card: ScoredCard | None = None) -> list[Finding]:
    """Show what is signal on a page and what it found, what matters most first; returns the findings for `next_steps`."""
    found = gathered(page, journey, results, card)
    if card is not None:
        display.emit("status", status_payload(card))
    change = period_change.of(page, results)
    first = period_change.sentence(change) if change else ""
    payload = {"findings": [one.payload() for one in found], "signal": period_change.payload(change) if change else {}}
    display.emit("findings", payload, html=to_html(found, first), text=to_text(found, first))
    return found


def gathered(page: str, journey: Journey, results: Mapping[str, Result], card: ScoredCard | None = None) -> list[Finding]:
    """The findings of a page in their order: its own, its scorecard's and what changed; one that says so where there is none."""
    found = import_module(f"helpers.report.{page.split('_', 1)[1]}").find(journey, results, card)
    change = period_change.of(page, results)
    if page != "5_journey":  # there the phases' own pages have said it
        found = [*found, *(against_target.find(card) if card is not None else []), *(period_change.find(change, card) if change else [])]
    return ordered(found) or [_nothing(journey, results)]


def lead(journey: Journey) -> str:
    """Company, period, segment and the day the data end, in one line."""
    who = journey.segment.people
    when = "all the data" if journey.period.label == "all" else journey.period.label
    return f"{journey.company.name}, {who}, {when} ({day_words(journey.period.start)} to {_last_day(journey)})."


def asked(journey: Journey) -> None:
    """Show what was asked and of whom: the rows and people behind the page, the windows it uses, the company's notes."""
    rows = []
    for name in EVENT_TABLES:
        if not journey.has(name):
            continue
        frame = journey.inside(name)
        count = journey.collect(frame.agg(F.count(F.lit(1)).alias("rows"), F.countDistinct("customer_id").alias("customers")))
        total, named = int(count["rows"].iloc[0]), int(count["customers"].iloc[0])
        shown = "nobody named" if not journey.has(name, "customer_id") else _few(named, journey.min_cell)
        rows.append((NOUNS[name].capitalize(), _few(total, journey.min_cell), shown))
    frame = pd.DataFrame(rows, columns=["What", "In this period and segment", "Customers behind them"])
    display.show_markdown(display.literal(lead(journey)) + " " + _windows(journey))
    display.show_table(frame, stem="asked", caption="What this page rests on")
    if journey.company.notes:
        display.show_markdown("What the company says about its data:\n\n" + "\n".join(f"- {display.literal(n)}" for n in journey.company.notes))


def can_answer(page: str, journey: Journey) -> None:
    """Show how much of the page can be measured, and which tables and columns the rest lacks, those that most need first."""
    wanted = wants(page)
    lacking = {what: tuple(journey.missing(needs)) for what, needs in wanted}
    without = [what for what, lacks in lacking.items() if lacks]
    text = f"{len(wanted) - len(without)} of the {len(wanted)} things this page can show rest on tables that are there."
    if not without:
        display.show_markdown(text + " Nothing is missing.")
        return
    by_need: dict[str, list[str]] = {}
    for what in without:
        for need in lacking[what]:
            by_need.setdefault(need, []).append(what)
    first = sorted(by_need.items(), key=lambda item: -len(item[1]))
    frame = pd.DataFrame([(needs_in_words((need,)), str(len(whats)), _among(whats)) for need, whats in first[:NEEDS]], columns=["What is missing", "Needed for", "Among them"])
    data = pd.DataFrame([(need, what) for need, whats in first for what in whats], columns=["missing", "needed_for"])
    more = f" ({NEEDS} of {len(first)})" if len(first) > NEEDS else ""
    display.show_markdown(f"{text} {_below(len(without))}")
    display.show_table(frame, stem="cannot_be_known", caption=f"What is missing, what most of the page needs first{more}", data=data)


def _among(whats: list[str], most: int = 3) -> str:
    """Some of what is wanted, and how many more; apart by semicolons, for some hold commas.

    >>> _among(["who stops, and where"]), _among(["a, b", "c", "d", "e"], most=2)
    ('who stops, and where', 'a, b; c; 2 more')
    """
    more = [f"{len(whats) - most} more"] if len(whats) > most else []
    return "; ".join([*whats[:most], *more])


def _below(count: int) -> str:
    rest = "The other one lacks" if count == 1 else f"The other {count} lack"
    return f"{rest} data; each question says below what it needs and would show."


def wants(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """What a page can show, sections then KPIs, each with the tables and columns it needs."""
    phase = page.split("_", 1)[1]
    kpis = [(f"{k.label} (KPI)", k.needs) for k in all_kpis().values() if k.phase == phase]
    return [(one.would_show, one.needs) for one in sections(page).values()] + kpis


def coverage(journey: Journey) -> None:
    """Show, page by page, how much can be measured and which table or column would unlock most of the rest."""
    rows, data = [], []
    for page, title in names.PAGES.items():
        wanted = wants(page)
        lacks = Counter(need for _, needs in wanted for need in set(journey.missing(needs)))
        open_ = sum(not journey.missing(needs) for _, needs in wanted)
        best = [need for need, _ in sorted(lacks.items(), key=lambda item: (-item[1], item[0]))[:2]]
        rows.append((title, f"{open_} of {len(wanted)}", "; ".join(needs_in_words((need,)) for need in best) or "nothing is missing"))
        data.append((page, open_, len(wanted), " ".join(best)))
    frame = pd.DataFrame(rows, columns=["Page", "Can be measured", "What would unlock most of the rest"])
    numbers = pd.DataFrame(data, columns=["page", "measurable", "wanted", "unlock"])
    display.show_table(frame, stem="coverage", caption="What each page can measure", data=numbers)


def sure(page: str, journey: Journey, results: Mapping[str, Result], card: ScoredCard | None = None) -> None:
    """Show how sure the page is: one level, the floors, the method of each section, and what it does not show."""
    lines = [
        f"Every interval is a 95% interval with the customer as its unit. Fewer than {people(journey.min_n, 'cases')} read "
        f"“too few”, and nothing is shown of fewer than {people(journey.min_cell, 'people')}. A KPI's share is shown also where hardly anybody or nearly everybody has the outcome: its interval "
        "(Wilson's) says what so few of them bear; comparisons and effects take five of either outcome.",
        "How sure a finding is, in one word: certain (counted), very sure (several checks agree, or lots were drawn), sure that it is so, not why (beyond chance, also after allowing for all that "
        "was compared), fairly sure (one interval, a simple model or somebody's word), not known.",
        "Customers whose window is still open are counted as open, never as lost.",
        "These are observations: what goes together need not be cause and effect, unless the company drew lots.",
    ]
    if card is not None and (unknown := status_counts(card)["no_information"] - untargeted(card)):
        lines.append(f"{people(unknown, 'KPIs')} on the scorecard {'has' if unknown == 1 else 'have'} {silence(card)}.")
    display.show_markdown("\n".join(f"- {line}" for line in lines))
    if methods := list(dict.fromkeys(one.method for one in results.values() if one.method)):
        display.show_detail("How each part was measured", "\n\n" + "\n".join(f"- {line}" for line in methods))


def next_steps(found: list[Finding]) -> None:
    """Show what should be done next and by whom, in the order of the findings; those that fold away can wait."""
    steps = [(one.next_step, one.owner or "to be named", one.headline) for one in found[:FIRST] if one.next_step]
    if not steps:
        display.show_markdown("No step follows from this page yet: first get the data that it lacks (above).")
        return
    frame = pd.DataFrame(steps, columns=["Next step", "Who", "Because"]).drop_duplicates("Next step")
    frame.insert(0, "#", [str(i + 1) for i in range(len(frame))])
    display.show_table(frame, stem="next_steps", caption="What to do next, by whom")


def _nothing(journey: Journey, results: Mapping[str, Result]) -> Finding:
    """What stands where a page found nothing: what most of its parts lack, or that there were too few cases."""
    lacks = Counter(need for one in results.values() for need in set(one.missing))
    if not lacks:
        return Finding(
            headline="The data at hand settle nothing on this page yet.", level="unknown", next_step="Render a longer period",
            observed="No section had enough cases in this period and segment to say more than chance would.", how_sure=_ABSENCE,
        )
    need, parts = min(lacks.items(), key=lambda item: (-item[1], item[0]))
    return Finding(
        headline=f"Most of what this page asks cannot be known from these data: {parts} of its {people(len(results), 'parts')} lack {needs_in_words((need,))}.", level="unknown",
        observed="What can be shown stands below; it settles nothing that calls for a decision.", how_sure=_ABSENCE, next_step=f"Bring {needs_in_words((need,))}",
    )


def _windows(journey: Journey) -> str:
    w = journey.company.windows
    return (
        f"Windows: a customer has {w.intent_days:g} days to decide, {w.adoption_days:g} days to adopt and {w.retention_days:g} days "
        f"to come back; a visit ends after {w.session_gap_minutes:g} minutes of silence. The data are known up to {day_words(journey.as_of)}."
    )


def _few(count: int, min_cell: int) -> str:
    return "too few" if 0 < count < min_cell else f"{count:,}"


def _last_day(journey: Journey) -> str:
    return day_words(min(journey.period.end - pd.Timedelta(microseconds=1), journey.as_of))


__all__ = ["asked", "can_answer", "coverage", "findings", "gathered", "lead", "next_steps", "sure", "wants"]
