"""Beside the data: beliefs over the evidence with its uncertainty, the widest gaps by name, and what no data can settle."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from helpers import draw
from helpers.draw.text import people, say
from helpers.report.journey_words import feeling
from helpers.workshop import beside, both
from helpers.workshop.room import Room

WIDEST = 3
DATA = "The data"


def screen(room: Room) -> Any:
    """A button that opens the seals, then the pictures and tables."""
    import ipywidgets as widgets

    reveal = widgets.Button(description="Lay them beside the data", button_style="primary", layout=widgets.Layout(width="16rem"))
    shown = widgets.HTML(_told(room) if room.record["revealed"] else _closed(room))

    def opened(_: Any) -> None:
        room.record["revealed"] = True
        room.save()
        shown.value = _told(room)

    reveal.on_click(room.in_turn(opened))
    room.heard.append(lambda saved: None if room.record["revealed"] else setattr(shown, "value", _closed(room)))
    return widgets.VBox([reveal, shown])


def _closed(room: Room) -> str:
    if not (answered := len(room.record["beliefs"])):
        return "<p>No department has answered yet; opened now, this shows the evidence alone.</p>"
    return f"<p>{people(answered, 'departments')} {'has' if answered == 1 else 'have'} answered; the beliefs are sealed until the room opens them.</p>"


def twin(room: Room) -> tuple[str, pd.DataFrame]:
    """What the room has opened; the evidence alone where nothing is opened yet."""
    html = _told(room) if room.record["revealed"] or not room.record["beliefs"] else _closed(room)
    return html, beside.gaps(room.record, room.known) if room.record["revealed"] else room.known


def _told(room: Room) -> str:
    record, known = room.record, room.known
    parts = [widest(record, known)]
    for kind in ("emotion", "conversion"):
        chart = picture(room, kind)
        parts += [both.picture(chart)] if chart is not None else []
    for table, caption in ((orders(record, known), "How far each department's order agrees with the data's"), (_between(record, known), "How far departments agree with each other")):
        parts += [both.table(table, caption)] if len(table) else []
    blind = beside.unsettled(record, known)
    if len(blind):
        shown = pd.DataFrame({"Belief about": blind["label"], "Question": blind["kind"].map(beside.KINDS), "Held by": blind["departments"]})
        parts.append(both.table(shown, "What no data can settle yet: ask customers"))
    return "".join(parts)


def widest(record: dict, known: pd.DataFrame) -> str:
    """The three widest gaps, each in a sentence with the department's name; then the three between departments."""
    gaps = beside.gaps(record, known)
    off = gaps[gaps["size"] > 0].head(WIDEST)
    if not len(gaps):
        return "<p>No belief can be laid beside a figure yet.</p>"
    lines = [_gap(row) for row in off.itertuples()] or ["Every belief lies within what the data bear."]
    labels = dict(zip(known["id"], known["label"], strict=True))
    apart = [_apart(row, labels) for row in beside.among(record).head(WIDEST).itertuples()]
    told = f"<h4>Where beliefs and data part most</h4><ol>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ol>"
    return told + (f"<h4>Where departments part most</h4><ol>{''.join(f'<li>{escape(line)}</li>' for line in apart)}</ol>" if apart else "")


def _gap(row: Any) -> str:
    if row.kind in ("matter", "suffer"):
        what = "matters" if row.kind == "matter" else "hurts"
        places = f"place {row.low:.0f}" if row.low == row.high else f"place {row.low:.0f} to {row.high:.0f}"
        return f"{row.department} puts “{row.label}” on place {row.belief:.0f} of what {what} most; in the data it stands on {places}."
    if row.kind == "emotion":
        return f"{row.department} feels “{row.label}” is at {feeling(row.belief)}; those who were asked put it at {feeling(row.value)} ({feeling(row.low)} to {feeling(row.high)})."
    return f"{row.department} believes that {say(row.belief, 'share')} go on to “{row.label}”; it is {say(row.value, 'share')} ({draw.span(row.low, row.high, 'share')})."


