"""What a phase's scorecard found: the KPIs past their red flag, those short of target, and those on it."""

from __future__ import annotations

import pandas as pd

from helpers.draw.text import people, say, span
from helpers.report.finding import Finding
from helpers.report.words import exact, listed, owners_of, quoted
from helpers.score import ScoredCard

_OTHERWISE = "A target may have been set for another time or another mix of customers."


def find(card: ScoredCard) -> list[Finding]:
    """At most three findings, one a status; see `finding.Finding`."""
    by_status = {status: part.sort_values(["score", "label"], kind="stable") for status, part in card.table.groupby("status")}
    reads = {"red_flag": _flagged, "below_target": _short, "on_target": _reached}
    return [read(by_status[status], card.currency) for status, read in reads.items() if status in by_status]


def _flagged(table: pd.DataFrame, currency: str) -> Finding:
    first = table.iloc[0]
    stands = f"{quoted(first['label'])} stands at {exact(first['value'], first['unit'], currency)}, past the red flag of {say(first['red_flag'], first['unit'], currency=currency)}."
    return Finding(
        headline=stands if len(table) == 1 else f"{people(len(table), 'KPIs')} are past the red flag: {_named(table)}.", level="bad", weight=52,
        observed=_figures(table, currency, ("target", "red flag")), how_sure="The whole 95% interval lies past the red flag.", otherwise=_OTHERWISE,
        next_step=f"Decide what is done about {_named(table)}, or correct the target in the open", owner=owners_of(table["owner"], 3),
    )


def _short(table: pd.DataFrame, currency: str) -> Finding:
    first, rest = table.iloc[0], len(table) - 1
    more = f" {people(rest, 'more KPIs')} {'misses' if rest == 1 else 'miss'} the target as well." if rest else ""
    return Finding(
        headline=f"{quoted(first['label'])} stands at {exact(first['value'], first['unit'], currency)}; the target is {say(first['target'], first['unit'], currency=currency)}.{more}",
        observed=_figures(table, currency, ("target",)), how_sure="The whole 95% interval lies short of the target, though not past the red flag.", otherwise=_OTHERWISE,
        next_step=f"Ask why {quoted(first['label'])} misses its target, and what its initiative has done so far", owner=first["owner"] or "", level="watch", weight=30,
    )


def _reached(table: pd.DataFrame, currency: str) -> Finding:
    first = table.iloc[0]
    stands = f"{quoted(first['label'])} is on target with {exact(first['value'], first['unit'], currency)}; wanted was {say(first['target'], first['unit'], currency=currency)}."
    return Finding(
        headline=stands if len(table) == 1 else f"{people(len(table), 'KPIs')} are on target: {_named(table)}.", level="good", weight=10,
        observed=_figures(table, currency, ("target",)), how_sure="The whole 95% interval lies at or past the target.", otherwise="A target that is met with ease may have been set too low.",
        next_step="Ask whether this target should now be set higher" if len(table) == 1 else "Ask which of these targets should now be set higher", owner=owners_of(table["owner"], 3),
    )


def _figures(table: pd.DataFrame, currency: str, ends: tuple[str, ...]) -> str:
    def one(row) -> str:
        aims = ", ".join(f"{end} {say(getattr(row, end.replace(' ', '_')), row.unit, currency=currency)}" for end in ends)
        interval = span(row.low, row.high, row.unit, digits=1 if row.unit == "share" else None)
        return f"{row.label} {exact(row.value, row.unit, currency)} ({interval}; {aims}; n {people(row.n)})"

    return "; ".join(one(row) for row in table.itertuples()) + "."


def _named(table: pd.DataFrame) -> str:
    return listed([quoted(label) for label in table["label"]], 4)
