"""The table of a scorecard: perspectives, their objectives, their KPIs, what matters most first; and what cannot be judged, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from html import escape

import pandas as pd

from helpers import names
from helpers.draw.text import day, month, people, say, span
from helpers.report import marks
from helpers.report.display import status_html
from helpers.report.show import needs_in_words
from helpers.report.words import base, listed
from helpers.score import GOAL_SCORE, ScoredCard

ORDER = ("red_flag", "below_target", "not_yet_known", "on_target", "no_information")
HEAD = ("KPI", "Now", "From red flag to target", "Trend", "Status", "Owner", "Initiative")
MONTHS, LEAST_MONTHS = 24, 4
REASONS = {"no target": "have no target", "too few": "have too few cases", "no rows": "have nothing in this period"}
BETTER = {"higher": "higher is better", "lower": "lower is better", "range": "best within a range"}
KEY = (
    "Dashed: red flag; solid: target; bar: 95% interval, further right is better. Trend: months that are over; grey: their ordinary ups and downs, "
    "dashed: the mean, diamond: a month that stands out."
)


def cards_html(card: ScoredCard) -> str:
    """The scorecard as a table, every word escaped: a group of rows a perspective, worst and heaviest first inside; empty where nothing is judged."""
    rows = judged(card)
    if not len(rows):
        return ""
    lines_of, objectives = kpi_lines(card), card.objectives.set_index("objective")
    bodies = []
    for perspective in card.perspectives.itertuples():
        mine = rows[rows["perspective"] == perspective.perspective]
        if not len(mine):
            continue
        lines = [_roll_up("perspective", perspective, _kpis(card, perspective.perspective))]
        for objective in _worst_first(objectives[objectives.index.isin(mine["objective_id"])]).itertuples():
            lines.append(_roll_up("objective", objective, [objective.children, objective.without_information, objective.not_yet_known], objective.owner))
            lines += [lines_of[one] for one in _worst_first(mine[mine["objective_id"] == objective.Index]).index]
        bodies.append(f"<tbody>{''.join(lines)}</tbody>")
    whole = next(card.phase.itertuples())
    counts = [len(card.rows[(card.rows["grain"] == "period") & (card.rows["objective_id"] != "")]), *_silent_and_open(card)]
    top = f"<tbody>{_roll_up('whole', whole, counts, whole.owner)}</tbody>"
    return frame_html(f"{card.card.name}: each KPI against its target", top + "".join(bodies), _was(card))


def frame_html(caption: str, bodies: str, note: str = "") -> str:
    """The table around lines of `kpi_lines`: caption, what the drawings mean, head."""
    caption, head = escape(caption), "".join(f'<th scope="col">{name}</th>' for name in HEAD)
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{caption}"><table class="scorecard"><caption>{caption}<small>{KEY}{note}</small></caption>'
        f"<thead><tr>{head}</tr></thead>{bodies}</table></div>"
    )


def kpi_lines(card: ScoredCard, *, note: str = "") -> dict[int, str]:
    """The line of each judged KPI by its place in `judged`; `note` stands under every name."""
    months, before, due = _months(card), _before(card), _due(card)
    return {row.Index: _row(row, card, months, before, due, note) for row in judged(card).itertuples()}


def judged(card: ScoredCard) -> pd.DataFrame:
    """The rows of the period that have a status beyond "no information", with the ends of their interval as scores."""
    rows = card.rows[(card.rows["grain"] == "period") & (card.rows["status"] != "no_information")]
    ends = card.bullets.set_index(["kpi", "objective"])[["score_low", "score_high"]]
    return rows.merge(ends[~ends.index.duplicated()], left_on=["kpi", "objective"], right_index=True, how="left")


def unscored_html(card: ScoredCard) -> str:
    """What cannot be judged, a line a reason: KPIs without a target with their value, then those that the data cannot tell, by what they lack."""
    rows = card.rows[(card.rows["grain"] == "period") & (card.rows["status"] == "no_information")]
    if not len(rows):
        return ""
    aims = rows[rows["value"].notna()]
    parts = [_untargeted(aims, card)] if len(aims) else []
    gone = rows[rows["value"].isna()]
    if len(gone):
        there = card.journey.has if card.journey is not None else lambda table: False
        parts.append(_silent(gone, there))
    return "".join(parts)


def _silent(rows: pd.DataFrame, there: Callable[[str], bool]) -> str:
    """The KPIs that the data cannot tell, a line for each thing that is missing, folded under how many they are and what most of them lack."""
    groups = lacks(dict(zip(rows["label"], rows["reason"], strict=True)), there)
    lines = "".join(f"<li><strong>{escape(what[:1].upper() + what[1:])}</strong>: {escape(listed(labels, 40))}.</li>" for what, labels in groups.items())
    named = [f"{len(labels)} {_one(what) if len(labels) == 1 else what}" for what, labels in list(groups.items())[:2]]
    rest = sum(len(labels) for labels in list(groups.values())[2:])
    told = listed([*named, *([f"{rest} for other reasons"] if rest else [])])
    return f'<details class="unscored"><summary>{escape(people(len(rows), "KPIs"))} without information: {escape(told)}</summary><ul>{lines}</ul></details>'


def lacks(reasons: Mapping[str, str], there: Callable[[str], bool]) -> dict[str, list[str]]:
    """KPIs by what keeps them from being known, the thing that most of them lack first; each KPI once.

    reasons: KPI -> reason, as in `ScoredCard.rows`. there: whether a table is.

    >>> lacks({"A": "needs orders.cost, interactions", "B": "needs interactions", "C": "too few"}, lambda table: table == "orders")
    {'need the table interactions': ['A', 'B'], 'have too few cases': ['C']}
    """
    open_ = {label: _missing(reason, there) for label, reason in reasons.items()}
    groups: dict[str, list[str]] = {}
    while open_:
        counts = Counter(one for missing in open_.values() for one in missing)
        most = max(counts, key=lambda one: (one.startswith("need the table"), counts[one]))
        groups[most] = [label for label, missing in open_.items() if most in missing]
        open_ = {label: missing for label, missing in open_.items() if most not in missing}
    return dict(sorted(groups.items(), key=lambda one: -len(one[1])))


def _missing(reason: str, there: Callable[[str], bool]) -> list[str]:
    if not reason.startswith("needs "):
        return [REASONS.get(reason, f"have {reason}")]
    needs = reason.removeprefix("needs ").split(", ")
    gone = [need for need in needs if not any(there(one.partition(".")[0]) for one in need.split("|"))]
    tables = ["need the table " + " or ".join(dict.fromkeys(one.partition(".")[0] for one in need.split("|"))) for need in gone]
    return tables or ["need " + needs_in_words(tuple(needs)).partition(" (")[0]]


def _one(words: str) -> str:
    """What several KPIs do, said of one: need -> needs, have -> has."""
    verb, _, rest = words.partition(" ")
    return f"{'has' if verb == 'have' else f'{verb}s'} {rest}"


# Roll-ups and order -------------------------------------------------------------------------------------


def _worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with status, score and weight in the order of what matters: the worst status, then the most weight times the way to the target."""
    lack = rows["weight"] * (GOAL_SCORE - rows["score"]).fillna(0.0)
    order = pd.DataFrame({"status": rows["status"].map(ORDER.index), "lack": -lack, "place": range(len(rows))}, index=rows.index)
    return rows.loc[order.sort_values(["status", "lack", "place"]).index] if rows.index.is_unique else rows


