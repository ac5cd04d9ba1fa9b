"""Targets: sliders for target and red flag, the scorecard, its roll-up and every status at once, and how often the months would have met it."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from helpers import names
from helpers.draw.text import people, say, span
from helpers.report.display import status_html
from helpers.score import quantity
from helpers.score.goals import Goal
from helpers.score.scored import ScoredCard
from helpers.workshop import aims, both
from helpers.workshop.room import Room

STEPS = 40  # places on a slider


def screen(room: Room) -> Any:
    """A phase, a KPI, two sliders; what they do to the scorecard shows at once, and is kept as soon as the slider is let go."""
    import ipywidgets as widgets

    wide = widgets.Layout(width="34rem")
    phase = widgets.Dropdown(options=[(label, name) for name, label in names.PHASES.items()], description="Scorecard", layout=wide)
    kpi = widgets.Dropdown(options=[], description="KPI", layout=wide)
    target, flag = (widgets.SelectionSlider(options=[("–", 0.0)], description=word, continuous_update=False, layout=wide) for word in ("Target", "Red flag"))
    reset = widgets.Button(description="As it was", layout=widgets.Layout(width="8rem"))
    shown = widgets.HTML()
    busy = {"filling": False}

    def phased(_: Any = None) -> None:
        options = choices(room.cards[phase.value])
        kpi.options = options
        kpi.value = options[0][1] if options else None

    def chosen(_: Any = None) -> None:
        card = room.cards[phase.value]
        busy["filling"] = True
        if kpi.value:
            held = aims.goals_of(room.record, card).get(kpi.value) or aims.stated(card.card)[kpi.value]
            for slider, end in ((target, held.target), (flag, held.red_flag)):
                slider.options = places(card, kpi.value, end)
                slider.value = min((value for _, value in slider.options), key=lambda one: abs(one - end))
        busy["filling"] = False
        shown.value = effect(room, phase.value, kpi.value)

    def entered(_: Any) -> None:
        if busy["filling"] or not kpi.value:
            return
        message = set_target(room, phase.value, kpi.value, target.value, flag.value)
        shown.value = f'<p role="alert">{escape(message)}</p>' if message else effect(room, phase.value, kpi.value)

    def undone(_: Any) -> None:
        room.record["targets"].pop(f"{phase.value}.{kpi.value}", None)
        room.save()
        chosen()

    phase.observe(room.in_turn(phased), "value")
    kpi.observe(room.in_turn(chosen), "value")
    target.observe(room.in_turn(entered), "value")
    flag.observe(room.in_turn(entered), "value")
    reset.on_click(room.in_turn(undone))
    room.heard.append(lambda saved: chosen() if saved.others else None)
    phased()
    return widgets.VBox([phase, kpi, target, flag, reset, shown])


def choices(card: ScoredCard) -> list[tuple[str, str]]:
    """(words, KPI): the KPIs of a scorecard that have one goal to move, in its order, each with how it stands."""
    kpis, stands = card.scorecards.kpis, card.table.set_index("kpi")["status"]
    return [(f"{kpis[name].label}: {names.STATUSES[stands[name]].lower()}", name) for name, goal in aims.stated(card.card).items() if goal.better != "range"]


def places(card: ScoredCard, kpi: str, end: float) -> list[tuple[str, float]]:
    """The places of a slider: round values around the KPI's months and its goal, each written as a scorecard would; `end` is always one of them."""
    one, goal = card.scorecards.kpis[kpi], aims.stated(card.card)[kpi]
    rows = card.rows[(card.rows["kpi"] == kpi) & (card.rows["grain"] == "month")]
    total = one.statistic == "total"
    values = [v for v in (rows["value"] / rows["months"].where(rows["months"] > 0, 1.0) if total else rows["value"]) if math.isfinite(v)]
    low, high = min([*values, goal.target, goal.red_flag]), max([*values, goal.target, goal.red_flag])
    reach = max((high - low) * 0.25, abs(high) * 0.02, 1e-9)
    floor, ceiling = {"share": (0.0, 1.0), "points": (-100.0, 100.0)}.get(one.unit, (0.0, math.inf) if low >= 0 else (-math.inf, math.inf))
    low, high = max(low - reach, floor), min(high + reach, ceiling)
    step = _round_step((high - low) / STEPS)
    told = [round(float(value), 10) for value in np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step]
    return [(written(card, kpi, value), value) for value in sorted({*told, end})]


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(k * power for k in (1, 2, 2.5, 5, 10) if k * power >= step * (1 - 1e-9))


def written(card: ScoredCard, kpi: str, value: float) -> str:
    """A value as a scorecard holds it: "70 %", "12 h", "270,000 a month"."""
    one = card.scorecards.kpis[kpi]
    return quantity.say(value, one.unit, total=one.statistic == "total", currency=card.currency)


