"""Scorecard files read into values and checked against the KPI registry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from helpers import names
from helpers.journey import SegmentError, parse_segment
from helpers.score import quantity
from helpers.score.card import Initiative, Link, Objective, Scorecard, Target
from helpers.score.lines import Item, suggest
from helpers.score.merge import Raw
from helpers.score.goals import Goal

_WAY = {"higher": ("higher is better", "below"), "lower": ("lower is better", "above")}


class Reader:
    """Reads merged files into Scorecards with one registry of KPIs and one currency."""

    def __init__(self, kpis: Mapping[str, Any], currency: str = "") -> None:
        self.kpis, self.currency = kpis, currency

    def card(self, raw: Raw) -> Scorecard:
        """One Scorecard. Raises ScoreError with file, line and what to type instead."""
        item = raw.item
        if item.get("phase") is None:
            raise item.error(f"no phase is given; type phase: with one of {', '.join(names.PHASES)}")
        phase = item.value["phase"].word("phase", names.PHASES)
        segment = self._segment(item.get("segment"))
        team = _text(item, "team")
        objectives = tuple(self._objective(each, phase, raw) for each in _list(item, "objectives"))
        if not objectives:
            raise item.error("this scorecard has no objectives; type objectives: and under it - id: ..., name: ..., perspective: ...")
        self._once(item, objectives)
        who = team or (segment if segment != "all" else "whole company")
        return Scorecard(
            _text(item, "name") or f"{names.PHASES[phase]} scorecard, {who}", phase, objectives, _text(item, "owner"), segment,
            team, raw.base, _weight(item), self._perspective_weights(item.get("weights")),
            tuple(self._link(each) for each in _list(item, "links")), raw.file.name,
        )

    def _segment(self, item: Item | None) -> str:
        if item is None:
            return "all"
        try:
            return parse_segment(item.text("segment")).label
        except SegmentError as problem:
            raise item.error(str(problem)) from None

    def _perspective_weights(self, item: Item | None) -> tuple[tuple[str, float], ...]:
        if item is None:
            return ()
        item.mapping("weights", names.PERSPECTIVES)
        return tuple((key, _weight(item, key)) for key in item.value)

    def _once(self, card: Item, objectives: tuple[Objective, ...]) -> None:
        """Raise where an objective or KPI stands twice, or an objective is named like a KPI."""
        seen: set[str] = set()
        for piece in _list(card, "objectives"):
            for word, where in [(piece.value["id"].text("id"), piece), *((_kpi_id(e), e) for e in _list(piece, "kpis"))]:
                if word in seen:
                    raise where.error(f"'{word}' stands on this scorecard twice; an objective or KPI counts once")
                seen.add(word)
            if piece.value["id"].text("id") in self.kpis:
                raise piece.error(f"objective id '{piece.value['id'].value}' is a KPI's; type another id for the objective")

    # Objectives ---------------------------------------------------------------------------------------

    def _objective(self, item: Item, phase: str, raw: Raw) -> Objective:
        id = item.value["id"].text("id")
        if item.get("perspective") is None:
            raise item.error(f"objective {id} has no perspective; type perspective: with one of {', '.join(names.PERSPECTIVES)}")
        perspective = item.value["perspective"].word("perspective", names.PERSPECTIVES)
        kpis = tuple(self._target(each, phase, raw.covers) for each in _list(item, "kpis"))
        initiatives = tuple(self._initiative(each) for each in _list(item, "initiatives"))
        name = _text(item, "name") or id.replace("_", " ").capitalize()
        return Objective(id, name, perspective, _weight(item), _text(item, "owner"), kpis, initiatives)

    def _known(self, item: Item, phase: str | None = None) -> Any:
        """The registry's KPI that `item` names; raises with the nearest where there is none, or in another phase."""
        id = item.text("kpi")
        mine = {k: v for k, v in self.kpis.items() if phase in (None, v.phase)}
        if id in mine:
            return mine[id]
        if id in self.kpis:
            raise item.error(f"KPI {id} belongs to the {self.kpis[id].phase} scorecard; a KPI counts in one phase only")
        labels = {k: v.label for k, v in mine.items()}
        raise item.error(f"KPI '{id}' is not known; {suggest(id, mine, labels)} (the command `journey kpis` lists all)")

    def _target(self, item: Item, phase: str, covers: dict[Path, str]) -> Target:
        if isinstance(item.value, str):
            return Target(self._known(item, phase).id)
        kpi = self._known(item.value["kpi"], phase)
        goal, stated = self._goal(item, kpi), item.get("target")
        kind = item.value["kind"].word("kind", names.KINDS) if item.get("kind") else ""
        segment = self._segment(Item(covers[stated.file], stated.file, stated.line)) if stated else "all"
        return Target(kpi.id, goal, _weight(item), _text(item, "owner"), kind, segment)

    def _goal(self, item: Item, kpi: Any) -> Goal | None:
        target, flag = item.get("target"), item.get("red_flag")
        if target is None and flag is None:
            return None
        if target is None or flag is None:
            here, gone = (target, "red_flag") if flag is None else (flag, "target")
            means = "the value at which somebody must act" if flag is None else "the value to reach"
            raise here.error(f"KPI {kpi.id} has no {gone}; the score runs through both: add {gone}: and {means}")
        ends = self._ends(target, "target", kpi), self._ends(flag, "red_flag", kpi)
        try:
            return Goal(kpi.better, *ends)
        except ValueError:
            raise self._wrong_side(target, flag, kpi, *ends) from None

    def _ends(self, item: Item, what: str, kpi: Any) -> float | tuple[float, float]:
        if kpi.better != "range":
            if isinstance(item.value, list):
                raise item.error(f"{what} of {kpi.id} is a range, but {_WAY[kpi.better][0]}; type one value")
            return self._amount(item, what, kpi)
        if not isinstance(item.value, list) or len(item.value) != 2:
            raise item.error(f"{what} of {kpi.id} should be a range of two values; type {what}: [lowest, highest]")
        low, high = (self._amount(each, what, kpi) for each in item.value)
        return low, high

    def _amount(self, item: Item, what: str, kpi: Any) -> float:
        try:
            return quantity.amount(item.text(what), kpi.unit, total=kpi.statistic == "total", currency=self.currency)
        except ValueError as problem:
            raise item.error(f"{what} of {kpi.id}: {problem}") from None

    def _wrong_side(self, target: Item, flag: Item, kpi: Any, goal: Any, red: Any) -> Exception:
        where = "" if flag.file == target.file else f" (red flag from {flag.file.name}, line {flag.line})"
        if kpi.better == "range":
            return target.error(
                f"the range of {kpi.id} must lie inside its red flags{where}; type target: [b, c] and red_flag: [a, d] with a < b <= c < d"
            )
        better, side = _WAY[kpi.better]
        text = quantity.say(goal, kpi.unit, total=kpi.statistic == "total", currency=self.currency)
        other = quantity.say(red, kpi.unit, total=kpi.statistic == "total", currency=self.currency)
        return target.error(
            f"target {text} of {kpi.id} is on the wrong side of its red flag {other}{where}: {better}, so type a red flag "
            f"{side} {text}, or swap the two"
        )

    # Initiatives and links ----------------------------------------------------------------------------

    def _initiative(self, item: Item) -> Initiative:
        name = item.value["name"].text("name")
        if item.get("kpi") is None:
            raise item.error(f"initiative '{name}' does not say which KPI it should move; type kpi: and its id")
        kpi, promised = self._known(item.value["kpi"]), item.get("promise")
        promise = self._promise(promised, kpi) if promised else None
        budget = _amount(item.get("budget"), "budget", self.currency)
        baseline = self._amount(item.value["baseline"], "baseline", kpi) if item.get("baseline") else None
        text = promised.text("promise") if promised else ""
        return Initiative(name, kpi.id, _text(item, "owner"), _date(item.get("due")), budget, promise, text, baseline)

    def _promise(self, item: Item, kpi: Any) -> quantity.Promise:
        try:
            promise = quantity.promise(item.text("promise"), kpi.unit, currency=self.currency)
        except ValueError as problem:
            raise item.error(f"promise for {kpi.id}: {problem}") from None
        if promise.amount == 0 or (kpi.better in _WAY and (promise.amount > 0) != (kpi.better == "higher")):
            raise item.error(f"promise '{item.value}' does not improve {kpi.id}: {_WAY.get(kpi.better, ('it moves nothing',))[0]}")
        return promise

    def _link(self, item: Item) -> Link:
        for end in ("from", "to"):
            if item.get(end) is None:
                raise item.error(f"this link has no '{end}'; type {{from: one objective, to: the objective it should move}}")
        start, end = item.value["from"].text("from"), item.value["to"].text("to")
        if start == end:
            raise item.error(f"'{start}' is linked to itself; name another objective under 'to'")
        lag = item.get("lag_months")
        months = lag.text("lag_months") if lag else ""
        if lag and not months.isdecimal():
            raise lag.error(f"lag_months '{months}' is not a whole number of months; type e.g. lag_months: 2, or leave it out")
        return Link(start, end, int(months) if lag else None, _text(item, "why"), item.file, item.line)