def _apart(row: Any, labels: dict[str, str]) -> str:
    name = labels.get(row.id, row.id)
    if row.kind == "emotion":
        return f"How “{name}” feels: {row.low_by} says {feeling(row.lowest)}, {row.high_by} {feeling(row.highest)}."
    return f"How many go on to “{name}”: {row.low_by} says {say(row.lowest, 'share')}, {row.high_by} {say(row.highest, 'share')}."


def picture(room: Room, kind: str) -> Any:
    """Beliefs over the evidence for one kind, a row a stage; None where neither is there."""
    known = room.known[(room.known["kind"] == kind)]
    rows = [known.assign(group=DATA)[["label", "group", "value", "low", "high", "n"]]]
    for department, beliefs in room.record["beliefs"].items():
        held = beliefs.get(kind, {})
        own = known[known["id"].isin(held)]
        rows.append(pd.DataFrame({"label": own["label"], "group": department, "value": own["id"].map(held).astype(float), "low": float("nan"), "high": float("nan"), "n": float("nan")}))
    table = pd.concat([part for part in rows if len(part)], ignore_index=True) if any(len(part) for part in rows) else pd.DataFrame()
    if not len(table) or table["value"].isna().all():
        return None
    gaps = beside.gaps(room.record, room.known)
    off = gaps[(gaps["kind"] == kind) & (gaps["size"] > 0)]
    noun = {"emotion": "How a stage feels", "conversion": "How many go on"}[kind]
    held = len(room.record["beliefs"])
    if not held:
        return draw.bars(_in_order(table, known), title=f"{noun}, as the data have it", who="Every customer of the period and segment", caption=f"Source: {room.journey.company.name}.",
                         unit="score" if kind == "emotion" else "share", sort=False, stem=f"workshop_{kind}")
    title = f"{noun}: furthest from the data is {off['department'].iloc[0]} at “{off['label'].iloc[0]}”" if len(off) else f"{noun}: no belief lies off what the data bear"
    who = "From −2 (very poor) to +2 (very good); the line is the interval of the data" if kind == "emotion" else "Share who go on to a stage; the line is the interval of the data"
    believe = "one department believes" if held == 1 else f"{held} departments believe"
    return draw.bars(_in_order(table, known), title=title, who=who, caption=f"Source: {room.journey.company.name}, and what {believe}.",
                     unit="score" if kind == "emotion" else "share", sort=False, stem=f"workshop_{kind}")


def _in_order(table: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of the stages; the data alone need no group."""
    order = {label: i for i, label in enumerate(known["label"])}
    table = table.sort_values("label", key=lambda labels: labels.map(order), kind="stable", ignore_index=True)
    return table if table["group"].nunique() > 1 else table.drop(columns="group")


def orders(record: dict, known: pd.DataFrame) -> pd.DataFrame:
    """Rank correlations with the data, in words."""
    table = beside.with_data(record, known)
    return pd.DataFrame({"Department": table["department"], "Order of": table["kind"].map(beside.KINDS), "Agreement (−1 to 1)": [_tau(r) for r in table.itertuples()], "Reading": [_reading(r) for r in table.itertuples()]})


def _between(record: dict, known: pd.DataFrame) -> pd.DataFrame:
    table = beside.with_each_other(record, known)
    return pd.DataFrame({"Departments": [f"{r.department} and {r.other}" for r in table.itertuples()], "Order of": table["kind"].map(beside.KINDS),
                         "Agreement (−1 to 1)": [_tau(r) for r in table.itertuples()], "Reading": [_reading(r) for r in table.itertuples()]})


def _tau(row: Any) -> str:
    return "–" if pd.isna(row.tau) else f"{row.tau:.2f} ({row.low:.2f} to {row.high:.2f})".replace("-", "−")


def _reading(row: Any) -> str:
    if pd.isna(row.tau):
        return f"cannot be said: {row.reason}"
    return "the orders agree" if row.low > 0 else "the orders are turned round" if row.high < 0 else "no agreement is shown"