def _kpis(card: ScoredCard, perspective: str) -> list[int]:
    """KPIs of a perspective's objectives: how many, without information, not yet known."""
    mine = card.objectives[card.objectives["perspective"] == perspective]
    return [int(mine[name].sum()) for name in ("children", "without_information", "not_yet_known")]


def _silent_and_open(card: ScoredCard) -> list[int]:
    return [int(card.objectives[name].sum()) for name in ("without_information", "not_yet_known")]


def _roll_up(kind: str, row, counts: list[int], owner: str = "") -> str:
    """One line above its KPIs: name, how many KPIs it rests on, status and score, owner."""
    total, silent, unsettled = counts
    told = [people(total, "KPIs"), *([f"{unsettled} not yet known"] if unsettled else []), *([f"{silent} without information"] if silent else [])]
    weight = f", weight {row.weight:g}" if row.weight != 1 and kind != "whole" else ""
    name = {"whole": "All perspectives"}.get(kind, row.name)
    score = "" if pd.isna(row.score) else f'<small>score {row.score:.1f} of 10</small>'
    scope = "row" if kind == "whole" else "rowgroup"
    return (
        f'<tr class="rollup {kind}"><th scope="{scope}" colspan="4">{escape(name)}<small>{escape(", ".join(told) + weight)}</small></th>'
        f'<td data-of="Status">{status_html(row.status)}{score}</td><td data-of="Owner" colspan="2">{escape(owner)}</td></tr>'
    )


