"""Trade-offs in words, charts and tables: which KPI gains when which other loses; and what of it is worth a finding."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say_q, signed, signed_span
from helpers.infer.section import Result
from helpers.infer.trade_offs import LAGS
from helpers.journey import Journey
from helpers.measure import all_kpis
from helpers.report.finding import Finding
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, quoted, source

MOST = 6


@reads("trade_offs")
def trade_offs(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    shown = table[table["shown"]]
    if not len(shown):
        return [f"None shown. {_tried(f)}, and none moves against another beyond chance and beyond a single month. {_power(f)}"]
    first = shown.head(MOST)
    months = result.extra["months"].assign(pair=lambda t: t["first"] + "|" + t["second"])
    notes = {f"{r.first}|{r.second}": _numbers(r) for r in first.itertuples()}
    months = months[months["pair"].isin(notes)].assign(note=lambda t: t["pair"].map(notes))
    chart = draw.against(months, title=_title(first), who=f"{result.who}; {people(f['months'], 'settled months')}, up is better", stem="trade_offs",
                         caption="Months in standard deviations of each KPI. Moving against each other is no proof that one costs the other. " + source(result, "all tables"))
    lines = "\n".join(f"- {sentence(row)}" for row in first.itertuples())
    numbers = pd.DataFrame({
        "When this gains": shown["first_label"], "this loses": shown["second_label"], "Kind": ["short-term against long-term" if one == "leading" else "two of one kind" for one in shown["family"]],
        "When": [_when(lag) for lag in shown["lag"]], "Rank correlation of changes": [signed_span(r.correlation, r.low, r.high) for r in shown.itertuples()],
        "q": [say_q(q) for q in shown["q_value"]], "Months": [people(n) for n in shown["months"]],
    })
    return [chart, lines, Table(numbers, "trade_offs", "Pairs of KPIs that move against each other beyond chance", table), _tried(f) + ". " + _power(f)]


def sentence(row) -> str:
    """A trade-off in a sentence: what gains, what loses, when, and how sure."""
    return f"When {quoted(row.first_label)} gets better, {quoted(row.second_label)} gets worse{'' if row.lag == 0 else ' ' + _when(row.lag)} ({_numbers(row)})."


def _title(shown: pd.DataFrame) -> str:
    row = shown.iloc[0]
    more = f"; {people(len(shown) - 1, 'more pairs' if len(shown) > 2 else 'more pair')} below" if len(shown) > 1 else ""
    return f"When {quoted(row['first_label'])} gets better, {quoted(row['second_label'])} gets worse{'' if row['lag'] == 0 else ' ' + _when(row['lag'])}{more}"


def _numbers(row) -> str:
    return f"rank correlation {signed(row.correlation)}, {signed(row.low)} to {signed(row.high)}; q {say_q(row.q_value)}; {people(row.months, 'changes')}"


def _when(lag: int) -> str:
    return "in the same month" if lag == 0 else f"{lag} month{'' if lag == 1 else 's'} later"


def _tried(f: Mapping) -> str:
    """What was compared, in words."""
    parts = [f"{people(f['pairs']['leading'], 'pairs')} of a short-term and a long-term KPI up to {LAGS} months apart"] if f["pairs"].get("leading") else []
    parts += [f"{people(f['pairs']['same'], 'pairs')} of one kind in the same month"] if f["pairs"].get("same") else []
    left = f" ({people(f['left_out'], 'pairs')} that count the same thing left out)" if f["left_out"] else ""
    return f"{listed(parts)} were compared over up to {people(f['months'], 'months')}{left}"


def _power(f: Mapping) -> str:
    return "With so many pairs and so few months only a strong and steady opposition can be told from chance: what is not shown may still be there."


def find(result: Result, journey: Journey) -> list[Finding]:
    """The clearest trade-off, short-term against long-term first; none where none is shown."""
    shown = result.table[result.table["shown"]]
    if not len(shown):
        return []
    row, kpis = next(shown.head(1).itertuples()), all_kpis()
    kind = "A short-term gain goes with a long-term loss" if row.family == "leading" else "Two aims pull against each other"
    units = " and ".join(dict.fromkeys(kpis[id].perspective.replace("_", " ") for id in (row.first, row.second)))
    return [Finding(
        headline=f"{kind}: {sentence(row).split(' (')[0][0].lower() + sentence(row).split(' (')[0][1:]}.",
        observed=" ".join(sentence(one) for one in shown.head(3).itertuples()) + f" Perspectives: {units}.",
        how_sure="A test by permutation that pays for all pairs and lags, and holds without any one month.",
        otherwise="A season or a project may move both; a change in who comes may do the same.",
        next_step=f"Set the target of {quoted(row.first_label)} together with that of {quoted(row.second_label)}, and review them side by side", level="watch", weight=46 if row.family == "leading" else 36,
    )]
