"""What a workshop page says first: what became of earlier decisions, and what this workshop decided."""

from __future__ import annotations

from typing import Any

from helpers.draw.text import day, people, say
from helpers.infer.since import STATES
from helpers.report import display
from helpers.report.finding import Finding, ordered, to_html, to_text
from helpers.report.words import moved_span
from helpers.score.quantity import spoken
from helpers.workshop import followed
from helpers.workshop.room import Room


def findings(room: Room) -> list[Finding]:
    """Show what became of every earlier initiative, then what this workshop came to; the findings, what matters most first."""
    found = ordered([*_became(room), *_now(room)])
    display.emit("findings", {"findings": [one.payload() for one in found]}, html=to_html(found), text=to_text(found))
    return found


def _became(room: Room) -> list[Finding]:
    table, currency = followed.initiatives(room.earlier, room.cards), room.journey.company.currency
    return [_initiative(row, currency) for row in table.itertuples()]


def _initiative(row: Any, currency: str) -> Finding:
    level = {"noise": "watch", "too_soon": "unknown"}.get(row.state, "good" if row.better else "bad")
    if row.state == "too_soon":
        headline = f"“{row.initiative}”: too soon to tell, {people(row.months_after, 'finished months')} since {day(row.workshop)}."
    else:
        way = STATES["noise"] if row.state == "noise" else "better, beyond its ordinary ups and downs" if row.better else "worse, beyond its ordinary ups and downs"
        headline = f"“{row.initiative}” was decided: since then “{row.label}” went from {say(row.before, row.unit, currency=currency)} to {say(row.after, row.unit, currency=currency)}, {way}."
    change = "" if row.change != row.change else f"a change of {moved_span(row.change, row.low, row.high, row.unit, currency)} between {people(row.months_before, 'months')} before and {people(row.months_after, 'months')} after; "
    return Finding(
        headline=headline, level=level, weight={"bad": 60, "good": 45, "watch": 40, "unknown": 20}[level], owner=row.owner,
        observed=f"Decided on {day(row.workshop)}, due {day(row.due) or 'on no day'}; promised {spoken(row.promise) or 'nothing'}; {change}{followed.KEPT[row.kept]}.",
        sure="fair", how_sure="A change counts only where it is too large for chance: its interval is off zero, and a month lies outside the limits of the months before.",
        otherwise="What else happened in these months is in it too.",
        next_step={"bad": f"Stop “{row.initiative}” or change it", "good": f"Keep “{row.initiative}” going and set the next target",
                   "watch": f"Check what has been done about “{row.initiative}”, and judge it again at the next review", "unknown": f"Look at “{row.initiative}” again when two months have ended"}[level],
    )


def _now(room: Room) -> list[Finding]:
    record = room.record
    if room.store.path.exists():
        done = people(len(record["initiatives"]), "initiatives")
        return [Finding(
            headline=f"“{record['workshop']}” ({day(record['date'])}): {people(len(record['departments']), 'departments')}, {done} decided, {people(len(record['targets']), 'targets')} moved.", level="watch", weight=10,
            observed=f"{people(len(record['moments']), 'touchpoints')} were talked about, {people(len(record['opportunities']), 'opportunities')} are on the list.", sure="certain", how_sure="It is what the room entered.",
        )]
    return [Finding(
        headline="No workshop is on record for this company yet." if not room.earlier else f"No workshop is on record for {day(record['date'])} yet.", level="unknown", weight=5,
        observed="The folder workshops holds a file a workshop.", how_sure="There is no file of a workshop.", next_step="Hold a first workshop: the command “journey workshop open” with this company's folder starts it",
    )]