def _list(parent: Item, key: str) -> list[Item]:
    found = parent.get(key)
    return found.items(key) if found else []


def _text(parent: Item, key: str) -> str:
    found = parent.get(key)
    return found.text(key) if found else ""


def _kpi_id(entry: Item) -> str:
    return entry.text("kpi") if isinstance(entry.value, str) else entry.value["kpi"].text("kpi")


def _weight(parent: Item, key: str = "weight") -> float:
    found = parent.get(key)
    if found is None:
        return 1.0
    text = found.text(key)
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight < 1e6:
        raise found.error(f"{key} '{text}' is not a number above 0; type e.g. {key}: 2 (a KPI without target counts for nothing)")
    return weight


def _amount(item: Item | None, what: str, currency: str) -> float | None:
    if item is None:
        return None
    try:
        amount = quantity.amount(item.text(what), "currency", currency=currency)
    except ValueError as problem:
        raise item.error(f"{what}: {problem}") from None
    if amount < 0:
        raise item.error(f"{what} '{item.value}' is below zero; type what it costs as a plain number")
    return amount


def _date(item: Item | None) -> date | None:
    if item is None:
        return None
    text = item.text("due")
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        hint = f"{datetime.strptime(text, '%d.%m.%Y'):%Y-%m-%d}"
    except ValueError:
        hint = "year-month-day, e.g. 2026-12-15"
    raise item.error(f"due '{text}' is not a date; type {hint}")
