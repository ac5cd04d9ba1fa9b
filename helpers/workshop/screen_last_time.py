"""What we decided last time, and what happened."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers import names
from helpers.draw.text import day, month, people, say
from helpers.infer.since import STATES
from helpers.report.words import moved_span
from helpers.score.quantity import spoken
from helpers.workshop import both, followed
from helpers.workshop.record import ROOM
from helpers.workshop.room import Room


def screen(room: Room) -> Any:
    """Nothing to enter: the twin itself."""
    import ipywidgets as widgets

    return widgets.HTML(twin(room)[0])


def twin(room: Room) -> tuple[str, pd.DataFrame]:
    """Every earlier decision with what became of it, as tables; and the numbers of the initiatives."""
    held, currency = room.earlier, room.journey.company.currency
    if not held:
        return "<p>No earlier workshop is on record.</p>", pd.DataFrame(columns=followed.INITIATIVES)
    done, aims, moments = followed.initiatives(held, room.cards), followed.targets(held, room.cards), followed.moments(held, room.verdicts)
    parts = [both.table(initiatives(done, currency), "Initiatives decided, and how their KPI moved since")]
    if len(aims):
        parts.append(both.table(targets(aims, currency), "Targets set, and how often they were met since"))
    if len(moments):
        parts.append(both.table(_moments(moments), "Moments of truth that the room spoke of, and what the data say now"))
    return "".join(parts), done


def initiatives(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    """One row an initiative, in words: what was promised, how far the KPI moved, whether that is more than chance."""
    return pd.DataFrame({
        "Initiative": table["initiative"], "Who and when": [_who(r) for r in table.itertuples()], "KPI": table["label"],
        "Promised": [spoken(r.promise) or "nothing" for r in table.itertuples()],
        "Before and since": [f"{say(r.before, r.unit, currency=currency)}, {say(r.after, r.unit, currency=currency)}" for r in table.itertuples()],
        "Moved by": [moved_span(r.change, r.low, r.high, r.unit, currency) for r in table.itertuples()],
        "What that says": [_says(r) for r in table.itertuples()],
    })


def _who(row: Any) -> str:
    due = f", due {day(row.due)}" if row.due else ""
    return f"{row.owner or 'nobody named'}, decided {day(row.workshop)}{due}"


def _says(row: Any) -> str:
    if row.state == "too_soon":
        return f"too soon to tell: {people(row.months_after, 'finished months')} since"
    words = ("it got better" if row.better else "it got worse") + ", beyond its ordinary ups and downs" if row.state == "moved" else STATES["noise"]
    if row.signal:
        words += f"; {month(row.signal)} lies outside the limits of the months before"
    return words if row.kept == "" else f"{words}; {followed.KEPT[row.kept]}"


def targets(table: pd.DataFrame, currency: str) -> pd.DataFrame:
    """One row a target, in words."""
    return pd.DataFrame({
        "KPI": table["label"], "Workshop": table["workshop"].map(day), "Target before": table["was_target"].replace("", "none"), "Target since": table["target"],
        "Value": [say(r.value, r.unit, currency=currency) for r in table.itertuples()], "Status": table["status"].map(names.STATUSES),
        "Months since": [f"{r.months_since}" for r in table.itertuples()], "of which met it": [f"{r.months_met}" for r in table.itertuples()],
    })


def _moments(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "Touchpoint": table["label"], "Workshop": table["workshop"].map(day), "The room": table["room"].map(ROOM), "Why": table["reason"],
        "The data now": table["verdict"].map(names.VERDICTS).fillna("not rated"),
    })
