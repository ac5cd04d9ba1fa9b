"""A workshop's file, `<company>/workshops/<date>.yml`: what the room believed, contested, aimed at, voted and decided.

Plain YAML, one entry a line where it can be, so that it reads and diffs well. Every key:

    workshop: Autumn review           # its title
    date: 2026-10-14                  # the day, as in the file's name
    period: 2026-Q3                   # what the numbers in the room covered
    segment: all
    data: 5e5d1c8edee15e74            # fingerprint of these data
    anonymous: true                   # ballots carry no names
    revealed: true                    # beliefs have been laid beside the data
    departments: [Marketing, Service]
    agenda:
      - {step: before, minutes: 15}   # a key of STEPS
    beliefs:
      Service:
        matter: [service_line, delivery]     # touchpoints that matter most to what customers do next, the first first
        suffer: [machine_finder]             # where customers suffer most, the first first
        emotion: {awareness: 1, purchase: 0} # -2 (very poor) to +2 (very good) by stage
        conversion: {consideration: 0.7}     # share who go on from the stage before to this one, 0 to 1
        by: Head of Service                  # optional
    moments:
      service_line: {room: agreed, reason: "...", by: Service}   # marked, agreed or contested; a contest gives its reason
    targets:
      touchpoints.csat: {target: "4.2", red_flag: "3.8", was_target: "4.0", was_red_flag: "3.6", reason: "..."}
    allocation:
      moves: {building_the_app: 2000, advertising: -2000}        # more or less a month, in the company's currency
    opportunities:
      faster_answers: {name: Faster answers, touchpoint: service_line, value: 4, effort: 2, confidence: 3, by: Service}
    votes:
      dots: 5                         # dots a person may give
      ballots: {1: {faster_answers: 3}}
      taken: [5e5d1c8edee15e74]       # forms whose dots are counted already, so that collecting twice counts once
    initiatives:
      faster_answers: {name: Faster answers, owner: Head of Service, due: 2027-01-31, budget: "12000", kpi: touchpoints.first_response_time,
        objective: solve_at_once, promise: -5 min, baseline: 12 min}
    applied: {scorecards/touchpoints.yml: history/2026-10-14/touchpoints.yml}   # changed scorecards, and where the old ones are kept
    revision: 12                      # counts the times it was saved

Targets, promises and budgets stay the text that a scorecard would hold. A wrong key, word or number is a WorkshopError: file, line, and
what to type instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from helpers.names import day_words
from helpers.score.lines import Item, ScoreError, read_yaml

Record = dict[str, Any]

STEPS = {
    "last_time": "What we decided last time, and what happened",
    "before": "Before the data: what each department believes",
    "beside": "Beside the data: where beliefs and evidence part",
    "moments": "Moments of truth: agree, contest, add",
    "targets": "Targets: how far to aim",
    "allocation": "Allocation: where the money goes",
    "decisions": "Decisions: who does what by when",
}
MINUTES = {"last_time": 10, "before": 15, "beside": 15, "moments": 15, "targets": 10, "allocation": 10, "decisions": 15}
"""A workshop of 90 minutes."""
ROOM = {"marked": "Marked by the room", "agreed": "Agreed", "contested": "Contested"}
DOTS = 5
MOST_MARKS = 5  # value, effort and confidence run from 1 to this
MOST_NAMED = 7  # touchpoints that a list of beliefs may hold
FEELINGS = {"very poor (−2)": -2.0, "−1.5": -1.5, "poor (−1)": -1.0, "−0.5": -0.5, "neither (0)": 0.0, "0.5": 0.5, "good (1)": 1.0, "1.5": 1.5, "very good (2)": 2.0}


class WorkshopError(ScoreError):
    """A workshop file or form that cannot be used: where, and what to type instead."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence alone, for the room has no use for a traceback."""
        return [str(self), "Mend the file, or move it away, then run this again. Nothing in it was changed."]


def new(day: str | date, *, title: str = "", period: str = "all", segment: str = "all", data: str = "", departments: Iterable[str] = ()) -> Record:
    """An empty record for a day.

    >>> new("2026-10-14", departments=["Service"])["departments"]
    ['Service']
    """
    day = date.fromisoformat(str(day))
    return {
        "workshop": title or f"Workshop of {day_words(day)}", "date": day.isoformat(), "period": period, "segment": segment, "data": data,
        "anonymous": True, "revealed": False, "departments": list(departments), "agenda": [{"step": step, "minutes": MINUTES[step]} for step in STEPS],
        "beliefs": {}, "moments": {}, "targets": {}, "allocation": {"moves": {}}, "opportunities": {}, "votes": {"dots": DOTS, "ballots": {}, "taken": []},
        "initiatives": {}, "applied": {}, "revision": 0,
    }


