"""A trial in words: what changed by lot, and whether the lots look drawn."""

from __future__ import annotations

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say, say_q, signed
from helpers.infer.section import Result
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import points, quoted, source

BEFORE = {"weeks": "weeks as a customer", "contacts": "contacts before the draw", "purchases": "purchases before the draw"}


@reads("trial")
def trial(result: Result) -> list[Item]:
    table, f = result.table, result.facts
    marks = table.assign(label=[f"{arm} (control)" if arm == f["control"] else arm for arm in table["arm"]])[["label", "value", "low", "high", "n"]]
    chart = draw.bars(marks, title=_title(result), who=f"Share who {f['words']} within {f['days']:g} days of the draw; {result.who}", caption=source(result, "customers and purchases"), stem="trial", noun="customers", sort=False)
    shown = pd.DataFrame({
        "Arm": marks["label"], "Customers": [f"{n:,.0f}" for n in table["n"]], "Share": [say(v, "share", digits=1) if v == v else "too few" for v in table["value"]],
        "Against the control": [_gap(row) for row in table.itertuples()], "q": [say_q(q) for q in table["q_value"]],
        "By lot as unlike the control": ["–" if p != p else f"{say(p, 'share')} of the time" for p in table["balance_p"]],
    })
    return [chart, _balance(result), Table(shown, "trial_arms", "The arms of the trial", table)]


def find(result: Result) -> list[Finding]:
    """Each arm that differs from the control beyond chance; that none does, where none does."""
    f, arms = result.facts, result.table.iloc[1:].dropna(subset=["difference"])
    sure = arms[arms["q_value"] < 0.05]
    doubt = "Lots were drawn and the arms were alike before, so nothing but the change and chance sets them apart." if f["drawn"] else _balance(result)
    word = "strong" if f["drawn"] else "fair"
    other = "It holds for those who drew and for this time; others may answer differently." if f["drawn"] else "The arms were not alike before, which may explain it."
    if not len(sure):
        return [Finding(headline=f"No arm of the trial is shown to change how many customers {f['words']} again.", observed="; ".join(f"{row.arm}: {_gap(row)}" for row in arms.itertuples()) + f"; {result.who}.",
                        sure=word, how_sure=doubt, otherwise="A change smaller than the intervals allow may be there.", next_step="Decide whether the largest change that the intervals allow would pay; if so, draw more lots", level="watch", weight=30)]
    return [Finding(
        headline=f"{_said(f, row)}.", observed=f"{quoted(row.arm)} {say(row.value, 'share', digits=1)} of {people(row.n, 'customers')}, {quoted(f['control'])} {say(result.table['value'].iloc[0], 'share', digits=1)} of {people(result.table['n'].iloc[0], 'customers')}: {_gap(row)}.",
        sure=word, how_sure=doubt, otherwise=other, next_step=f"Give {quoted(row.arm)} to everybody if it pays, and keep a small control" if row.difference > 0 else f"Stop {quoted(row.arm)}", level="good" if row.difference > 0 else "bad", weight=72,
    ) for row in sure.itertuples()]


def _title(result: Result) -> str:
    sure = result.table[result.table["q_value"] < 0.05]
    return f"{_said(result.facts, next(sure.sort_values('p_value').itertuples()))}" if len(sure) else "No arm is shown to differ from the control"


def _said(facts: dict, row) -> str:
    """“changes” only where lots were drawn and look it."""
    share = f"the share who {facts['words']} within {facts['days']:g} days"
    if facts["drawn"]:
        return f"{quoted(row.arm)} changes what customers do: {share} {'rises' if row.difference > 0 else 'falls'} by {points(row.difference)}"
    return f"Where customers got {quoted(row.arm)}, {share} is {points(row.difference)} {'higher' if row.difference > 0 else 'lower'}; that goes with it and need not come from it"


def _balance(result: Result) -> str:
    worst = result.table.iloc[1:].dropna(subset=["balance_p"]).sort_values("balance_p", kind="stable").head(1)
    if not len(worst):
        return "Nothing was known of these customers before the draw, so whether the lots were fair cannot be checked."
    one = worst.iloc[0]
    what = BEFORE.get(one["furthest"], one["furthest"].replace("_", " "))
    most = f"what they differ in most is {what}, by {abs(one['apart']):.2f} standard deviations"
    if result.facts["drawn"]:
        return f"The arms were alike before the draw, as lots make them: {most}."
    return f"The lots do not look drawn: before the draw, {quoted(one['arm'])} and the control were further apart than lots would leave them ({most}). So it is said what goes with the arm, not what it changes."


def _gap(row) -> str:
    if row.difference != row.difference:
        return "–"
    gap, low, high = (signed(100 * one, 1) for one in (row.difference, row.difference_low, row.difference_high))
    return f"{gap} points ({low} to {high})"
