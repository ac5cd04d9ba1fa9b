"""The facilitator's script: for each step its purpose, a prompt filled with this company's numbers, and for newcomers how to read what they see."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import pandas as pd

from helpers import names
from helpers.draw.text import day, people, say
from helpers.measure import outcome
from helpers.workshop import beside
from helpers.workshop.lessons import READING
from helpers.workshop.record import STEPS
from helpers.workshop.room import Room

PURPOSE = {
    "last_time": "Begin with what was promised. A room that sees its decisions scored decides with more care.",
    "before": "Get every department's view on the table before anybody has seen a figure. A view that was never written down cannot be corrected.",
    "beside": "Lay the views over the evidence. The point is not who was right, but where the company has been steering by a guess.",
    "moments": "Agree on the few touchpoints that change what customers do next. Contest what you doubt: a contest is a question for the data.",
    "targets": "Aim where the months say it can be reached and the customer would notice.",
    "allocation": "Move the money to where a poor experience costs most, and see what the numbers promise and how sure they are.",
    "decisions": "Leave with few initiatives, each with a name, a day, and the KPI it will be judged by.",
}


@dataclass(frozen=True)
class Prompt:
    """One step as the facilitator reads it out."""

    step: str
    title: str
    minutes: float
    purpose: str
    ask: str
    lesson: str


def prompt(room: Room, step: str) -> Prompt:
    """The script of a step. Raises KeyError for a step that is not one of record.STEPS."""
    ask = {
        "last_time": _last_time, "before": _before, "beside": _beside, "moments": _moments, "targets": _targets, "allocation": _allocation, "decisions": _decisions,
    }[step](room)
    return Prompt(step, STEPS[step], room.minutes(step), PURPOSE[step], ask, READING[step])


def _last_time(room: Room) -> str:
    held = room.earlier
    if not held:
        return "This is the first workshop on record. The next one will open with what became of what you decide today."
    count = sum(len(one["initiatives"]) for one in held)
    return f"{people(len(held), 'workshops')} {'is' if len(held) == 1 else 'are'} on record, the last on {day(held[0]['date'])}, with {people(count, 'initiatives')} in all. Which of them would you start again?"


def _before(room: Room) -> str:
    stages = list(room.journey.stages.values())
    return (
        f"{room.journey.company.name} meets its customers at {people(len(room.labels), 'touchpoints')} over {people(len(stages), 'stages')}, from “{stages[0]}” to “{stages[-1]}”. "
        f"Which five touchpoints decide whether a customer will {outcome.phrase(room.journey, bare=True) or 'come back'}? Where do customers suffer most? How does each stage feel, and what share goes on to the next?"
    )


def _beside(room: Room) -> str:
    if (answered := len(room.record["beliefs"])) and not room.record["revealed"]:
        return f"{people(answered, 'departments')} {'has' if answered == 1 else 'have'} answered, and the answers are sealed. Before you open them: where do you expect to be furthest off?"
    gaps = beside.gaps(room.record, room.known)
    off = gaps[gaps["size"] > 0]
    if not len(gaps):
        return "No belief is on record yet. Go back one step, or look at the evidence alone."
    blind = beside.unsettled(room.record, room.known)
    return (
        f"{people(len(gaps), 'beliefs')} can be laid beside a figure; {len(off)} of them {'lies' if len(off) == 1 else 'lie'} outside what the data bear. "
        f"{people(len(blind), 'beliefs')} no data can settle yet. What would have to be true for both the view and the figure to be right?"
    )


def _moments(room: Room) -> str:
    table = room.verdicts
    shown = table[table["verdict"] == "moment_of_truth"] if len(table) else table
    if not len(shown):
        return "No touchpoint is shown to be a moment of truth in these data. Which do you think are, and what would show it?"
    top = shown.iloc[0]
    return (
        f"{people(len(shown), 'touchpoints')} {'passes' if len(shown) == 1 else 'pass'} every test. The largest: after a poor experience with “{top['label']}”, "
        f"{say(abs(top['effect']) * 100, 'count', digits=0)} customers in a hundred fewer {outcome.phrase(room.journey)}. When did each of you last go through it as a customer?"
    )


def _targets(room: Room) -> str:
    rows = pd.concat([card.table for card in room.cards.values()], ignore_index=True)
    aimed = rows[rows["target"].notna()]
    bad = aimed[aimed["status"] == "red_flag"]
    if not len(aimed):
        return "No KPI has a target yet. Set the three that this room is ready to answer for."
    worst = f" Furthest off: “{bad.sort_values('score')['label'].iloc[0]}”." if len(bad) else ""
    count = aimed["status"].value_counts()
    told = ", ".join(f"{count[word]} {label.lower()}" for word, label in names.STATUSES.items() if count.get(word))
    return f"{people(len(aimed), 'KPIs')} have a target: {told}.{worst} Which target would you defend in front of a customer?"


def _allocation(room: Room) -> str:
    if not room.journey.has("activities", "cost"):
        return "What activities cost is not among the tables, so money cannot be weighed here yet. Who can bring it?"
    cost = float(room.journey.collect(room.journey.table("activities").select("cost"))["cost"].sum())
    whole, first = (say(amount, "currency", currency=room.journey.company.currency) for amount in (cost, 10.0 ** floor(log10(max(cost, 20.0) / 20))))
    return f"The activities on record cost {whole} a month. Where would you take the first {first} from, and what would you give it to?"


def _decisions(room: Room) -> str:
    open_ = len(room.record["opportunities"])
    start = f"{'One opportunity is' if open_ == 1 else f'{open_} opportunities are'} on the list. " if open_ else "The list is empty: begin with the moments that the room agreed on. "
    return start + "Who will do what, by when, and by how much should which KPI move?"