# KPIs ---------------------------------------------------------------------------------------------------


def _row(row, card: ScoredCard, months: dict, before: dict[str, float], due: dict[str, list[str]], note: str) -> str:
    currency = card.currency
    value, interval = ("–" if pd.isna(row.value) else say(row.value, row.unit, currency=currency)), span(row.low, row.high, row.unit)
    target, flag = (say(one, row.unit, currency=currency) for one in (row.target, row.red_flag))
    label = f"{row.label}: {value}{f', 95% interval {interval}' if interval else ''}; target {target}, red flag {flag}; {names.STATUSES[row.status].lower()}"
    drawn = marks.bullet(row.score_low, row.score_high, row.score, status=row.status, red_flag=flag, target=target, label=label)
    count = "" if pd.isna(row.n) else base(row.value, row.n, row.unit)
    weight = f", weight {row.weight:g}" if row.weight != 1 else ""
    return (
        f'<tr><th scope="row"><span title="{escape(row.definition)}">{escape(row.label)}</span><small>{note}{row.kind}, {BETTER[row.better]}{weight}</small></th>'
        f'<td data-of="Now"><strong>{escape(value)}</strong><small>{escape(interval)}</small><small>{count}</small></td>'
        f'<td data-of="Red flag to target">{drawn or f"<small>target {escape(target)}, red flag {escape(flag)}</small>"}</td>'
        f'<td data-of="Trend">{_trend(row, months, before, currency)}</td>'
        f'<td data-of="Status">{status_html(row.status)}<small>score {row.score:.1f} of 10</small></td>'
        f'<td data-of="Owner">{escape(row.owner) or "to be named"}</td>'
        f'<td data-of="Initiative">{"<br>".join(map(escape, due.get(row.kpi, []))) or "–"}</td></tr>'
    )


def _months(card: ScoredCard) -> dict[str, pd.DataFrame]:
    """The settled months of each KPI: period, value, and centre, lower, upper and signal where there are enough for limits."""
    rows = card.rows[card.rows["grain"] == "month"]
    rows = rows[~rows.duplicated(["kpi", "period"])]
    found = {}
    if card.journey is not None and hasattr(card.journey, "first_at"):
        from helpers.infer.monthly import monthly

        known = set(card.scorecards.kpis) & _registered()
        series = monthly(card.journey, rows[rows["kpi"].isin(known)])
        found = {kpi: part.tail(MONTHS) for kpi, part in series.groupby("kpi", sort=False)}
    return {kpi: found.get(kpi, part.sort_values("period").tail(MONTHS)) for kpi, part in rows.groupby("kpi", sort=False)}