def set_target(room: Room, phase: str, kpi: str, target: float, red_flag: float) -> str:
    """Put a goal into the record and keep it; a sentence instead where it cannot be a goal. What equals the scorecard's own goal is no change."""
    card = room.cards[phase]
    own = aims.stated(card.card)[kpi]
    try:
        Goal(own.better, target, red_flag)
    except ValueError:
        side = "above" if own.better == "higher" else "below"
        return f"The target has to lie {side} the red flag: {own.better} is better here. Nothing was changed."
    name = f"{phase}.{kpi}"
    if (target, red_flag) == (own.target, own.red_flag):
        room.record["targets"].pop(name, None)
    else:
        room.record["targets"][name] = {
            "target": written(card, kpi, target), "red_flag": written(card, kpi, red_flag), "was_target": written(card, kpi, own.target), "was_red_flag": written(card, kpi, own.red_flag),
        }
    room.save()
    return ""


def effect(room: Room, phase: str, kpi: str | None) -> str:
    """What the room's goals do to a phase's scorecard: the KPI, its history, the roll-up before and after, every status that changes."""
    before = room.cards[phase]
    after = aims.with_goals(before, aims.goals_of(room.record, before)) if room.record["targets"] else before
    parts = [_kpi(after, kpi)] if kpi else ["<p>No KPI of this scorecard has a target yet.</p>"]
    parts.append(both.table(roll_up(before, after), f"{names.PHASES[phase]} scorecard, before and with the room's targets"))
    moved = aims.moved(before, after)
    if len(moved):
        parts.append(both.table(_moved(moved, before.currency), "Targets moved, and what becomes of the status"))
    return "".join(parts)


def _kpi(card: ScoredCard, kpi: str) -> str:
    row = card.table[card.table["kpi"] == kpi].iloc[0]
    met = aims.months_met(card, kpi)
    months = int(met.sum())
    history = f"{people(months, 'months')} on record: {met.get('on_target', 0)} met it with the whole interval, {met.get('not_yet_known', 0)} may have, {met.get('below_target', 0) + met.get('red_flag', 0)} missed it" if months else "no month has a figure"
    value = f"{say(row['value'], row['unit'], currency=card.currency)} ({span(row['low'], row['high'], row['unit'])})" if not pd.isna(row["value"]) else "no figure"
    return f"<p><b>{escape(row['label'])}</b>: {escape(value)}. {status_html(row['status'])}. History: {escape(history)}.</p>"


def roll_up(before: ScoredCard, after: ScoredCard) -> pd.DataFrame:
    """Status and score of the phase and its perspectives, before and after."""
    rows = [("Whole scorecard", before.status, before.score, after.status, after.score)]
    was, now = before.by_perspective, after.by_perspective
    rows += [(label, was[name]["status"], was[name]["score"], now[name]["status"], now[name]["score"]) for name, label in names.PERSPECTIVES.items()]
    table = pd.DataFrame(rows, columns=["Part", "Before", "Score before", "With these targets", "Score"])
    for name in ("Score before", "Score"):
        table[name] = [f"{one:.1f}" if one is not None and not math.isnan(one) else "–" for one in table[name]]
    return table.assign(Before=table["Before"].map(names.STATUSES), **{"With these targets": table["With these targets"].map(names.STATUSES)})


def _moved(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    return pd.DataFrame({
        "KPI": table["label"], "Target": [say(r.target, r.unit, currency=currency) for r in table.itertuples()], "New target": [say(r.new_target, r.unit, currency=currency) for r in table.itertuples()],
        "Red flag": [say(r.new_red_flag, r.unit, currency=currency) for r in table.itertuples()], "Was": table["status"].map(names.STATUSES), "Would be": table["new_status"].map(names.STATUSES),
        "Owner": table["owner"],
    })


def twin(room: Room) -> tuple[str, pd.DataFrame]:
    """The targets that the room moved and what they do; the scorecards as they are where it moved none."""
    changed = []
    for phase, before in room.cards.items():
        if goals := aims.goals_of(room.record, before):
            changed.append((phase, before, aims.with_goals(before, goals)))
    if not changed:
        rows = [(names.PHASES[phase], names.STATUSES[card.status], "–" if math.isnan(card.score) else f"{card.score:.1f}", f"{len(aims.stated(card.card))}") for phase, card in room.cards.items()]
        table = pd.DataFrame(rows, columns=["Scorecard", "Status", "Score", "KPIs with a target"])
        return both.table(table, "The scorecards as they stand; the room has moved no target"), table
    parts = [both.table(roll_up(before, after), f"{names.PHASES[phase]} scorecard, before and with the room's targets") for phase, before, after in changed]
    moved = pd.concat([aims.moved(before, after) for _, before, after in changed], ignore_index=True)
    told = both.table(_set(room), "Targets that the room set")
    if not len(moved):
        return f"{told}<p>The scorecards judge by these targets already.</p>", moved
    return told + both.table(_moved(moved, room.journey.company.currency), "Targets moved, and what becomes of the status") + "".join(parts), moved


def _set(room: Room) -> pd.DataFrame:
    """The targets of the record, before and now, whatever became of them since."""
    labels = {f"{phase}.{name}": kpi.label for phase, card in room.cards.items() for name, kpi in card.scorecards.kpis.items()}
    rows = [(labels.get(name, name), one.get("was_target") or "none", one["target"], one.get("was_red_flag") or "none", one["red_flag"]) for name, one in room.record["targets"].items()]
    return pd.DataFrame(rows, columns=["KPI", "Target before", "Target", "Red flag before", "Red flag"])
