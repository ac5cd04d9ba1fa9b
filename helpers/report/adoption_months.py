"""Page 3, its KPIs month by month: charts of signals and noise, and what they and the scorecard's arrows say."""

from __future__ import annotations

import pandas as pd

from helpers import draw
from helpers.draw.text import month, people, say, span
from helpers.infer.section import Result
from helpers.infer.xmr import SIGNALS
from helpers.journey import Journey
from helpers.report.adoption_words import kpi_row, owner_of, q_words
from helpers.report.finding import Finding
from helpers.report.links import of as links_of
from helpers.report.show import Item, Table, reads
from helpers.report.words import listed, quoted, source


@reads("adoption_leading")
def adoption_leading(result: Result) -> list[Item]:
    return _charts(result)


@reads("adoption_lagging")
def adoption_lagging(result: Result) -> list[Item]:
    return _charts(result)


def _charts(result: Result) -> list[Item]:
    f, table = result.facts, result.table
    title = f"No {f['kind']} KPI holds a signal: every month so far is noise"
    if f["flagged"]:
        rest = "; the rest is noise" if f["flagged"] < f["kpis"] else ""
        title = f"{f['flagged']} of {people(f['kpis'], f['kind'] + ' KPIs')} hold{'s' if f['flagged'] == 1 else ''} a signal{rest}"
    chart = draw.xmr_small(table.drop(columns=["low", "high"]), title=title, who=result.who, caption=source(result, "settled months"), stem=f"adoption_{f['kind']}", currency=f["currency"])
    items: list[Item] = [chart]
    signals = table[table["signal"] != ""]
    if len(signals):
        items.append(Table(_signal_table(signals, f["currency"]), f"adoption_{f['kind']}_signals", "The signals", signals))
    if f["short"]:
        items.append(f"Without a chart, for want of {f['min_months']} settled months: {listed(f['short'], most=12)}.")
    return items


def _signal_table(signals: pd.DataFrame, currency: str) -> pd.DataFrame:
    """One row a KPI and kind of signal: the months, and which way."""
    rows = []
    for (label, signal, way), part in signals.groupby(["label", "signal", "way"], sort=False):
        unit = part["unit"].iloc[0]
        values = [say(v, unit, currency=currency) for v in part["value"]]
        told = listed([f"{month(p)} ({v})" for p, v in zip(part["period"], values, strict=True)], most=5)
        rows.append((label, told, SIGNALS.get(signal, signal), say(part["centre"].iloc[0], unit, currency=currency), way or "–"))
    return pd.DataFrame(rows, columns=["KPI", "Months", "Signal", "Mean of all months", "Which is"])


def signals(result: Result, journey: Journey, card) -> list[Finding]:
    """A KPI whose last settled months hold a signal to the worse."""
    table, found = result.table, []
    for kpi, part in table.groupby("kpi", sort=False):
        tail = part.tail(3)
        hit = tail[(tail["signal"] != "") & (tail["way"] == "worse")]
        if not len(hit):
            continue
        last, first = hit.iloc[-1], part.iloc[0]
        value, mean = (say(last[name], first["unit"], currency=journey.company.currency) for name in ("value", "centre"))
        found.append(Finding(
            headline=f"{first['label']}: {month(last['period'])} is a signal to the worse, {value} against a mean of {mean}.",
            observed=f"XmR chart over {part['value'].notna().sum()} settled months.", how_sure="A signal is rare by chance, about once in a hundred months and KPIs; it says that something changed, not what.",
            otherwise="A change in how the figure is recorded.", next_step=f"Ask what happened in {month(last['period'])}, and write it beside the chart", owner=owner_of(kpi_row(card, kpi)), level="watch", weight=36,
        ))
    return found


def arrows(journey: Journey, card) -> list[Finding]:
    """The arrows of the scorecard that the months bear out, or contradict."""
    table, found = links_of(journey, card), []
    for r in table[table["verdict"].isin(["supported", "contradicted"])].itertuples():
        bad = r.verdict == "contradicted"
        when = "in the same month" if r.lag == 0 else f"{_months(r.lag)} later"
        drawn = "" if pd.isna(r.lag_months) or r.lag_months == r.lag else f" The scorecard draws a lag of {_months(r.lag_months)}."
        found.append(Finding(
            headline=f"When {quoted(r.from_label)} changes, {quoted(r.to_label)} {'goes the other way than planned' if bad else 'follows as planned'}, {when}.",
            observed=f"Correlation of monthly changes {r.correlation:+.2f} ({span(r.low, r.high, 'score')}), over {r.months} months; q {q_words(r.q_value)}.".replace("-", "−") + drawn,
            how_sure="Seven lags were tried and paid for. A common season can still make two KPIs move together.", otherwise="A third thing that moves both.",
            next_step="Talk over why, before more is spent on this arrow" if bad else f"Keep the arrow, and plan with a lag of {_months(r.lag)}", owner=owner_of(kpi_row(card, r.from_kpi)),
            level="bad" if bad else "good", weight=48 if bad else 20,
        ))
    return found


def _months(lag: int) -> str:
    return f"{lag} month{'' if lag == 1 else 's'}"
