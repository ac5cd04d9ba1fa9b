"""Page 3, who is late when all else is equal, in words, a chart and a table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import draw
from helpers.draw.text import people
from helpers.infer.adoption_parts import SURE
from helpers.infer.section import Result
from helpers.measure.traits import CHANNEL, LEARNT
from helpers.report.adoption_words import USE, settled
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, quoted, source

NAMES = {CHANNEL: "channel of the first contact", LEARNT: "onboarding before the start"}
MATTERS = (0.8, 1.25)
"""Paces between these are told in the table only, however sure they are."""


@reads("adoption_adjusted")
def adoption_adjusted(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    one = slowest(result)
    title = f"All else equal, no group is shown to {USE} much later than the others"
    if one:
        title = f"All else equal, {_where(one['column'], one['value'])} takes up the product {pace(one['ratio'])} {quoted(one['against'])}"
    marks = table.assign(label=table["value"], group=table["column"].map(lambda c: _column(c).capitalize()))[["label", "group", "ratio", "low", "high", "n", "reference"]]
    who = f"Pace of first uses in the first {f['days']:g} days against the largest group of each kind; {result.who}"
    chart = draw.ratios(marks, title=title, who=who, caption=source(result, "contacts and orders"), stem="adoption_adjusted", noun="customers")
    return [chart, " ".join(filter(None, [_held(f), _drift(result)])), _table(result)]


def slowest(result: Result) -> dict:
    """The group shown to be slowest against the reference of its kind, all else equal, with `against` (that reference); empty where none."""
    table = result.table
    shown = table[(table["q_value"] < SURE) & (table["ratio"] < MATTERS[0])]
    if not len(shown):
        return {}
    one = shown.loc[shown["ratio"].idxmin()]
    return one.to_dict() | {"against": _reference(table, one["column"])}


def sure_words(results: Mapping[str, Result], column: str, value: str) -> str:
    """What the comparison with all else equal adds on one group; nothing where it does not know it."""
    result = results.get("adoption_adjusted")
    if result is None or not result.ok:
        return ""
    row = result.table[(result.table["column"] == column) & (result.table["value"] == value) & result.table["ratio"].notna()]
    if not len(row):
        return ""
    one, others = row.iloc[0], [_column(c) for c in result.facts["columns"] if c != column]
    told = f"With {listed(others)} held equal it takes up the product {pace(one['ratio'])} {quoted(_reference(result.table, column))} ({_span(one['low'], one['high'])})"
    return told + (": the gap does not come from those." if one["q_value"] < SURE and one["high"] < 1 else ": then no gap is shown, so it may come from those.")


def pace(ratio: float) -> str:
    """A hazard ratio in words, before the reference: "half as fast as".

    >>> pace(0.5), pace(0.397), pace(2.1), pace(1.31)
    ('half as fast as', 'at 0.40 times the pace of', 'twice as fast as', 'at 1.3 times the pace of')
    """
    if 0.47 <= ratio <= 0.53:
        return "half as fast as"
    if 1.9 <= ratio <= 2.1:
        return "twice as fast as"
    return f"at {ratio:.2f} times the pace of" if ratio < 1 else f"at {ratio:.1f} times the pace of"


def _held(f: Mapping) -> str:
    told = f"Held equal: {listed([_column(c) for c in f['columns']])}. A pace of one half means that on any day, of those who have not begun, half as many begin."
    if f["repeated"]:
        told += " " + " ".join(f"The {_column(a)} is left out: it says nearly the same as {_column(b)}." for a, b in f["repeated"].items())
    return told


def _drift(result: Result) -> str:
    """What the test of a steady pace says, and how the slowest group fares early and late."""
    f, tests = result.facts, result.extra["pace"]
    changing = tests.loc[tests["q_value"] < SURE, "column"].tolist()
    if not changing:
        return "Nothing speaks against a pace that stays the same throughout."
    told = f"The gap by {listed([_column(c) for c in changing])} changes with time, so the pace is a mean over the {f['days']:g} days."
    one = slowest(result)
    if not one or one["column"] not in changing or one["early"] != one["early"] or one["late"] != one["late"]:
        return told
    told += (f" In {_where(one['column'], one['value'])} it is {one['early']:.2f} ({_span(one['early_low'], one['early_high'])}) in the first {f['window']:g} days and {one['late']:.2f} "
             f"({_span(one['late_low'], one['late_high'])}) after them, among those who have not begun")
    return told + (": they come late rather than never." if one["early_high"] < 1 < one["late_low"] else ".")


def _table(result: Result) -> Table:
    table = result.table
    rows = pd.DataFrame({
        "Customers": [_where(c, v) for c, v in zip(table["column"], table["value"], strict=True)], "n": [people(n) if n == n else "too few" for n in table["n"]],
        "Pace, all else equal": [_ratio(r, r.ratio) for r in table.itertuples()], "95% interval": [_span(r.low, r.high) for r in table.itertuples()],
        "Pace alone": [_ratio(r, r.alone) for r in table.itertuples()], "Interval": [_span(r.alone_low, r.alone_high) for r in table.itertuples()],
        "All else equal": ["–" if r.reference else settled(r.q_value) for r in table.itertuples()],
    })
    return Table(rows, "adoption_pace", "Pace of first uses in every group, with all other traits held equal and alone", table)


def _reference(table: pd.DataFrame, column: str) -> str:
    return table.loc[(table["column"] == column) & table["reference"], "value"].iloc[0]


def _column(column: str) -> str:
    return NAMES.get(column, column.replace("_", " "))


def _where(column: str, value: str) -> str:
    return f"{_column(column)} {quoted(value)}"


def _ratio(row, value: float) -> str:
    return "1 (reference)" if row.reference else f"{value:.2f}" if value == value else "too few"


def _span(low: float, high: float) -> str:
    return f"{low:.2f}–{high:.2f}" if low == low and high == high else "–"