def _registered() -> set[str]:
    from helpers.measure import all_kpis

    return set(all_kpis())


def _trend(row, months: dict[str, pd.DataFrame], before: dict[str, float], currency: str) -> str:
    """The months as a small line inside their limits, and the value of the like period before."""
    part = months.get(row.kpi)
    words = "" if pd.isna(row.value) or row.kpi not in before else f"was {say(before[row.kpi], row.unit, currency=currency)}"
    note = f"<small>{escape(words)}</small>" if words else ""
    if part is None or part["value"].notna().sum() < LEAST_MONTHS:
        return note or "<small>too few months</small>"
    known = part[part["value"].notna()]
    limits = tuple(float(part[name].iloc[0]) for name in ("centre", "lower", "upper")) if "centre" in part and pd.notna(part["centre"].iloc[0]) else None
    signals = (part["signal"] != "").tolist() if limits else []
    if sum(signals) * 2 > len(signals):  # on the move all along: the limits of a standstill say nothing of it
        limits, signals, note = None, [], f"<small>on the move all along</small>{note}"
    ends = [say(known["value"].iloc[i], row.unit, currency=currency) for i in (0, -1)]
    label = marks.months_in_words(row.label, known["period"].tolist(), *ends, part.loc[signals, "period"].tolist() if limits else None)
    when = f"{month(known['period'].iloc[0])} to {month(known['period'].iloc[-1])}"
    return f'<span title="{escape(when)}">{marks.sparkline(part["value"].tolist(), label, limits=limits, signals=signals)}</span>{note}'


def _before(card: ScoredCard) -> dict[str, float]:
    """The value of each KPI in the like period before."""
    known = card.previous.dropna(subset=["value"])
    return dict(zip(known["kpi"], known["value"], strict=True))


def _was(card: ScoredCard) -> str:
    """What "was" means in the column Trend; empty where there is no like period before."""
    return f" Was: {escape(str(card.previous['period'].iloc[0]))}." if len(_before(card)) else ""


def _due(card: ScoredCard) -> dict[str, list[str]]:
    """The initiatives under each KPI, with the day they are due."""
    found: dict[str, list[str]] = {}
    for row in card.initiatives.itertuples():
        found.setdefault(row.kpi, []).append(f"{row.initiative} ({_when(row.due, card.as_of.date())})")
    return found


def _when(due: date | None, today: date) -> str:
    if due is None or pd.isna(due):
        return "no date"
    return f"due {day(due)}{', overdue' if due < today else ''}"


# What is not judged -------------------------------------------------------------------------------------


def _untargeted(rows: pd.DataFrame, card: ScoredCard) -> str:
    """KPIs that have a value and no target, as a table that folds; open where the scorecard judges nothing at all."""
    months = _months(card)
    lines = "".join(
        f'<tr><th scope="row"><span title="{escape(row.definition)}">{escape(row.label)}</span></th><td>{names.PERSPECTIVES[row.perspective]}</td>'
        f'<td class="num">{escape(say(row.value, row.unit, currency=card.currency))}</td><td class="num">{escape(span(row.low, row.high, row.unit)) or "–"}</td>'
        f'<td class="num">{"–" if pd.isna(row.n) else base(row.value, row.n, row.unit).removeprefix("n ")}</td><td>{_trend(row, months, {}, card.currency)}</td></tr>'
        for row in rows.itertuples()
    )
    head = "".join(f'<th scope="col"{" class=num" if name in ("Now", "95% interval", "n") else ""}>{name}</th>' for name in ("KPI", "Perspective", "Now", "95% interval", "n", "Trend"))
    caption = f"{people(len(rows), 'KPIs')} without a target: a value and no judgement"
    table = (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{caption}"><table class="untargeted"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
    if not len(judged(card)):
        return table
    return f'<details class="unscored"><summary>{people(len(rows), "KPIs")} with a value and without a target</summary>{table}</details>'

