"""Allocation: move money between activities, and see what that can be expected to bring, with its band, beside the optimum for money that comes on top."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from helpers.draw.text import say, span
from helpers.infer import moments_budget as budget
from helpers.journey import Journey
from helpers.measure import outcome
from helpers.workshop import both
from helpers.workshop.room import Room

NEEDS = ("activities.cost", "activity_touchpoints", "surveys.touchpoint", "surveys.customer_id")
MOST = 12  # activities with a slider: those that carry most impact or cost


def screen(room: Room) -> Any:
    """A slider an activity; the sum, what it brings and the optimum stand below and follow every move."""
    import ipywidgets as widgets

    table = choices(room)
    if not len(table):
        return widgets.HTML(_nothing(room))
    shown, sliders, busy = widgets.HTML(effect(room)), {}, {"filling": False}

    def entered(_: Any) -> None:
        if busy["filling"]:
            return
        room.record["allocation"] = {"moves": {name: one.value for name, one in sliders.items() if one.value}}
        room.save()
        shown.value = effect(room)

    for row in table.itertuples():
        step = _step(row.cost)
        least = -step * int(row.cost // step)
        one = widgets.FloatSlider(value=_held(room, row.activity, least, -least), min=least, max=-least, step=step, description=str(row.label), continuous_update=False,
                                  readout_format=",.0f", style={"description_width": "15rem"}, layout=widgets.Layout(width="40rem"))
        one.observe(room.in_turn(entered), "value")
        sliders[row.activity] = one

    def filled() -> None:
        busy["filling"] = True
        for name, one in sliders.items():
            one.value = _held(room, name, one.min, one.max)
        busy["filling"] = False

    def undone(_: Any) -> None:
        room.record["allocation"] = {"moves": {}}
        filled()
        entered(None)

    reset = widgets.Button(description="Back to today's", layout=widgets.Layout(width="10rem"))
    reset.on_click(room.in_turn(undone))
    room.heard.append(lambda saved: filled() if saved.others else None)
    unit = widgets.HTML(f"<b>More or less a month{escape(f', in {currency}' if (currency := room.journey.company.currency) else '')}</b>")
    return widgets.VBox([unit, *sliders.values(), reset, shown])


def choices(room: Room) -> pd.DataFrame:
    """The activities whose money can be moved: activity, label, cost a month, impact; those that carry impact first, then the costliest."""
    if _missing(room.journey):
        return pd.DataFrame(columns=["activity", "label", "cost", "impact"])
    table = room.journey.once("workshop activities", lambda: budget.weighed(room.journey))
    table = table[table["cost"] > 0].assign(weighed=lambda t: t["impact"] > 0)
    return table.sort_values(["weighed", "impact", "cost"], ascending=False, kind="stable").head(MOST).reset_index(drop=True)


def _missing(journey: Journey) -> list[str]:
    return list(journey.missing(NEEDS))


def _nothing(room: Room) -> str:
    from helpers.report.show import needs_in_words

    lacks = _missing(room.journey)
    why = f"it needs {needs_in_words(tuple(lacks))}" if lacks else "no activity has both a cost and a touchpoint whose poor experience is shown to cost anything"
    return f"<p>Money cannot be weighed here yet: {escape(why)}.</p>"


def effect(room: Room) -> str:
    """What the room's moves cost and bring, beside the best use of money that comes on top."""
    journey, currency = room.journey, room.journey.company.currency
    moves = {name: float(value) for name, value in room.record["allocation"]["moves"].items() if name in set(choices(room)["activity"])}
    best = journey.once("workshop next unit", lambda: budget.next_unit(journey))
    parts = []
    if moves:
        found = budget.expected_impact(journey, moves)
        whole, net = found.iloc[-1], sum(moves.values())
        kept = "the money of today" if abs(net) < 1e-9 else f"{say(abs(net), 'currency', currency=currency)} a month {'more' if net > 0 else 'less'} than today"
        parts.append(f"<p><b>{escape(_customers(whole, outcome.phrase(journey)))}</b>, for {escape(kept)}.</p>")
        parts.append(both.table(_moves(found, choices(room), currency), "What each move can be expected to bring"))
    else:
        parts.append("<p>No money has been moved yet.</p>")
    if best is not None:
        lead = best.table[best.table["extra"] > 0]
        where = "; ".join(f"{say(r.extra, 'currency', currency=currency)} to {r.label} (wins {say(r.wins, 'share')} of the draws)" for r in lead.head(3).itertuples())
        parts.append(f"<p>The optimum of {escape(say(best.amount, 'currency', currency=currency))} more a month brings {escape(_customers(best.gain))}, spread as today's money it would bring "
                     f"{escape(_customers(best.even))}. It goes: {escape(where)}.</p>")
    parts.append("<p>This takes the effect of a poor experience as its cause, and twice the money as 1.4 times the impact: an assumption, not a measurement.</p>")
    return "".join(parts)


def _customers(row: Any, what: str = "") -> str:
    words = f"{say(row['gain'], 'count', digits=0)} customers ({span(row['gain_low'], row['gain_high'], 'count')})"
    if not what:
        return words
    return f"{words} more who {what}" if row["gain"] >= 0 else f"{say(-row['gain'], 'count', digits=0)} customers ({span(-row['gain_high'], -row['gain_low'], 'count')}) fewer who {what}"


def _moves(found: pd.DataFrame, table: pd.DataFrame, currency: str) -> pd.DataFrame:
    labels = dict(zip(table["activity"], table["label"], strict=True))
    moved = found[(found["activity"] != "") & (found["extra"] != 0)]
    return pd.DataFrame({
        "Activity": moved["activity"].map(labels).fillna(moved["activity"]), "Moved a month": [("+" if v > 0 else "") + say(v, "currency", currency=currency) for v in moved["extra"]],
        "Customers": [("+" if r.gain > 0 else "") + say(r.gain, "count", digits=0) for r in moved.itertuples()], "95% interval": [span(r.gain_low, r.gain_high, "count") for r in moved.itertuples()],
    })


def _step(cost: float) -> float:
    """A round step of about a twentieth of what an activity costs."""
    power = 10.0 ** (len(str(int(max(cost / 20, 1)))) - 1)
    return next(k * power for k in (1, 2, 5, 10) if k * power >= cost / 20)


def _held(room: Room, name: str, least: float, most: float) -> float:
    return float(min(max(room.record["allocation"]["moves"].get(name, 0.0), least), most))


def twin(room: Room) -> tuple[str, pd.DataFrame]:
    """What the room moved, or the optimum alone."""
    if not len(choices(room)):
        return _nothing(room), pd.DataFrame(columns=["activity", "extra", "gain", "gain_low", "gain_high"])
    moves = room.record["allocation"]["moves"]
    data = budget.expected_impact(room.journey, {name: value for name, value in moves.items() if name in set(choices(room)["activity"])}) if moves else choices(room)
    return effect(room), data
