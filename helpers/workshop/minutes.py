"""The hand-out of a workshop: agenda, gaps between belief and data, what was said of moments, targets, decisions, owners and dates."""

from __future__ import annotations

from html import escape

import pandas as pd

from helpers.draw.text import people
from helpers.workshop import apply, beside, both, screen_allocation, screen_beside, screen_decisions, screen_last_time, screen_moments, screen_targets
from helpers.workshop.record import STEPS, WorkshopError
from helpers.workshop.room import Room


def sections(room: Room) -> list[tuple[str, str]]:
    """(heading, HTML) of the hand-out; every word from data escaped. What the workshop did not get to is left out."""
    record = room.record
    parts = [("What was decided", screen_decisions.decided(room) + _written(room))]
    if record["beliefs"] and record["revealed"]:
        parts.append(("Where beliefs and data part", screen_beside.widest(record, room.known) + _blind(room)))
    if record["moments"]:
        parts.append(("Moments of truth", screen_moments.listing(room)))
    if record["targets"]:
        parts.append(("Targets", screen_targets.twin(room)[0]))
    if record["allocation"]["moves"]:
        parts.append(("Money moved", screen_allocation.effect(room)))
    if record["opportunities"]:
        parts.append(("Opportunities and dots", screen_decisions.ranked(room)))
    if room.earlier:
        parts.append(("What became of earlier decisions", screen_last_time.twin(room)[0]))
    return [*parts, ("Agenda", _agenda(room))]


def lead(room: Room) -> str:
    """The workshop in two sentences."""
    record = room.record
    who = f"{people(len(record['departments']), 'departments')} took part" if record["departments"] else "No department is on record"
    done = people(len(record["initiatives"]), "initiatives")
    return f"{who}; {done} {'was' if len(record['initiatives']) == 1 else 'were'} decided and {people(len(record['targets']), 'targets')} moved. The numbers covered {'all the data' if record['period'] == 'all' else record['period']}, {'all customers' if record['segment'] == 'all' else record['segment']}."


def _agenda(room: Room) -> str:
    rows = [(STEPS[one["step"]], f"{one['minutes']:g}") for one in room.record["agenda"]]
    return both.table(pd.DataFrame(rows, columns=["Step", "Minutes"]), "Planned minutes by step")


def _blind(room: Room) -> str:
    blind = beside.unsettled(room.record, room.known)
    shown = pd.DataFrame({"Belief about": blind["label"], "Question": blind["kind"].map(beside.KINDS), "Held by": blind["departments"]})
    return both.table(shown, "What no data can settle yet") if len(blind) else ""


def _written(room: Room) -> str:
    applied, company = room.record["applied"], room.journey.company
    if not applied:
        if not (room.record["initiatives"] or room.record["targets"]):
            return ""
        try:
            asked = apply.plan(company.folder, room.record, currency=company.currency)
        except WorkshopError as problem:
            return f"<p>Nothing of this has been written into the scorecards yet, and it cannot be: {escape(str(problem))}.</p>"
        return f"<p>{'Nothing of this has been written into the scorecards yet' if asked else 'The scorecards hold all of this'}.</p>"
    return "<p>Written into " + escape(", ".join(applied)) + ".</p>"