def read(path: Path) -> Record:
    """The record of a file, every key there. Raises WorkshopError where the file is broken, FileNotFoundError where there is none."""
    if not path.exists():
        raise FileNotFoundError(f"there is no workshop file {path}")
    try:
        root = read_yaml(path).mapping("a workshop", _TOP)
        if root.get("date") is None:
            raise root.error("the workshop has no date; type date: with the day, e.g. date: 2026-10-14")
        record = new(_day(root.value["date"], "date").isoformat())
        record |= {key: reader(item, key) for key, reader in _TOP.items() if (item := root.get(key)) is not None}
        return record
    except ScoreError as problem:
        raise WorkshopError(problem.file, problem.line, problem.message) from None


# Readers: an Item and its name become a plain value -----------------------------------------------------------------------------------------


def _text(item: Item, what: str) -> str:
    return item.text(what)


def _flag(item: Item, what: str) -> bool:
    return item.word(what, ("true", "false")) == "true"


def _number(low: float, high: float, *, whole: bool = False) -> Callable[[Item, str], float]:
    def read_one(item: Item, what: str) -> float:
        text = item.text(what)
        try:
            value = float(text.rstrip("%").strip()) / (100 if text.endswith("%") else 1)
        except ValueError:
            value = float("nan")
        if not low <= value <= high or (whole and value != int(value)):
            raise item.error(f"{what} '{text}' is not a {'whole ' if whole else ''}number from {low:g} to {high:g}")
        return int(value) if whole else value

    return read_one


def _word(allowed: Iterable[str]) -> Callable[[Item, str], str]:
    return lambda item, what: item.word(what, allowed)


def _day(item: Item, what: str) -> date:
    try:
        return date.fromisoformat(item.text(what))
    except ValueError:
        raise item.error(f"{what} '{item.value}' is not a date; type year-month-day, e.g. 2026-10-14") from None


def _list(item: Item, what: str) -> list[str]:
    found = [each.text(what) for each in item.items(what)]
    if twice := next((one for one in found if found.count(one) > 1), None):
        raise item.error(f"{what} names '{twice}' twice")
    return found


def _keyed(reader: Callable[[Item, str], Any]) -> Callable[[Item, str], dict]:
    """A mapping from names of any kind to values that `reader` knows."""

    def read_all(item: Item, what: str) -> dict:
        if item.value in ({}, "{}"):
            return {}
        if not isinstance(item.value, dict):
            raise item.error(f"{what} should be names and values, not {item.say()}")
        return {key: reader(value, f"{what} of {key}") for key, value in item.value.items() if value.value is not None}

    return read_all


def _fields(required: Iterable[str] = (), **readers: Callable[[Item, str], Any]) -> Callable[[Item, str], dict]:
    """A mapping with these keys only."""

    def read_all(item: Item, what: str) -> dict:
        item.mapping(what, readers)
        for name in required:
            if item.get(name) is None:
                raise item.error(f"{what} has no {name}; type {name}: and its value")
        return {key: readers[key](found, f"{key} of {what}") for key in item.value if (found := item.get(key)) is not None}

    return read_all


_MONEY = _number(-1e12, 1e12)
_MARK = _number(1, MOST_MARKS)
_step = _fields(("step", "minutes"), step=_word(STEPS), minutes=_number(0, 600))
_moment = _fields(("room",), room=_word(ROOM), reason=_text, by=_text)


def _agenda(item: Item, what: str) -> list[dict]:
    return [_step(each, "a step of the agenda") for each in item.items(what)]


def _room(item: Item, what: str) -> dict:
    found = _moment(item, what)
    if found["room"] == "contested" and not found.get("reason"):
        raise item.error(f"{what} is contested without a reason; type reason: and why the room doubts it")
    return found


_cast = _fields(dots=_number(1, 100, whole=True), ballots=_keyed(_keyed(_number(0, 100, whole=True))), taken=_list)


def _votes(item: Item, what: str) -> dict:
    return {"dots": DOTS, "ballots": {}, "taken": []} | _cast(item, what)


_TOP: dict[str, Callable[[Item, str], Any]] = {
    "workshop": _text, "date": lambda item, what: _day(item, what).isoformat(), "period": _text, "segment": _text, "data": _text,
    "anonymous": _flag, "revealed": _flag, "departments": _list, "agenda": _agenda,
    "beliefs": _keyed(_fields(matter=_list, suffer=_list, emotion=_keyed(_number(-2, 2)), conversion=_keyed(_number(0, 1)), by=_text)),
    "moments": _keyed(_room),
    "targets": _keyed(_fields(("target", "red_flag"), target=_text, red_flag=_text, was_target=_text, was_red_flag=_text, reason=_text)),
    "allocation": lambda item, what: {"moves": {}} | _fields(moves=_keyed(_MONEY))(item, what),
    "opportunities": _keyed(_fields(("name",), name=_text, touchpoint=_text, value=_MARK, effort=_MARK, confidence=_MARK, by=_text)),
    "votes": _votes,
    "initiatives": _keyed(_fields(("name", "kpi"), name=_text, owner=_text, due=_text, budget=_text, kpi=_text, objective=_text, promise=_text,
                                  baseline=_text)),
    "applied": _keyed(_text), "revision": _number(0, 1e9, whole=True),
}
