"""The room: one company's numbers and one workshop's record, opened once, shared by every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any

import pandas as pd

from helpers import names, score
from helpers.journey import Journey
from helpers.report.turns import in_turn
from helpers.score.scored import ScoredCard
from helpers.workshop import beside, followed, store
from helpers.workshop.record import MINUTES, STEPS, Record


@dataclass
class Room:
    """A workshop at one screen. `heard` are called after every save with what it did; `turn` is held by whoever answers an entry."""

    journey: Journey
    store: store.Store
    teaching: bool = False
    heard: list[Callable[[store.Saved], None]] = field(default_factory=list)
    turn: RLock = field(default_factory=RLock)

    def in_turn(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """What a control calls: `answer`, once no other entry is being answered."""
        return in_turn(answer, self.turn)

    @property
    def record(self) -> Record:
        """The workshop's record as it stands here."""
        return self.store.record

    def save(self) -> store.Saved:
        """Keep what was entered. Every control calls this at once, so that a kernel that dies takes nothing with it."""
        saved = self.store.save()
        for listener in self.heard:
            listener(saved)
        return saved

    @cached_property
    def known(self) -> pd.DataFrame:
        """The evidence that beliefs are laid beside, see `beside.evidence`."""
        return beside.evidence(self.journey)

    @cached_property
    def cards(self) -> dict[str, ScoredCard]:
        """The scorecard of each phase."""
        return {phase: score.scorecard(self.journey, phase) for phase in names.PHASES}

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """Every rated touchpoint with its verdict, see `infer.moments`; empty where nothing is rated."""
        from helpers.infer.moments import moments

        missing = self.journey.missing(("surveys.touchpoint", "surveys.customer_id"))
        return pd.DataFrame(columns=["touchpoint", "label", "verdict"]) if missing else moments(self.journey).table

    @cached_property
    def labels(self) -> dict[str, str]:
        """Every touchpoint of the dictionary and the data: id -> the name a reader knows."""
        points = self.known[self.known["kind"] == "matter"].sort_values("label")
        return dict(zip(points["id"], points["label"].astype(str), strict=True))

    @property
    def earlier(self) -> list[Record]:
        """The workshops before this one, the latest first; this one too, once the data reach beyond its day."""
        past = [one for one in followed.records(self.journey.company.folder) if one["date"] < self.record["date"]]
        over = self.store.path.exists() and self.record["date"] < f"{self.journey.as_of:%Y-%m-%d}"
        return [self.record, *past] if over else past

    def minutes(self, step: str) -> float:
        """Minutes planned for a step; 0 where the agenda leaves it out."""
        return next((one["minutes"] for one in self.record["agenda"] if one["step"] == step), 0.0)

    def set_minutes(self, step: str, minutes: float) -> None:
        """Plan other minutes for a step."""
        agenda = {one["step"]: one["minutes"] for one in self.record["agenda"]} | {step: minutes}
        self.record["agenda"] = [{"step": name, "minutes": agenda[name]} for name in STEPS if agenda.get(name)]


def open_room(journey: Journey, day: str = "", *, teaching: bool = False, **start: Any) -> Room:
    """The room for a company's workshop of a day (year-month-day; default: its latest, else the day its data end).

    Opening writes nothing; the file comes with the first entry. Raises WorkshopError where the file is broken, ValueError where the day is no date.
    """
    folder = journey.company.folder
    held = store.days(folder)
    day = day or (held[-1] if held else f"{journey.as_of:%Y-%m-%d}")
    given = {"period": journey.period.label, "segment": journey.segment.label, "data": journey.prepared.fingerprint[:16], **start}
    return Room(journey, store.open_store(folder, day, **given), teaching)


__all__ = ["MINUTES", "Room", "open_room"]
