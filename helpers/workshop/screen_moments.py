"""Moments of truth: walk each one with its evidence; the room marks, agrees or contests, with a reason."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from helpers import names
from helpers.draw.text import people, say, span
from helpers.workshop import both
from helpers.workshop.record import ROOM
from helpers.workshop.room import Room

OPEN = "not talked about yet"


def screen(room: Room) -> Any:
    """A touchpoint to choose, its evidence, and what the room says of it."""
    import ipywidgets as widgets

    point = widgets.Dropdown(options=choices(room), description="Touchpoint", layout=widgets.Layout(width="34rem"))
    card = widgets.HTML()
    said = widgets.ToggleButtons(options=[(OPEN, ""), *[(label, word) for word, label in ROOM.items()]], value="", style={"button_width": "11rem"})
    reason = widgets.Textarea(placeholder="Why? A contest needs its reason.", layout=widgets.Layout(width="34rem"), continuous_update=False)
    note, listed = widgets.HTML(), widgets.HTML(listing(room))
    busy = {"filling": False}

    def chosen(_: Any = None) -> None:
        busy["filling"] = True
        held = room.record["moments"].get(point.value, {})
        card.value, said.value, reason.value, note.value = evidence(room, point.value), held.get("room", ""), held.get("reason", ""), ""
        busy["filling"] = False

    def entered(_: Any) -> None:
        if busy["filling"] or not point.value:
            return
        if said.value == "contested" and not reason.value.strip():
            note.value = '<p role="alert">Write down why, then the contest counts: it is a question for the data.</p>'
            return
        note.value = ""
        if said.value:
            room.record["moments"][point.value] = {"room": said.value} | ({"reason": reason.value.strip()} if reason.value.strip() else {})
        else:
            room.record["moments"].pop(point.value, None)
        room.save()

    point.observe(room.in_turn(chosen), "value")
    said.observe(room.in_turn(entered), "value")
    reason.observe(room.in_turn(entered), "value")

    def heard(saved: Any) -> None:
        listed.value = listing(room)
        if saved.others:
            chosen()

    room.heard.append(heard)
    if point.options:
        chosen()
    return widgets.VBox([point, card, said, reason, note, listed])


def choices(room: Room) -> list[tuple[str, str]]:
    """(words, touchpoint): those with a verdict first, as they stand in moments.csv; then the others."""
    table = room.verdicts
    judged = [(f"{row.label}: {names.VERDICTS.get(row.verdict, row.verdict).lower()}", row.touchpoint) for row in table.itertuples()]
    known = set(table["touchpoint"]) if len(table) else set()
    return judged + [(f"{label}: not rated", name) for name, label in room.labels.items() if name not in known]


def evidence(room: Room, touchpoint: str) -> str:
    """All that is known of a touchpoint on one card: verdict, effect, experience, themes of comments, the activities behind it, the owner."""
    table, label = room.verdicts, room.labels.get(touchpoint, touchpoint)
    row = table[table["touchpoint"] == touchpoint].iloc[0] if len(table) and touchpoint in set(table["touchpoint"]) else None
    lines = []
    if row is None:
        lines.append(("What the data say", "nobody was asked about it"))
    else:
        lines.append(("What the data say", f"{names.VERDICTS.get(row['verdict'], '')}: {row['why']}"))
        if not pd.isna(row["effect"]):
            lines.append(("After a poor experience", f"{say(row['effect'], 'change')} ({span(row['effect_low'], row['effect_high'], 'change')}), all else in the data held equal"))
        if not pd.isna(row["performance"]):
            lines.append(("How it is rated", f"{row['performance']:.2f} on {row['scale_min']:g} to {row['scale_max']:g}, {people(row['n'], 'ratings')}"))
    lines += [("What comments say", ", ".join(themes(room, touchpoint)) or "no word is said often enough to be shown")]
    behind = activities(room, touchpoint)
    lines += [("Activities behind it", ", ".join(behind) or "none on record"), ("Owner", _owner(room, touchpoint))]
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(value))}</td></tr>' for name, value in lines)
    return f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(label)}"><table><caption>{escape(label)}</caption><tbody>{rows}</tbody></table></div>'


def themes(room: Room, touchpoint: str, most: int = 5) -> list[str]:
    """The words that comments beside poor ratings of a touchpoint use more than all other comments do; never a comment, never words of fewer than min_cell people."""
    from helpers.infer import sentiment, terms
    from helpers.measure import voices
    from helpers.measure.base import POOR_BELOW

    def found() -> list[str]:
        rows = voices.comments(room.journey)
        if not len(rows):
            return []
        here = (rows["touchpoint"] == touchpoint) & (rows["quality"] < POOR_BELOW)
        counted, people_ = terms.votes(rows.assign(side=here)[["cluster", "text", "side"]], sentiment.words, sentiment.COMMON)
        if people_[True] < room.journey.min_cell:
            return []
        table = terms.apart(counted, people_, room.journey.min_cell)
        return table.loc[table["side"] == "ours", "term"].head(most).tolist()

    return room.journey.once(f"workshop themes {touchpoint}", found)


def activities(room: Room, touchpoint: str) -> list[str]:
    """The activities that serve a touchpoint, the costliest first."""
    if room.journey.missing(("activities", "activity_touchpoints")):
        return []
    from helpers.infer.value_chain import matrix

    table = room.journey.once("workshop value chain", lambda: matrix(room.journey))
    mine = table[table["touchpoint"] == touchpoint].sort_values("cost", ascending=False, kind="stable")
    return [str(label) for label in mine["label"]]


def _owner(room: Room, touchpoint: str) -> str:
    owners = room.journey.dictionary.set_index("touchpoint")["owner"] if len(room.journey.dictionary) else pd.Series(dtype="object")
    found = owners.get(touchpoint)
    return "nobody named" if found is None or pd.isna(found) else str(found)


def said(room: Room) -> pd.DataFrame:
    """What the room said: touchpoint, label, room, reason, verdict."""
    verdicts = dict(zip(room.verdicts["touchpoint"], room.verdicts["verdict"], strict=True)) if len(room.verdicts) else {}
    rows = [(name, room.labels.get(name, name), one["room"], one.get("reason", ""), verdicts.get(name, "")) for name, one in room.record["moments"].items()]
    return pd.DataFrame(rows, columns=["touchpoint", "label", "room", "reason", "verdict"])


def listing(room: Room) -> str:
    table = said(room)
    shown = pd.DataFrame({"Touchpoint": table["label"], "The room": table["room"].map(ROOM), "Why": table["reason"], "The data": table["verdict"].map(names.VERDICTS).fillna("not rated")})
    return both.table(shown, "What the room said")


def twin(room: Room) -> tuple[str, pd.DataFrame]:
    """What the room said, then the card of each moment of truth."""
    table = room.verdicts
    shown = table[table["verdict"] == "moment_of_truth"]["touchpoint"].tolist() if len(table) else []
    talked = [name for name in room.record["moments"] if name not in shown]
    cards = "".join(evidence(room, name) for name in [*shown, *talked])
    return (listing(room) if len(room.record["moments"]) else "") + cards, said(room)
