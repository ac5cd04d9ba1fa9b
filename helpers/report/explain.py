"""`journey explain KPI` and `report.explain("intent_conversion")`: what a KPI is, the query behind it, the rows it rests on, its value."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from difflib import get_close_matches

import pandas as pd

from helpers import names
from helpers.draw.text import people, say, span
from helpers.infer.estimate import estimate
from helpers.journey import Journey, open_journey
from helpers.load.company import ROOT
from helpers.measure import Kpi, all_kpis
from helpers.measure.query import query
from helpers.measure.registry import own_label
from helpers.names import day_words
from helpers.report import display
from helpers.report.show import needs_in_words
from helpers.validate.report import text_table

STATISTIC = {
    "share": "sum of hits / sum of rows", "mean": "sum of s / sum of w over customers", "nps": "100 x (promoters less detractors) / answers", "total": "the sum",
    "level": "the sum of what stands at the end", "growth": "sum / sum of the like span before, less 1",
    "survival_share": "share with the event within the window, open windows censored (Kaplan and Meier 1958)",
    "survival_median": "median time to the event, open cases censored (Kaplan and Meier 1958)",
}


@dataclass(frozen=True)
class Explanation:
    """A KPI explained. `facts`: name -> words. `rows`: table, read, used, quarantined. `sql`: the query, empty without a journey."""

    kpi: str
    label: str
    facts: dict[str, str]
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    sql: str = ""

    def __str__(self) -> str:
        width = max(map(len, self.facts)) + 2
        parts = [f"{self.kpi}: {self.label}", "\n".join(f"{name:<{width}}{words}" for name, words in self.facts.items())]
        parts += [f"Rows of the tables it needs\n{text_table(self.rows)}"] if len(self.rows) else []
        parts += [f"The query that was run\n\n{self.sql}"] if self.sql else []
        return "\n\n".join(parts)

    def _repr_markdown_(self) -> str:
        """In a notebook: a list of facts, a table, and the query in a fold."""
        facts = "\n".join(f"- **{name}:** {display.literal(words)}" for name, words in self.facts.items())
        parts = [f"**{display.literal(self.label)}** (`{self.kpi}`)", facts]
        if len(self.rows):
            head = "| " + " | ".join(self.rows.columns) + " |\n|---|" + "---:|" * (len(self.rows.columns) - 1)
            body = "\n".join("| " + " | ".join(f"{one:,}" if isinstance(one, int) else display.literal(one) for one in row) + " |" for row in self.rows.itertuples(index=False))
            parts.append(f"{head}\n{body}")
        if self.sql:
            parts.append(f"<details><summary>The query that was run</summary>\n\n```sql\n{self.sql}\n```\n\n</details>")
        return "\n\n".join(parts)


def explain(kpi: str, journey: Journey | None = None) -> Explanation:
    """What a KPI is and how it was worked out for the open journey.

    `journey`: the open one; in a notebook it is found by itself. Without one, only the definition is told. Raises KeyError for an unknown KPI, naming
    the nearest.
    """
    known = all_kpis()
    if kpi not in known:
        near = get_close_matches(kpi, list(known), n=1)
        raise KeyError(f"there is no KPI '{kpi}'; `journey kpis` lists them" + (f". Type {near[0]}" if near else ""))
    one, journey = known[kpi], journey if journey is not None else _open_one()
    if journey is None:
        return Explanation(kpi, one.label, _facts(one, None))
    facts, sql = _facts(one, journey) | _value(one, journey), ""
    if not journey.missing(one.needs):
        sql = query(journey, one).replace(f"{ROOT}/", "")
    return Explanation(kpi, own_label(one, journey), facts, _rows(one, journey), sql)


def _open_one() -> Journey | None:
    """The journey that the notebook has open: `j`, else the only one there."""
    from IPython.core.interactiveshell import InteractiveShell

    if not InteractiveShell.initialized():
        return None
    space = InteractiveShell.instance().user_ns
    there = {id(value): value for name, value in space.items() if isinstance(value, Journey) and not name.startswith("_")}
    return space["j"] if isinstance(space.get("j"), Journey) else next(iter(there.values())) if len(there) == 1 else None


def _facts(kpi: Kpi, journey: Journey | None) -> dict[str, str]:
    days = kpi.window_days(journey) if journey else kpi.days
    window = f"{days:g} days" if days else f"the company's {kpi.window} window" if kpi.window else "none"
    better = {"higher": "higher is better", "lower": "lower is better", "range": "within a range"}[kpi.better]
    return {
        "What": kpi.describe(journey) if journey else kpi.definition.replace("{window}", window),
        "Numerator": kpi.numerator, "Denominator": kpi.denominator, "Formula": STATISTIC[kpi.statistic], "Unit": f"{kpi.unit}, {better}", "Window": window,
        "Place": f"{names.PHASES[kpi.phase]}, {names.PERSPECTIVES[kpi.perspective]}, {kpi.kind}", "Needs": needs_in_words(kpi.needs) if kpi.needs else "nothing",
    }


def _value(kpi: Kpi, journey: Journey) -> dict[str, str]:
    table = estimate(journey, kpi)
    row = next(table[table["grain"] == "period"].itertuples())
    about = f"period {journey.period.label}, segment {journey.segment.label}, as of {day_words(journey.as_of)}"
    if pd.isna(row.value):
        return {"Value": f"none: {needs_in_words(tuple(row.reason.removeprefix('needs ').split(', '))).join(('needs ', '')) if row.reason.startswith('needs ') else row.reason} ({about})"}
    around = span(row.low, row.high, kpi.unit)
    return {"Value": f"{say(row.value, kpi.unit, currency=journey.company.currency)}" + (f" (95% interval {around})" if around else "") + f", n {people(row.n)} ({about})"}


def _rows(kpi: Kpi, journey: Journey) -> pd.DataFrame:
    """Rows read, used and set aside of every table that the KPI needs, whole, before period and segment cut them."""
    wanted = dict.fromkeys(part.partition(".")[0] for need in kpi.needs for part in need.split("|"))
    infos = {name: journey.prepared.tables[name] for name in wanted if name in journey.prepared.tables}
    return pd.DataFrame([(name, i.rows_read, i.rows_used, i.rows_quarantined) for name, i in infos.items()], columns=["table", "read", "used", "quarantined"])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kpi", help="a KPI's id, e.g. intent_conversion (`journey kpis` lists them)")
    parser.add_argument("folder", nargs="?", help="the company's folder; without it only the definition is told")
    parser.add_argument("--period", default="all", help="all, 2026, 2026-H1, 2026-Q3, 2026-07, first..last day (default: all)")
    parser.add_argument("--segment", default="all", help="all, column=value, or several joined by & (default: all)")
    parser.add_argument("--as-of", default="", metavar="DAY", help="the day the data end (default: their last time stamp)")
    parser.add_argument("--min-cell", type=int, default=0, metavar="N", help="fewest people shown (default: the company's)")
    parser.add_argument("--source", metavar="DIR", help="where the data files lie, if not beside journey.yml")


def run(options: argparse.Namespace) -> int:
    """Exit code 0, or 2 where there is no such KPI, company, period or segment."""
    try:
        journey = None
        if options.folder:
            journey = open_journey(
                options.folder, period=options.period, segment=options.segment, as_of=options.as_of or None, min_cell=options.min_cell or None, source=options.source,
            )
        print(explain(options.kpi, journey))
    except (KeyError, ValueError, OSError) as error:
        print(f"journey explain: {error.args[0] if isinstance(error, KeyError) else error}", file=sys.stderr)
        return 2
    return 0
